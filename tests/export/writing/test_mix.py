"""What is small, what no rule speaks of, and any model at all: every format fits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from export.ggml_types import FILE_TYPES, PLAIN, TYPES, file_type
from export.mix import Shape, choose_types
from tests.export.writing.mixes import shape


@pytest.mark.parametrize("kind", FILE_TYPES)
@pytest.mark.parametrize(
    ("name", "dims"),
    [
        ("blk.0.attn_norm.weight", (256,)),
        ("blk.0.attn_q_norm.weight", (8, 256)),
        ("output_norm.weight", (256,)),
        ("blk.0.attn_q.bias", (256,)),
        ("blk.0.attn_q.bias", (2, 256)),
        ("rope_freqs.weight", (32,)),
    ],
)
def test_vectors_norms_and_biases_stay_in_32_bits(kind: str, name: str, dims: tuple[int, ...]) -> None:
    """Whatever the type, what is small and what llama.cpp's kernels want in 32 bits is not touched."""
    assert choose_types({name: dims}, file_type(kind), shape()) == {name: "F32"}


@pytest.mark.parametrize(
    ("kind", "wanted"), [("q2_k", "Q3_K"), ("q3_k_m", "Q4_K"), ("q3_k_l", "Q5_K"), ("q4_k_m", "Q4_K")]
)
def test_the_attention_s_output_in_few_bits(kind: str, wanted: str) -> None:
    """Below four bits the attention's output gets one or two bits more."""
    assert (
        choose_types({"blk.3.attn_output.weight": (8, 256)}, file_type(kind), shape())["blk.3.attn_output.weight"]
        == wanted
    )


@pytest.mark.parametrize("kind", ["q2_k", "q3_k_m", "q3_k_l", "q4_k_m", "q4_k_s"])
@pytest.mark.parametrize("part", ["attn_q", "attn_k", "ffn_gate", "ffn_up"])
def test_what_no_rule_speaks_of_gets_the_types_own_format(kind: str, part: str) -> None:
    """Queries, keys and the way up have the format that gives the type its name, in every layer."""
    names = {f"blk.{layer}.{part}.weight": (8, 256) for layer in (0, 15, 31)}
    assert set(choose_types(names, file_type(kind), shape()).values()) == {file_type(kind).default}


PARTS = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down", "attn_norm")


@given(
    st.sampled_from(sorted(FILE_TYPES)),
    st.dictionaries(
        st.builds("blk.{}.{}.weight".format, st.integers(0, 99), st.sampled_from(PARTS))
        | st.sampled_from(["token_embd.weight", "output.weight", "other.weight"]),
        st.tuples(st.integers(1, 9), st.sampled_from([1, 16, 32, 80, 128, 256, 288, 4096])),
    ),
    st.builds(
        shape,
        layers=st.integers(1, 100),
        heads=st.integers(1, 64),
        heads_kv=st.integers(0, 64),
        architecture=st.sampled_from(["llama", "gemma3"]),
    ),
)
def test_whatever_is_chosen_fits(kind: str, names: dict[str, tuple[int, int]], model: Shape) -> None:
    """Every tensor gets a format whose blocks divide its rows, and a plain type asks for no blocks."""
    found = choose_types(names, file_type(kind), model)
    assert list(found) == list(names)
    for name, chosen in found.items():
        assert names[name][-1] % TYPES[chosen].block == 0
        assert chosen in PLAIN or file_type(kind).default not in PLAIN
