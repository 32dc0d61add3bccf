"""Where to ask: the address of an OpenAI-compatible server and the key, which is never shown."""

import ipaddress
import os
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from datakit.errors import UsageError

KEYS: Final = ("AURORA_API_KEY", "OPENAI_API_KEY")
"""Environment variables that may hold the key, the first one set wins."""
_PATH: Final = "/chat/completions"


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A server and the model to ask there."""

    url: str
    """Of the chat completions."""
    model: str
    key: str | None = field(default=None, repr=False)

    @property
    def is_local(self) -> bool:
        """Tell whether the server is on this machine."""
        return _is_loopback(urlsplit(self.url).hostname or "")

    def clean(self, text: str) -> str:
        """Return a server's words without the key, which some servers repeat."""
        return text.replace(self.key, "[key]") if self.key else text


def endpoint_of(url: str, model: str, *, environment: dict[str, str] | None = None) -> Endpoint:
    """Return the endpoint for an address such as http://127.0.0.1:11434/v1; without a path /v1 is meant.

    The key comes from the environment only. Errors: `UsageError` for an address that is none, that holds a key or a
    password, or that would send the key without encryption to another machine.
    """
    environment = dict(os.environ) if environment is None else environment
    shown = url.split("?", maxsplit=1)[0].rpartition("@")[2]
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"--endpoint {shown}: {error}; expected such as http://127.0.0.1:8080/v1") from None
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(f"--endpoint {shown}: found no http address; expected such as http://127.0.0.1:8080/v1")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise UsageError(
            f"--endpoint {shown}: found a name, password or query in the address; expected the address alone;"
            f" put the key into the environment: {KEYS[0]}"
        )
    if not model.strip():
        raise UsageError("--model: found nothing; expected the name under which the server knows its model")
    key = next((environment[name].strip() for name in KEYS if environment.get(name, "").strip()), None)
    if key is not None and not (key.isascii() and key.isprintable()):
        raise UsageError(f"the key in {' or '.join(KEYS)}: found characters that no header may hold; set it again")
    if key is not None and parts.scheme == "http" and not _is_loopback(host):
        raise UsageError(
            f"--endpoint {shown}: would send the key unencrypted to another machine; use https, or unset"
            f" {' and '.join(KEYS)} for a server that needs none"
        )
    path = parts.path.rstrip("/")
    if not path.endswith(_PATH):
        path = (path or "/v1") + _PATH
    return Endpoint(url=f"{parts.scheme}://{parts.netloc}{path}", model=model, key=key)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
