"""Which tokens begin and end a text: from what is said, else from what the tokenizer does."""

import struct
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, models, processors

from datakit.errors import InputError
from export.gguf_values import flag, u32
from export.sentencepiece import merge_scores, read_pieces
from export.special_tokens import special_keys
from export.vocabulary import BYTE, CONTROL, NORMAL, UNUSED, USER_DEFINED, Vocabulary, build_vocabulary

TOKENS = ["<s>", "</s>", "<unk>", "<pad>", "<turn>", "a"]


def tokenizer(around: str = "$A") -> Tokenizer:
    """A tokenizer of six words that puts something around a text."""
    made = Tokenizer(models.WordLevel({token: number for number, token in enumerate(TOKENS)}, unk_token="<unk>"))
    made.add_special_tokens([AddedToken(token) for token in TOKENS[:5]])
    parts = [(token, number) for number, token in enumerate(TOKENS)]
    made.post_processor = processors.TemplateProcessing(single=around, special_tokens=parts)
    return made


def keys(
    *,
    around: str = "$A",
    said: dict[str, Any] | None = None,
    config: dict[str, Any] | None = None,
    generation: dict[str, Any] | None = None,
    template: str | None = None,
) -> dict[str, Any]:
    """The keys, without `tokenizer.ggml.` before them and without their types."""
    found = special_keys(
        Vocabulary(tokens=TOKENS, kinds=[CONTROL] * 5 + [NORMAL]),
        tokenizer(around),
        tokenizer_config={"eos_token": "</s>"} if said is None else said,
        config=config or {},
        generation=generation or {},
        template=template,
    )
    for name, value in found.items():
        assert value == (flag(value.value) if ".add_" in name else u32(value.value)), name
    return {name.removeprefix("tokenizer.ggml."): value.value for name, value in found.items()}


ROLES = {
    "bos": "bos_token_id", "eos": "eos_token_id", "unk": "unknown_token_id", "sep": "seperator_token_id",
    "pad": "padding_token_id", "cls": "cls_token_id", "mask": "mask_token_id",
}  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_its_key(role: str) -> None:
    """A role's token, by its text, an object, or its id in the config, stands under llama.cpp's name for it."""
    wanted = {"eos_token_id": 1} | {ROLES[role]: 3}
    for entry in ("<pad>", {"content": "<pad>"}):
        found = keys(said={"eos_token": "</s>"} | {f"{role}_token": entry})
        assert {name: value for name, value in found.items() if name.endswith("_id")} == wanted
    found = keys(said={} if role == "eos" else {"eos_token": "</s>"}, config={f"{role}_token_id": 3})
    assert {name: value for name, value in found.items() if name.endswith("_id")} == wanted


@pytest.mark.parametrize(
    ("said", "config", "wanted"),
    [
        ({"eos_token": "</s>"}, {"eos_token_id": 4}, 1),
        ({"eos_token": None}, {"eos_token_id": 4}, 4),
        ({}, {"eos_token_id": [4, 1]}, 4),
        ({"eos_token": {"content": None}}, {"eos_token_id": 0}, 0),
    ],
    ids=str,
)
def test_a_text_goes_before_an_id(said: dict[str, Any], config: dict[str, Any], wanted: int) -> None:
    """The tokenizer's own configuration wins over the model's; of several ids there the first is taken."""
    assert keys(said=said, config=config)["eos_token_id"] == wanted


@pytest.mark.parametrize(
    ("said", "config", "reason"),
    [
        ({}, {}, "tokenizer_config.json and config.json name no eos_token: the model would never stop"),
        ({}, {"eos_token_id": []}, "name no eos_token"),
        ({}, {"eos_token_id": "1"}, "name no eos_token"),
        ({}, {"eos_token_id": 6}, "config.json: eos_token_id is 6, but there are 6 tokens"),
        ({}, {"eos_token_id": -1}, "config.json: eos_token_id is -1, but there are 6 tokens"),
        ({"eos_token": "</s>"}, {"pad_token_id": 32000}, "config.json: pad_token_id is 32000, but there are 6 tokens"),
        ({"eos_token": "</s>", "pad_token": "[PAD]"}, {}, "pad_token is '[PAD]', which tokenizer.json does not hold"),
        ({"eos_token": ["</s>"]}, {}, "eos_token is ['</s>'], which tokenizer.json does not hold"),
    ],
    ids=str,
)
def test_a_token_that_cannot_be_is_refused(said: dict[str, Any], config: dict[str, Any], reason: str) -> None:
    """An id beyond the vocabulary, a text that is not in it, and no end at all are told apart."""
    with pytest.raises(InputError) as caught:
        keys(said=said, config=config)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("around", "bos", "eos"),
    [("$A", False, False), ("<s> $A", True, False), ("$A </s>", False, True), ("<s> $A </s>", True, True)],
)
def test_what_is_put_around_a_text_is_seen(around: str, bos: bool, eos: bool) -> None:
    """Where the configuration says nothing, add_bos and add_eos are what the tokenizer does with a text."""
    found = keys(around=around)
    assert (found["add_bos_token"], found["add_eos_token"]) == (bos, eos)


def test_what_is_said_of_adding_goes_before_what_is_done() -> None:
    """add_bos_token of the configuration wins where it is a truth and the token is named."""
    named = {"bos_token": "<s>", "eos_token": "</s>"}
    assert keys(around="<s> $A", said=named | {"add_bos_token": False})["add_bos_token"] is False
    assert keys(said=named | {"add_bos_token": True, "add_eos_token": True})["add_eos_token"] is True
    assert keys(said={"eos_token": "</s>", "add_bos_token": True})["add_bos_token"] is False
    assert keys(around="<s> $A", said=named | {"add_bos_token": None})["add_bos_token"] is True


@pytest.mark.parametrize(
    ("several", "template", "wanted"),
    [
        ([1, 4], "…<turn>…", 4),
        (4, "…<turn>…", 4),
        ([3, 4, 0], "<turn><s>", 4),
        ([1, 4], "no token", None),
        ([1, 4], None, None),
        ([1], "</s>", None),
        ([1, 99, -1, "4", None], "<turn>", None),
        (None, "<turn>", None),
    ],
    ids=str,
)
def test_the_end_of_a_turn_is_another_end_that_the_template_writes(
    several: Any, template: str | None, wanted: int | None
) -> None:
    """Of the ends in generation_config.json the first that is not EOS and stands in the template ends a turn."""
    assert keys(generation={"eos_token_id": several}, template=template).get("eot_token_id") == wanted


@pytest.mark.parametrize(
    ("token", "special", "kind"),
    [
        ("<|im_end|>", False, CONTROL),
        ("<｜end▁of▁sentence｜>", False, CONTROL),
        ("<unused12>", False, CONTROL),
        ("<pad>", False, CONTROL),
        ("[@BOS@]", False, CONTROL),
        ("<2mass>", False, CONTROL),
        ("रायगड", True, CONTROL),
        ("<tool>", False, USER_DEFINED),
        ("<|half", False, USER_DEFINED),
        ("half|>", False, USER_DEFINED),
        ("<unused", False, USER_DEFINED),
    ],
)
def test_an_added_token_is_a_command_or_a_word(token: str, special: bool, kind: int) -> None:
    """What is marked as special or looks like a command is one; the rest of what was added are words."""
    found = build_vocabulary({"a": 0}, [{"id": 1, "content": token, "special": special}], rows=3, bytes_as_pieces=False)
    assert found.kinds == [NORMAL, kind, UNUSED]
    assert found.id_of("[PAD2]") == 2
    assert found.id_of("nowhere") is None


@pytest.mark.parametrize(
    ("piece", "kind"),
    [
        ("<0x0A>", BYTE),
        ("<0xFF>", BYTE),
        ("<0x0A", NORMAL),
        ("<0x0AB>", NORMAL),
        ("<1x0A>", NORMAL),
        ("<0x0A)", NORMAL),
    ],
)
def test_only_a_byte_is_a_byte(piece: str, kind: int) -> None:
    """A piece of that very form stands for a byte where pieces do, and is a word in a byte-level vocabulary."""
    assert build_vocabulary({piece: 0}, [], rows=1, bytes_as_pieces=True).kinds == [kind]
    assert build_vocabulary({piece: 0}, [], rows=1, bytes_as_pieces=False).kinds == [NORMAL]


def test_a_marked_space_stays_in_a_command() -> None:
    """Only in words that were added the mark of a space becomes one; a special token keeps its own spelling."""
    added = [
        {"id": 0, "content": "\u2581\u2581", "special": False},
        {"id": 1, "content": "<｜end\u2581of｜>", "special": True},
    ]
    assert build_vocabulary({}, added, rows=2, bytes_as_pieces=True).tokens == ["  ", "<｜end\u2581of｜>"]


def varint(number: int) -> bytes:
    """A number as a protocol buffer has it."""
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def field(number: int, content: bytes) -> bytes:
    """A field of bytes."""
    return varint(number << 3 | 2) + varint(len(content)) + content


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
PIECES = st.lists(st.tuples(TEXT, st.floats(width=32, allow_nan=False)))


@given(PIECES, st.binary(max_size=40), st.integers(0, 2**60))
def test_pieces_come_back_as_they_were_written(pieces: list[tuple[str, float]], other: bytes, number: int) -> None:
    """Any pieces and scores, among fields of every other kind and order, are read in order."""
    noise = [
        varint(3 << 3) + varint(number),
        field(99, other),
        varint(7 << 3 | 1) + bytes(8),
        varint(8 << 3 | 5) + bytes(4),
    ]
    body = b""
    for place, (text, score) in enumerate(pieces):
        inner = [field(1, text.encode()), varint(2 << 3 | 5) + struct.pack("<f", score), varint(3 << 3) + b"\x01"]
        body += noise[place % 4] + field(1, b"".join(inner[::-1] if place % 2 else inner))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "tokenizer.model"
        path.write_bytes(body)
        assert list(read_pieces(path)) == pieces


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"\x0a", "index out of range"),
        (b"\x0a\x05ab", "ends at byte 4 in a field of 5 bytes"),
        (b"\x0b", "wire type 3 at byte 1"),
        (b"\x0a\x03\x0a\x01\xff", "utf-8"),
        (b"\x0a\x04\x12\x02ab", "unpack requires a buffer of 4 bytes"),
        (b"\xff\xff\xff", "index out of range"),
    ],
)
def test_a_torn_model_is_named(body: bytes, says: str, tmp_path: Path) -> None:
    """Cut or damaged anywhere, a tokenizer.model is refused with its path and what is wrong in it."""
    (tmp_path / "tokenizer.model").write_bytes(body)
    with pytest.raises(InputError, match=r"tokenizer\.model: not a SentencePiece model \(") as caught:
        list(read_pieces(tmp_path / "tokenizer.model"))
    assert says in str(caught.value)


def test_the_earlier_a_merge_the_higher_its_score(tmp_path: Path) -> None:
    """Both forms of a merge are read, and a piece that several merges make has the score of the first."""
    merges = ["र ा", ["रा", "य"], "क ख", ["र", "ाय"]]
    assert merge_scores(tmp_path, merges) == {"रा": 0.0, "राय": -1.0, "कख": -2.0}
    for merge in ("रा", " ा", ["र", ""]):
        with pytest.raises(InputError, match=r"merge 1 is .*; expected two pieces"):
            merge_scores(tmp_path, ["क ख", merge])
