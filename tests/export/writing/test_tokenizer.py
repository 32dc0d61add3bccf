"""Vocabularies: every token in its place and of its kind, pieces with scores, and who begins and ends a text."""

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, processors

from datakit.errors import InputError
from export.source import open_source
from export.tokenizer import tokenizer_keys
from export.verify.native import NativeModel
from export.vocabulary import BYTE, CONTROL, NORMAL, UNUSED, USER_DEFINED, build_vocabulary
from export.write import write_gguf
from tests.export.writing.checkpoints import LINES, Tiny, build_shape

SPACE: Final = "\u2581"
SMALL: Final = Tiny(architecture="LlamaForCausalLM", layers=1, hidden=64, inner=64, heads=1, heads_kv=1, vocab=900)
TEXTS: Final = (*LINES, "  दोन  जागा ", "a", "", "नवी\nओळ", "🚀 emoji", "x <start> y", "ऱ्हास र्‍या")


def pieces_tokenizer(*, prepend: bool) -> Tokenizer:
    """Return a tokenizer of pieces as converters make it from SentencePiece: a merge for every way to make a piece."""
    words = [piece for line in LINES for piece in (SPACE + line.replace(" ", " " + SPACE)).split(" ")]
    longer: dict[str, int] = {}
    for word in words:
        for size in range(2, 7):
            for start in range(len(word) - size + 1):
                longer[word[start : start + size]] = longer.get(word[start : start + size], 0) + 1
    ranked = sorted(longer, key=lambda piece: (-longer[piece] * len(piece), piece))[:500]
    letters = sorted(set("".join(words)))
    every = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *letters]
    vocab = {piece: number for number, piece in enumerate([*every, *ranked])}
    merges = [
        (piece[:cut], piece[cut:])
        for piece in ranked
        for cut in range(1, len(piece))
        if piece[:cut] in vocab and piece[cut:] in vocab
    ]
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges, byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    replace = normalizers.Replace(" ", SPACE)
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend(SPACE), replace]) if prepend else replace
    tokenizer.decoder = decoders.Sequence([decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in ("<unk>", "<s>", "</s>")])
    tokenizer.add_tokens([AddedToken("<start>", normalized=False, special=False)])
    return tokenizer


def model_of(tokenizer: Tokenizer, folder: Path, **config: Any) -> Path:
    """Write a small model with a tokenizer."""
    build_shape(SMALL, folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {"bos_token": "<s>", "eos_token": {"content": "</s>"}, "unk_token": "<unk>"} | config
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder


@pytest.mark.parametrize("prepend", [False, True], ids=["gemma", "mistral"])
def test_llama_cpp_reads_pieces_as_the_tokenizer_does(prepend: bool, tmp_path: Path) -> None:
    """With scores taken from the order of merges, llama.cpp gives the tokens of tokenizer.json, bytes too."""
    tokenizer = pieces_tokenizer(prepend=prepend)
    source = open_source(model_of(tokenizer, tmp_path / "m"))
    assert source.keys["tokenizer.ggml.model"].value == "llama"
    assert source.keys["tokenizer.ggml.add_space_prefix"].value is prepend
    write_gguf(source, tmp_path / "out.gguf", type="f16", metadata={})
    model = NativeModel(tmp_path / "out.gguf", context=16, threads=1)
    try:
        for text in TEXTS:
            if prepend and ("<start>" in text or not text):
                continue  # what stands before an added token, or alone, is prefixed differently by both libraries
            wanted = tokenizer.encode(text).ids
            assert model.tokenize(text, add_special=True, parse_special=False) == wanted, text
    finally:
        model.close()


def test_scores_of_a_sentencepiece_model_are_kept(tmp_path: Path) -> None:
    """Where tokenizer.model lies beside tokenizer.json, its scores are taken as they are."""
    folder = model_of(pieces_tokenizer(prepend=False), tmp_path / "m")
    body = b""
    for piece, score in (("<unk>", 0.0), (SPACE + "म", -7.5), ("रा", -2.25)):
        raw = piece.encode()
        inner = b"\x0a" + bytes([len(raw)]) + raw + b"\x15" + struct.pack("<f", score) + b"\x18\x01"
        body += b"\x0a" + bytes([len(inner)]) + inner
    (folder / "tokenizer.model").write_bytes(body + b"\x12\x02\x08\x01")
    keys = open_source(folder).keys
    scores = dict(zip(keys["tokenizer.ggml.tokens"].value, keys["tokenizer.ggml.scores"].value, strict=True))
    assert (scores["रा"], scores.get(SPACE + "म", -7.5)) == (-2.25, -7.5)
    (folder / "tokenizer.model").write_bytes(body[:-3])
    with pytest.raises(InputError, match=r"tokenizer\.model: not a SentencePiece model \(ends at byte"):
        open_source(folder)


def test_kinds_of_tokens() -> None:
    """Normal, byte, control, user-defined and unused tokens are told apart; a marked space becomes one."""
    pieces = {"<unk>": 0, "<0x0A>": 1, "मराठा": 2, "<|im_end|>": 3}
    added = [
        {"id": 0, "content": "<unk>", "special": True},
        {"id": 3, "content": "<|im_end|>", "special": False},
        {"id": 5, "content": f"{SPACE}{SPACE}", "special": False},
    ]
    found = build_vocabulary(pieces, added, rows=7, bytes_as_pieces=True)
    assert found.tokens == ["<unk>", "<0x0A>", "मराठा", "<|im_end|>", "[PAD4]", "  ", "[PAD6]"]
    assert found.kinds == [CONTROL, BYTE, NORMAL, CONTROL, UNUSED, USER_DEFINED, UNUSED]
    assert build_vocabulary(pieces, [], rows=4, bytes_as_pieces=False).kinds == [NORMAL] * 4


@pytest.mark.parametrize(
    ("pieces", "added", "reason"),
    [
        ({"a": 9}, [], r"token 'a' has id 9, but the embedding has 4 rows"),
        ({"a": 1, "b": 1}, [], r"id 1 is both 'a' and 'b'"),
        ({"a": 1}, [{"id": 4, "content": "<new>"}], r"token '<new>' has id 4, but the embedding has 4 rows"),
    ],
)
def test_ids_that_do_not_fit_the_embedding_are_refused(
    pieces: dict[str, int], added: list[dict[str, Any]], reason: str
) -> None:
    """A token beyond the embedding, or two with one id, is refused by name."""
    with pytest.raises(InputError, match=reason):
        build_vocabulary(pieces, added, rows=4, bytes_as_pieces=False)


def test_who_begins_and_ends_a_text_is_seen(tmp_path: Path) -> None:
    """Where nothing is said, add_bos follows from what the tokenizer does; what tokenizer_config.json says wins."""
    folder = model_of(pieces_tokenizer(prepend=False), tmp_path / "m")
    keys = open_source(folder).keys
    ids = [keys[f"tokenizer.ggml.{name}_token_id"].value for name in ("bos", "eos", "unknown")]
    assert ids == [1, 2, 0]
    added = [keys[f"tokenizer.ggml.add_{name}_token"].value for name in ("bos", "eos")]
    assert added == [True, False]
    model_of(pieces_tokenizer(prepend=False), tmp_path / "m", add_bos_token=False, add_eos_token=True)
    keys = open_source(folder).keys
    assert [keys[f"tokenizer.ggml.add_{name}_token"].value for name in ("bos", "eos")] == [False, True]


def test_a_turn_that_ends_otherwise_is_named(tiny: Callable[[str], Path]) -> None:
    """A second end token of generation_config.json that the template uses becomes the end of a turn."""
    import shutil

    folder = tiny("smollm").parent / "turns"
    shutil.copytree(tiny("smollm"), folder, dirs_exist_ok=True)
    assert "tokenizer.ggml.eot_token_id" not in open_source(folder).keys
    (folder / "tokenizer_config.json").write_text(json.dumps({"eos_token": "<|endoftext|>"}))
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": [0, 1]}))
    keys = open_source(folder).keys
    assert keys["tokenizer.ggml.eot_token_id"].value == 1
    assert keys["tokenizer.ggml.tokens"].value[1] == "<|im_end|>"


def test_a_special_token_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """An eos_token that the vocabulary does not hold is refused, and so is a model that names none."""
    folder = model_of(pieces_tokenizer(prepend=False), tmp_path / "m", eos_token="<|gone|>")
    with pytest.raises(InputError, match=r"eos_token is '<\|gone\|>', which tokenizer\.json does not hold"):
        open_source(folder)
    model_of(pieces_tokenizer(prepend=False), tmp_path / "m", eos_token=None)
    with pytest.raises(InputError, match="name no eos_token: the model would never stop"):
        tokenizer_keys(folder, config={}, rows=SMALL.vocab)


def test_other_kinds_of_tokenizers_are_refused(tmp_path: Path) -> None:
    """A tokenizer of words or unigrams is refused by its type, and a torn file by its path."""
    folder = build_shape(SMALL, tmp_path / "m")
    Tokenizer(models.WordLevel({"a": 0})).save(str(folder / "tokenizer.json"))
    with pytest.raises(InputError, match=r"tokenizer\.json: model type 'WordLevel' is not exported"):
        open_source(folder)
    damaged: tuple[Any, ...] = (None, [], "BPE")
    for model in damaged:
        (folder / "tokenizer.json").write_text(json.dumps({"model": model}))
        with pytest.raises(InputError, match=r"tokenizer\.json: model is .*, expected an object; fetch the file again"):
            open_source(folder)
    (folder / "tokenizer.json").write_text('{"model": {"type": "BPE", "vocab": 3}}')
    with pytest.raises(InputError, match=r"tokenizer\.json: not a tokenizer"):
        open_source(folder)


def test_the_tokenizer_of_a_run_goes_before_the_bases(tiny: Callable[[str], Path], tmp_path: Path) -> None:
    """Given a folder of its own, vocabulary and chat template come from there."""
    import shutil

    own = tmp_path / "tokenizer"
    own.mkdir()
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(tiny("smollm") / name, own / name)
    (own / "chat_template.jinja").write_text("{{ 'मराठी' }}", encoding="utf-8")
    keys = open_source(tiny("smollm"), tokenizer=own).keys
    assert keys["tokenizer.chat_template"].value == "{{ 'मराठी' }}"
    assert "im_start" in open_source(tiny("smollm")).keys["tokenizer.chat_template"].value


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({}, None),
        ({"tokenizer_config.json": {"chat_template": "A"}}, "A"),
        ({"tokenizer_config.json": {"chat_template": [{"name": "default", "template": "B"}]}}, "B"),
        ({"tokenizer_config.json": {"chat_template": "A"}, "chat_template.json": {"chat_template": "C"}}, "C"),
    ],
    ids=str,
)
def test_a_template_is_found_wherever_it_was_saved(files: dict[str, Any], wanted: str | None, tmp_path: Path) -> None:
    """Each generation of transformers put the template elsewhere; a list without a default is refused."""
    from export.template import read_template

    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content))
    assert read_template(tmp_path) == wanted
    (tmp_path / "tokenizer_config.json").write_text(
        json.dumps({"chat_template": [{"name": "tool_use", "template": "D"}]})
    )
    (tmp_path / "chat_template.json").unlink(missing_ok=True)
    with pytest.raises(InputError, match="has chat templates tool_use, none of them named default"):
        read_template(tmp_path)
