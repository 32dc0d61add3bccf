"""Layer by layer: which values and which ways down get more bits."""

import pytest

from export.ggml_types import file_type
from export.mix import choose_types
from tests.export.writing.mixes import more_bits, shape, values


def downs(kind: str, layers: int, *, columns: int = 256) -> list[str]:
    """The formats of ffn_down by layer."""
    names = {f"blk.{layer}.ffn_down.weight": (256, columns) for layer in range(layers)}
    return list(choose_types(names, file_type(kind), shape(layers=layers)).values())


@pytest.mark.parametrize("kind", ["q4_k_m", "q5_k_m"])
@pytest.mark.parametrize("layers", [1, 7, 8, 30, 32, 80])
def test_medium_mixes_spend_bits_at_both_ends(kind: str, layers: int) -> None:
    """Values and the way down get Q6_K in the first and last eighth and in every third layer between, else the rest."""
    wanted = ["Q6_K" if more else file_type(kind).default for more in more_bits(layers)]
    assert downs(kind, layers) == wanted
    assert values(kind, shape(layers=layers)) == wanted


@pytest.mark.parametrize(
    ("kind", "first", "count", "rest"),
    [
        ("q4_k_s", "Q5_K", 4, "Q4_K"),
        ("q3_k_m", "Q5_K", 2, "Q4_K"),
        ("q3_k_l", "Q5_K", 32, "-"),
        ("q3_k_s", "Q3_K", 32, "-"),
    ],
)
def test_the_first_values_get_more_bits(kind: str, first: str, count: int, rest: str) -> None:
    """How many of the first layers' values are finer, and how fine, is the type's own."""
    assert values(kind, shape()) == [first] * count + [rest] * (32 - count)


@pytest.mark.parametrize(
    ("kind", "layers", "first", "count", "rest"),
    [
        ("q4_k_s", 32, "Q5_K", 4, "Q4_K"),
        ("q4_k_s", 7, "Q5_K", 0, "Q4_K"),
        ("q3_k_m", 32, "Q5_K", 2, "Q4_K"),
        ("q3_k_m", 15, "Q5_K", 0, "Q4_K"),
        ("q3_k_l", 5, "Q5_K", 5, "-"),
        ("q2_k", 5, "Q3_K", 5, "-"),
        ("q6_k", 5, "Q6_K", 5, "-"),
        ("q5_k_s", 5, "Q5_K", 5, "-"),
    ],
)
def test_the_first_ways_down_get_more_bits(kind: str, layers: int, first: str, count: int, rest: str) -> None:
    """An eighth of the layers in Q4_K_S, a sixteenth in Q3_K_M, rounded down, are finer."""
    assert downs(kind, layers) == [first] * count + [rest] * (layers - count)


def test_values_are_counted_by_layer_and_not_by_name() -> None:
    """Layer 10 comes after layer 9, in whatever order the tensors stand."""
    names = [f"blk.{layer}.attn_v.weight" for layer in (10, 2, 11, 0, 9, 1, 3)]
    found = choose_types(dict.fromkeys(names, (64, 256)), file_type("q4_k_s"), shape(layers=12))
    assert {name.split(".")[1] for name, kind in found.items() if kind == "Q5_K"} == {"0", "1", "2", "3"}
