"""What an export settles before it writes: types and their order, names, the main file."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.errors import UsageError
from export import export as flow
from export.export import Options
from export.write import Written


@pytest.mark.parametrize(
    ("quants", "wanted"),
    [
        (("q4_k_m", "f16"), ("f16", "q4_k_m")),
        (("q8_0", "bf16", "q4_k_m", "f32"), ("bf16", "f32", "q8_0", "q4_k_m")),
        ((" F16 ", "", "f16", "Q8_0"), ("f16", "q8_0")),
        (("q5_k_s", "q2_k"), ("q5_k_s", "q2_k")),
    ],
)
def test_sixteen_bits_come_first_and_each_type_once(quants: tuple[str, ...], wanted: tuple[str, ...]) -> None:
    """A wrong rope looks like an honest 4-bit file, so plain types are judged first; else the order is the user's."""
    assert flow._in_order(Options(quants=quants)) == wanted
    assert flow._in_order(Options(quants=quants, adapter_only=True)) == ()


@pytest.mark.parametrize("quants", [(), ("",), (" ", "")])
def test_no_type_at_all_is_refused(quants: tuple[str, ...]) -> None:
    """Commas alone name nothing: the message shows what is expected."""
    with pytest.raises(UsageError, match=r"--quant names no type; expected such as f16,q4_k_m"):
        flow._in_order(Options(quants=quants))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Tiny Itihas", "tiny-itihas"),
        ("a/b\\c:d", "a-b-c-d"),
        ("..secret..", "secret"),
        ("v1.2_x-Y", "v1.2_x-y"),
        ("मराठा-1", "1"),
        ("-rf", "rf"),
    ],
)
def test_a_name_becomes_a_plain_one(name: str, wanted: str) -> None:
    """What names a folder, a file and a model of Ollama holds letters, digits, dots, dashes and underscores."""
    assert flow._plain_name(name) == wanted


@given(st.text(max_size=40))
def test_any_name_stays_inside_its_folder_or_is_refused(name: str) -> None:
    """No name reaches another folder, hides itself or looks like an option; one without a letter is refused."""
    try:
        plain = flow._plain_name(name)
    except UsageError as error:
        assert "expected letters, digits, dots and dashes" in str(error)  # noqa: PT017 - both are right
        return
    assert Path(plain).name == plain
    assert plain[0] not in ".-_"
    assert plain.isascii()
    assert plain == plain.lower()
    assert flow._plain_name(plain) == plain


def made(type: str) -> Written:
    """A file of a type."""
    return Written(
        path=Path(f"m-{type}.gguf"), type=type, bytes=1, sha256="", tensors=1, types={}, seconds=0.0, engine="numpy"
    )


@pytest.mark.parametrize(
    ("types", "wanted"),
    [
        (["f16", "q8_0", "q4_k_m"], "q4_k_m"),
        (["q8_0", "q5_k_m"], "q5_k_m"),
        (["q8_0", "f16"], "q8_0"),
        (["f16", "q6_k"], "q6_k"),
        (["f16"], "f16"),
    ],
)
def test_the_modelfile_stands_on_the_small_file(types: list[str], wanted: str) -> None:
    """Of several files the one that a laptop runs well is named; where none of those is there, the last."""
    assert flow._main_file([made(type) for type in types]).type == wanted
