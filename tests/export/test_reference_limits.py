"""What is missing on the Hugging Face side: a file, a library, memory."""

import sys
from pathlib import Path

import pytest

from datakit.errors import InputError, MissingDependencyError
from export.verify import reference
from export.verify.reference import read_tokens
from tests.export.folders import folder_of


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("tokenizer.json", None, r"tokenizer\.json: missing; expected the tokenizer the model was trained with"),
        ("tokenizer.json", "{", r"tokenizer\.json: the tokenizer cannot be read \("),
        ("tokenizer.json", "[]", r"tokenizer\.json: the tokenizer cannot be read \("),
        ("tokenizer_config.json", "{", r"tokenizer_config\.json: not JSON"),
        ("tokenizer_config.json", "[]", r"tokenizer_config\.json: expected a JSON object, found list"),
    ],
)
def test_a_torn_folder_is_named(name: str, content: str | None, reason: str, tmp_path: Path) -> None:
    """A file that is missing, torn or of another kind is named; no error of a library comes out."""
    folder = folder_of(tmp_path, eos_token="</s>")
    (folder / name).unlink() if content is None else (folder / name).write_text(content)
    with pytest.raises(InputError, match=reason):
        read_tokens(folder)


def test_a_library_that_is_not_there_names_the_install_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without tokenizers the gate says what to install, or how to go without it."""
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(MissingDependencyError) as caught:
        read_tokens(tmp_path)
    assert str(caught.value) == (
        "tokenizers is not installed, and the gate compares with the Hugging Face model; next: pip install "
        "'ancient-aurora[export,train]', or export unchecked with --no-verify"
    )


@pytest.mark.parametrize(
    ("meminfo", "wanted"),
    [
        ("MemTotal: 9 kB\nMemAvailable:   2048 kB\nMemFree: 1 kB\n", 2048 * 1024),
        ("MemTotal: 9 kB\n", 1 << 62),
        (None, 1 << 62),
    ],
    ids=["said", "not said", "no such file"],
)
def test_free_memory_is_what_the_system_calls_available(
    meminfo: str | None, wanted: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What can be had without swapping counts, not what is unused; where the system does not say, it is enough."""
    file = tmp_path / "meminfo"
    if meminfo is not None:
        file.write_text(meminfo)
    monkeypatch.setattr(reference, "Path", lambda asked: file if asked == "/proc/meminfo" else Path(asked))
    assert reference._free_bytes() == wanted


def test_the_weights_of_a_folder_are_all_its_shards(tmp_path: Path) -> None:
    """The size by which memory is judged is that of a GGUF, or of every safetensors file together."""
    for name, size in (("a.safetensors", 10), ("b.safetensors", 5), ("optimizer.bin", 100)):
        (tmp_path / name).write_bytes(bytes(size))
    assert reference._weights_bytes(tmp_path) == 15
    assert reference._weights_bytes(tmp_path / "optimizer.bin") == 100
