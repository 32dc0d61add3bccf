"""Which network addresses a scrape may connect to: public ones, and others only where somebody said so."""

import ipaddress
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_NAT64_LOCAL: Final = ipaddress.IPv6Network("64:ff9b:1::/48")
_SIX_TO_FOUR: Final = ipaddress.IPv6Network("2002::/16")
_TEREDO: Final = ipaddress.IPv6Network("2001::/32")
_V4_COMPATIBLE: Final = ipaddress.IPv6Network("::/96")
_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
_RESERVED_SINCE: Final = (
    ipaddress.IPv6Network("3fff::/20"),  # documentation, RFC 9637: younger than Python 3.11's tables
    ipaddress.IPv6Network("5f00::/16"),  # segment routing, RFC 9602
)


def refusal(text: str) -> str | None:
    """Return why an address is not public, None where it is.

    Every way to write an IPv4 address inside an IPv6 one is looked through: mapped (`::ffff:10.0.0.1`), compatible
    (`::10.0.0.1`), NAT64 (`64:ff9b::a00:1`) and 6to4 (`2002:a00:1::`). Source: the IANA special-purpose registries
    (RFC 6890) as the standard library holds them, RFC 6052 and RFC 3056.
    Errors: `ValueError` for text that is no address.
    """
    address = ipaddress.ip_address(text.partition("%")[0])
    inner = _embedded(address)
    if inner is not None:
        why = refusal(str(inner))
        return None if why is None else f"{why}, written inside {address}"
    return _direct(address)


def is_loopback(text: str) -> bool:
    """Tell whether an address is this machine's own, also where it is written as a mapped IPv6 address."""
    address = ipaddress.ip_address(text.partition("%")[0])
    inner = _embedded(address)
    return (address if inner is None else inner).is_loopback


def _embedded(address: Address) -> ipaddress.IPv4Address | None:
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _SIX_TO_FOUR:
        return address.sixtofour
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _V4_COMPATIBLE and int(address) > 1:  # :: and ::1 are addresses of their own
        return ipaddress.IPv4Address(int(address))
    return None


def _direct(address: Address) -> str | None:
    """Return why an address with no other inside is refused; the narrowest word first."""
    if address.is_unspecified:
        return "unspecified address"
    if address.is_loopback:
        return "loopback address"
    if address.is_link_local:
        return "link-local address"
    if address.is_multicast:  # the standard library calls most multicast addresses global
        return "multicast address"
    if isinstance(address, ipaddress.IPv6Address):
        if address in _TEREDO or address in _NAT64_LOCAL:
            return "tunnel address"
        if address.is_private or address.is_site_local:
            return "private address"
        if address not in _GLOBAL_UNICAST or any(address in net for net in _RESERVED_SINCE):
            return "reserved address"
    elif address.is_private:
        return "private address"
    return None if address.is_global else "reserved address"
