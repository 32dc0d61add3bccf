"""Identity: canonical JSON, row ids and roots."""

import hashlib
import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.lineage import canonical_json, content_root, row_id, sha256_file, sha256_text

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_canonical_json_is_the_text_written_down_here() -> None:
    """Keys are sorted by code point, nothing is escaped that need not be, and there are no spaces."""
    value = {"ब": [1, None, True], "a": 'ऱ्या\n"', "अ": {"z": -2, "y": []}}
    expected = '{"a":"ऱ्या\\n\\"","अ":{"y":[],"z":-2},"ब":[1,null,true]}'
    assert canonical_json(value) == expected.encode()


@given(VALUES)
def test_canonical_json_reads_back_as_the_nfc_of_the_value(value: object) -> None:
    """Nothing but the normal form of strings differs after a round trip."""

    def nfc(item: object) -> object:
        if isinstance(item, str):
            return unicodedata.normalize("NFC", item)
        if isinstance(item, list):
            return [nfc(inner) for inner in item]
        if isinstance(item, dict):
            return {nfc(key): nfc(inner) for key, inner in item.items()}
        return item

    text = canonical_json(value).decode("utf-8", errors="surrogatepass")
    assert json.loads(text) == nfc(value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [1, 0.5]}, r"\$\.a\[1\]: expected .*, found float"),
        ({"a": {1: "x"}}, r"\$\.a: expected text as key, found int"),
        (b"x", r"\$: expected .*, found bytes"),
    ],
)
def test_canonical_json_refuses_what_has_no_one_text(value: object, message: str) -> None:
    """Floats, other keys and other types raise, and the message names the place."""
    with pytest.raises(TypeError, match=message):
        canonical_json(value)


def test_row_id_is_pinned() -> None:
    """The id of a known row never changes between versions of this program."""
    messages = [{"role": "user", "content": "शिवनेरी कोठे आहे?"}, {"role": "assistant", "content": "जुन्नरजवळ"}]
    body = '{"messages":[{"content":"शिवनेरी कोठे आहे?","role":"user"},{"content":"जुन्नरजवळ","role":"assistant"}]}'
    assert row_id(messages) == hashlib.sha256(body.encode()).hexdigest()
    assert row_id(messages) == "1c12aca8a9cedd3d95fada5d7f7c79b677e2b284dbfcbd1fbeee57e0492852f8"


def test_row_id_is_blind_to_code_points_of_one_character() -> None:
    """Canonically equal text is one row: क़ composed or decomposed."""
    composed, decomposed = "\u0958िल्ला", "\u0915\u093cिल्ला"
    assert composed != decomposed
    assert row_id([{"role": "user", "content": composed}]) == row_id([{"role": "user", "content": decomposed}])


@given(st.lists(st.text("0123456789abcdef", min_size=64, max_size=64), min_size=1), st.randoms())
def test_content_root_ignores_order_and_sees_everything_else(digests: list[str], random: object) -> None:
    """The root is that of the multiset: order is nothing, a repeat or a missing member is."""
    shuffled = list(digests)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert content_root(shuffled) == content_root(digests)
    assert content_root(digests[1:]) != content_root(digests)
    assert content_root([*digests, digests[0]]) != content_root(digests)


def test_sha256_of_a_file_is_that_of_its_bytes(tmp_path) -> None:
    """A file longer than one chunk hashes as a whole."""
    payload = "मराठी".encode() * 200_000
    (tmp_path / "f").write_bytes(payload)
    assert sha256_file(tmp_path / "f") == hashlib.sha256(payload).hexdigest()
    assert sha256_text("मराठी") == hashlib.sha256("मराठी".encode()).hexdigest()


@given(
    st.lists(
        st.fixed_dictionaries(
            {"role": st.sampled_from(["system", "user", "assistant"]) | st.text(), "content": st.text()},
            optional={"name": st.text()},
        ),
        max_size=4,
    )
)
def test_a_row_id_is_the_hash_of_canonical_json(messages: list[dict[str, str]]) -> None:
    """However a row id is computed, it is the sha256 of the canonical JSON of its messages."""
    assert row_id(messages) == hashlib.sha256(canonical_json({"messages": messages})).hexdigest()


def test_a_turn_with_a_float_is_refused() -> None:
    """What canonical JSON refuses, a row id refuses too, with the place."""
    with pytest.raises(TypeError, match=r"messages\[0\]\.content: expected text"):
        row_id([{"role": "user", "content": 1.5}])  # type: ignore[dict-item]


def test_canonical_json_composes_values_and_keys() -> None:
    """Letters that are equal in Unicode are equal bytes, in a value, in a key and within a list."""
    composed, parted = "\u0929", "\u0928\u093c"
    for one, other in (
        ({"a": parted}, {"a": composed}),
        ({parted: 1}, {composed: 1}),
        ({"a": [parted]}, {"a": [composed]}),
    ):
        assert canonical_json(one) == canonical_json(other)
    assert canonical_json({"a": "\u0928"}) != canonical_json({"a": composed})
