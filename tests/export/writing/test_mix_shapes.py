"""Which format a tensor gets where the model is of another shape: heads that are shared, the 70B, odd rows."""

import pytest

from export.ggml_types import file_type
from export.mix import Shape, choose_types
from tests.export.writing.mixes import more_bits, shape, values


@pytest.mark.parametrize(
    ("heads", "heads_kv", "wanted"), [(32, 8, "Q4_K"), (31, 8, "Q3_K"), (32, 32, "Q3_K"), (32, 0, "Q3_K")]
)
def test_two_bits_look_at_shared_heads(heads: int, heads_kv: int, wanted: str) -> None:
    """Values that four or more query heads share get four bits in Q2_K, others three."""
    assert set(values("q2_k", shape(heads=heads, heads_kv=heads_kv))) == {wanted}


@pytest.mark.parametrize(
    ("model", "wanted"),
    [
        (shape(layers=80, heads=64, heads_kv=8), "Q5_K"),
        (shape(layers=80, heads=64, heads_kv=64), "Q4_K"),
        (shape(layers=79, heads=64, heads_kv=8), "Q4_K"),
        (shape(layers=80, heads=64, heads_kv=8, architecture="qwen2"), "Q4_K"),
    ],
    ids=["70B", "heads of their own", "a layer less", "another family"],
)
def test_the_70b_gets_finer_values(model: Shape, wanted: str) -> None:
    """A Llama of 80 layers with shared heads gets Q5_K where the mix says Q3_K or Q4_K; Q6_K stays."""
    assert values("q4_k_s", model)[5:] == [wanted] * (model.layers - 5)
    found = values("q4_k_m", model)
    assert found == ["Q6_K" if more else wanted for more in more_bits(model.layers)]


@pytest.mark.parametrize(
    ("kind", "columns", "wanted"),
    [
        ("q2_k", 128, "Q4_0"),
        ("q3_k_s", 128, "Q4_0"),
        ("q4_k_s", 128, "Q5_0"),
        ("q5_k_s", 128, "Q5_1"),
        ("q6_k", 128, "Q8_0"),
        ("q6_k", 144, "F16"),
        ("q4_0", 80, "F16"),
        ("q8_0", 96, "Q8_0"),
        ("q8_0", 16, "F16"),
        ("q4_k_s", 256, "Q4_K"),
    ],
)
def test_rows_that_a_block_does_not_divide_fall_back(kind: str, columns: int, wanted: str) -> None:
    """Where a row is no multiple of 256 the next blocks of 32 serve, and where it is none of 32 half precision."""
    found = choose_types({"blk.0.attn_q.weight": (8, columns)}, file_type(kind), shape())
    assert found == {"blk.0.attn_q.weight": wanted}


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("q4_k_m", "Q6_K"), ("q2_k", "Q6_K"), ("q4_0", "Q6_K"), ("q8_0", "Q8_0"), ("q6_k", "Q6_K"), ("f16", "F16")],
)
def test_what_computes_the_output_is_finer(kind: str, wanted: str) -> None:
    """The output gets six bits or more, and the embedding with it only where it serves as output."""
    tied = choose_types({"token_embd.weight": (9, 256)}, file_type(kind), shape())
    own = choose_types({"token_embd.weight": (9, 256), "output.weight": (9, 256)}, file_type(kind), shape())
    assert tied == {"token_embd.weight": wanted}
    assert own == {"token_embd.weight": file_type(kind).default, "output.weight": wanted}


@pytest.mark.parametrize("kind", ["q4_k_m", "q2_k", "q6_k", "q4_0", "q8_0"])
@pytest.mark.parametrize(("columns", "wanted"), [(288, "Q8_0"), (80, "F16")])
def test_an_output_of_odd_rows_is_packed_in_eight_bits(kind: str, columns: int, wanted: str) -> None:
    """Rows that blocks of 256 do not divide get Q8_0 in the output, and half precision where even that does not fit."""
    found = choose_types({"output.weight": (9, columns)}, file_type(kind), shape())
    assert found == {"output.weight": wanted}
