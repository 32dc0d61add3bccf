"""Which addresses are public."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.scrape.address import is_loopback, refusal

REFUSED = {
    "0.0.0.0": "unspecified address",
    "127.0.0.1": "loopback address",
    "127.255.255.254": "loopback address",
    "10.1.2.3": "private address",
    "172.16.0.1": "private address",
    "172.31.255.255": "private address",
    "192.168.1.1": "private address",
    "100.64.0.1": "reserved address",  # shared by a carrier's customers
    "169.254.169.254": "link-local address",  # where clouds keep their keys
    "192.0.2.7": "private address",  # documentation
    "198.18.0.1": "private address",  # benchmarks
    "224.0.0.251": "multicast address",
    "240.0.0.1": "private address",
    "255.255.255.255": "private address",
    "::": "unspecified address",
    "::1": "loopback address",
    "fe80::1": "link-local address",
    "fe80::1%eth0": "link-local address",
    "fc00::1": "private address",
    "fd12:3456::1": "private address",
    "fec0::1": "private address",
    "ff02::1": "multicast address",
    "2001:db8::1": "private address",
    "3fff::1": "reserved address",
    "5f00::1": "reserved address",
    "2001::1": "tunnel address",
    "64:ff9b:1::a00:1": "tunnel address",
    "::ffff:127.0.0.1": "loopback address, written inside ::ffff:7f00:1",
    "::ffff:10.0.0.1": "private address, written inside ::ffff:a00:1",
    "::ffff:169.254.169.254": "link-local address, written inside ::ffff:a9fe:a9fe",
    "::127.0.0.1": "loopback address, written inside ::7f00:1",
    "64:ff9b::7f00:1": "loopback address, written inside 64:ff9b::7f00:1",
    "64:ff9b::10.0.0.1": "private address, written inside 64:ff9b::a00:1",
    "2002:7f00:1::": "loopback address, written inside 2002:7f00:1::",
    "2002:c0a8:101::1": "private address, written inside 2002:c0a8:101::1",
}
PUBLIC = [
    "8.8.8.8",
    "172.32.0.1",
    "192.169.0.1",
    "2606:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::",
]


@pytest.mark.parametrize(("address", "why"), REFUSED.items())
def test_an_address_that_is_not_public_is_named(address: str, why: str) -> None:
    """Private, loopback, link-local and reserved addresses are refused, however an IPv6 address wraps them."""
    found = refusal(address)
    assert found is not None
    # tables of the standard library differ a little from version to version in which word fits; refused it must be
    assert found == why or found.split(",")[0] in ("private address", "reserved address")


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_taken(address: str) -> None:
    """Public addresses pass, also where an IPv6 address wraps them."""
    assert refusal(address) is None


@given(st.ip_addresses(v=4))
def test_wrapping_hides_nothing(address: ipaddress.IPv4Address) -> None:
    """An IPv4 address is judged alike by itself and mapped, compatible, translated by NAT64 or in 6to4."""
    plain = refusal(str(address)) is None
    number = int(address)
    wrapped = [
        ipaddress.IPv6Address((0xFFFF << 32) | number),
        ipaddress.IPv6Address((0x64FF9B << 96) | number),
        ipaddress.IPv6Address((0x2002 << 112) | (number << 80)),
    ]
    if number > 1:
        wrapped.append(ipaddress.IPv6Address(number))
    assert [refusal(str(one)) is None for one in wrapped] == [plain] * len(wrapped)


def test_only_loopback_is_this_machine() -> None:
    """Loopback addresses are this machine, mapped ones too; a private one is somebody else's."""
    assert [is_loopback(one) for one in ("127.0.0.2", "::1", "::ffff:127.0.0.1")] == [True] * 3
    assert [is_loopback(one) for one in ("10.0.0.1", "8.8.8.8", "fe80::1%lo")] == [False] * 3


def test_text_that_is_no_address() -> None:
    """A resolver that answers nonsense is an error, not a pass."""
    with pytest.raises(ValueError, match="localhost"):
        refusal("localhost")
