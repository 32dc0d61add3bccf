"""Spend limits of one command: requests and tokens, reserved before a request so that many at once stay within."""

from dataclasses import dataclass


@dataclass(kw_only=True)
class Budget:
    """What may be spent, what was. None: no limit. Retries and refused requests count, as a server counts them."""

    max_requests: int | None = None
    max_tokens: int | None = None
    requests: int = 0
    tokens: int = 0
    """Prompt and completion, as the server says, or as estimated where it does not."""
    reserved: int = 0
    """Tokens that requests under way may still spend."""

    def reserve(self, tokens: int) -> bool:
        """Take one request of at most `tokens` from the budget; False, and nothing taken, where it would go over."""
        if self.max_requests is not None and self.requests >= self.max_requests:
            return False
        if self.max_tokens is not None and self.tokens + self.reserved + tokens > self.max_tokens:
            return False
        self.requests += 1
        self.reserved += tokens
        return True

    def settle(self, reserved: int, spent: int) -> None:
        """Replace what a request had reserved by what it spent."""
        self.reserved -= reserved
        self.tokens += spent
