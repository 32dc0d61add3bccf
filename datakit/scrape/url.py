"""URLs in one spelling, so that a page has one name: two spellings of it would be two fetches."""

import ipaddress
import re
from typing import Final
from urllib.parse import urljoin, urlsplit, urlunsplit

DEFAULT_PORTS: Final = {"http": 80, "https": 443}

MAX_CHARS: Final = 2000
"""A longer URL is not followed: the sitemap protocol allows 2,048, and traps grow without end."""

_ESCAPE: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_KEPT: Final = _UNRESERVED | frozenset(b"!$&'()*+,;=:@/?%[]")
_FOUR_NUMBERS: Final = re.compile(r"\d+\.\d+\.\d+\.\d+")
_PLAIN: Final = re.compile(r"[A-Za-z0-9/._~=&-]*")
_CONTROL: Final = re.compile(r"[\x00-\x20\x7f]")


def normalize(text: str, base: str | None = None) -> str | None:
    """Return the one spelling of an http(s) URL, None where it is none or names a user.

    Host in small letters and punycode, no default port, no fragment, no dot segments, letters beyond ASCII as escaped
    UTF-8, escapes in capitals and only where needed (RFC 3986, section 6.2). The query's order stays: it may matter.
    """
    text = "".join(text.strip().splitlines()).replace("\t", "")
    try:
        parts = urlsplit(urljoin(base, text) if base else text)
        port = parts.port
        host = _host(parts.hostname or "")
    except (ValueError, UnicodeError):  # a port that is no number, brackets that do not close, a name too long
        return None
    if parts.scheme not in DEFAULT_PORTS or host is None or parts.username is not None:
        return None
    place = f"[{host}]" if ":" in host else host
    if port is not None and port != DEFAULT_PORTS[parts.scheme]:
        place += f":{port}"
    path = _without_dots(_escaped(parts.path)) or "/"
    found = urlunsplit((parts.scheme, place, path, _escaped(parts.query), ""))
    return found if len(found) <= MAX_CHARS else None


def host_of(url: str) -> str:
    """Return the host of a normalized URL, an IPv6 address without its brackets."""
    return urlsplit(url).hostname or ""


def origin_of(url: str) -> str:
    """Return scheme, host and port of a normalized URL: what a robots.txt speaks for."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def is_below(url: str, prefixes: tuple[str, ...]) -> bool:
    """Tell whether a URL lies under a declared prefix; `http://a.org/x` covers `/x`, `/x/y` and `/x?y`, not `/xy`."""
    return any(
        url == prefix or (url.startswith(prefix) and (prefix.endswith(("/", "=", "?")) or url[len(prefix)] in "/?"))
        for prefix in prefixes
    )


def same_site(one: str, other: str) -> bool:
    """Tell whether two URLs differ only below the host, in the scheme, or by a leading `www.`."""
    first, second = urlsplit(one), urlsplit(other)
    if (first.hostname or "").removeprefix("www.") != (second.hostname or "").removeprefix("www."):
        return False
    return first.port == second.port


def _host(name: str) -> str | None:
    name = name.rstrip(".")
    if not name or _CONTROL.search(name) or (_FOUR_NUMBERS.fullmatch(name) and not _is_address(name)):
        return None
    if name.isascii():
        return name.lower()
    import idna  # comes with httpx

    try:
        return idna.encode(name, uts46=True).decode()
    except idna.IDNAError:
        return None


def _is_address(name: str) -> bool:
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True


def _escaped(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    plain = _ESCAPE.sub(_unescape, text)
    data = plain.encode("utf-8", "ignore")
    return "".join(chr(byte) if byte in _KEPT else f"%{byte:02X}" for byte in data)


def _unescape(match: re.Match[str]) -> str:
    byte = int(match[1], 16)
    return chr(byte) if byte in _UNRESERVED else f"%{match[1].upper()}"


def _without_dots(path: str) -> str:
    if "/." not in path:
        return path
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if len(kept) > 1:
                kept.pop()
        elif part != ".":
            kept.append(part)
    if path.endswith(("/.", "/..")):
        kept.append("")
    return "/".join(kept)
