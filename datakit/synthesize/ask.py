"""One page asked of the server: retries, back-off, time-outs, and the forms of constrained output it may refuse."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from datakit.errors import InputError, UsageError
from datakit.synthesize.budget import Budget
from datakit.synthesize.cache import Reply
from datakit.synthesize.endpoint import KEYS, Endpoint
from datakit.synthesize.page import Page
from datakit.synthesize.prompt import messages, schema
from datakit.synthesize.reply import parse
from datakit.synthesize.retry import RETRIED, wait_s

if TYPE_CHECKING:
    import httpx

MAX_REPLY_BYTES: Final = 4 << 20
"""Of a body; eight pairs in JSON escapes have 60 kB."""
FORMS: Final = ("json_schema", "json_object", "none")
"""Ways to constrain the reply, the best first; a server that refuses one is asked in the next, for the whole run."""
REFUSED: Final = "refused"
"""What a reply says it ended with where the server will not answer about this page, however often it is asked."""
_EXCERPT: Final = 300
_BYTES_A_TOKEN: Final = 3  # a lower bound of what tokenizers without Devanagari make of UTF-8, for estimates


class OutOfBudgetError(Exception):
    """The limits of this command do not allow another request."""


@dataclass(kw_only=True)
class Asker:
    """The settings of a run and what it has learnt of the server."""

    client: "httpx.AsyncClient"
    endpoint: Endpoint
    budget: Budget
    temperature: float = 0.2
    max_answer_tokens: int = 4_096
    timeout_s: float = 300.0
    attempts: int = 5
    form: str = FORMS[0]
    _not_before: float = field(default=0.0, init=False)

    async def ask(self, page: Page, key: str) -> Reply:
        """Return the reply about a page; `failed` where the server gave none that could be read.

        Errors: `OutOfBudgetError`; `UsageError` where the server refuses the key, `InputError` where it knows no such
        model or address, `ConnectionError` where it cannot be reached at all.
        """
        failed, unread, tokens = "", 0, 0
        attempt = 0
        while attempt < self.attempts:
            attempt += 1
            await self._pause()
            form = self.form
            try:
                status, headers, body = await self._send(page, form, seed=attempt - 1)
            except TimeoutError:
                failed = f"no answer within {self.timeout_s:g} s"
                self._wait(attempt)
                continue
            except ConnectionError as error:
                failed = str(error)
                self._wait(attempt)
                continue
            if status == 200:
                reply = self._read(body, key)
                tokens += reply.tokens
                if not reply.failed and parse(reply.text, page).faults != ("reply_not_json",):
                    return Reply(key=key, text=reply.text, finish=reply.finish, tokens=tokens)
                failed = reply.failed or "reply_not_json"
                unread += 1
                if unread == 2:  # asked twice, with two seeds; a third costs as much and says no more
                    return Reply(key=key, text=reply.text, failed=failed, finish=reply.finish, tokens=tokens)
                continue
            failed = f"the server answered {status}: {self._excerpt(body)}"
            if status in RETRIED:
                self._wait(attempt, headers.get("retry-after"))
            elif status in (401, 403):
                raise UsageError(f"{self.endpoint.url}: {failed}; set the key in the environment: {' or '.join(KEYS)}")
            elif status in (404, 405) or 300 <= status < 400:
                raise InputError(
                    f"{self.endpoint.url}: {failed}; expected an OpenAI-compatible server with the model"
                    f" {self.endpoint.model!r}; check --endpoint (it mostly ends in /v1) and --model"
                )
            elif status in (400, 422, 501) and form != FORMS[-1]:
                if self.form == form:
                    self.form = FORMS[FORMS.index(form) + 1]
                attempt -= 1  # another form is another request, not the same one again
            else:
                return Reply(key=key, failed=failed, finish=REFUSED, tokens=tokens)
        if failed.startswith("cannot be reached"):
            raise ConnectionError(failed)
        return Reply(key=key, failed=failed, tokens=tokens)

    async def _send(self, page: Page, form: str, *, seed: int) -> tuple[int, dict[str, str], bytes]:
        import httpx

        body = self._body(page, form, seed)
        reserved = (
            len(json.dumps(body["messages"], ensure_ascii=False).encode()) // _BYTES_A_TOKEN + self.max_answer_tokens
        )
        if not self.budget.reserve(reserved):
            raise OutOfBudgetError
        spent = 0
        headers = {"authorization": f"Bearer {self.endpoint.key}"} if self.endpoint.key else {}
        try:
            async with asyncio.timeout(self.timeout_s):
                async with self.client.stream("POST", self.endpoint.url, json=body, headers=headers) as response:
                    data = bytearray()
                    async for part in response.aiter_bytes():
                        data += part
                        if len(data) > MAX_REPLY_BYTES:
                            break
            spent = _spent(bytes(data), reserved) if response.status_code == 200 else 0
            return response.status_code, {name.lower(): value for name, value in response.headers.items()}, bytes(data)
        except (TimeoutError, httpx.TimeoutException):
            spent = reserved  # the server may have done the work
            raise TimeoutError from None
        except httpx.ConnectError:
            raise ConnectionError(f"cannot be reached: {self.endpoint.url}") from None
        except httpx.HTTPError as error:  # its text may hold headers; its name says enough
            spent = reserved
            raise ConnectionError(f"the connection broke ({type(error).__name__})") from None
        finally:
            self.budget.settle(reserved, spent)

    def _body(self, page: Page, form: str, seed: int) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.endpoint.model, "messages": messages(page), "temperature": self.temperature, "seed": seed,
            "max_tokens": self.max_answer_tokens, "stream": False,
        }  # fmt: skip
        if form == "json_schema":
            wanted = {"name": "prashnottare", "strict": True, "schema": schema(page)}
            body["response_format"] = {"type": "json_schema", "json_schema": wanted}
        elif form == "json_object":
            body["response_format"] = {"type": "json_object"}
        return body

    def _read(self, body: bytes, key: str) -> Reply:
        try:
            answer = json.loads(body)
            choice = answer["choices"][0]
            text, finish = choice["message"]["content"], str(choice.get("finish_reason"))
            if not isinstance(text, str):
                raise TypeError
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
            return Reply(key=key, failed=f"found no completion in the answer: {self._excerpt(body)}")
        return Reply(key=key, text=self.endpoint.clean(text), finish=finish, tokens=_spent(body, 0))

    def _excerpt(self, body: bytes) -> str:
        text = self.endpoint.clean(body.decode("utf-8", "replace"))
        return " ".join(text.split())[:_EXCERPT] or "(nothing)"

    def _wait(self, attempt: int, retry_after: str | None = None) -> None:
        """Let every request wait: what one is told holds for all."""
        until = asyncio.get_running_loop().time() + wait_s(attempt, retry_after)
        self._not_before = max(self._not_before, until)

    async def _pause(self) -> None:
        while (left := self._not_before - asyncio.get_running_loop().time()) > 0:
            await asyncio.sleep(left)


def _spent(body: bytes, otherwise: int) -> int:
    try:
        return max(0, int(json.loads(body)["usage"]["total_tokens"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return otherwise
