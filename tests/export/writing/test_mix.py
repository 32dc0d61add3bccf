"""Which format a tensor gets, where the small checkpoints of the golden file do not reach: large and odd shapes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from export.ggml_types import FILE_TYPES, PLAIN, TYPES, file_type
from export.mix import Shape, choose_types


def shape(*, layers: int = 32, heads: int = 32, heads_kv: int = 32, architecture: str = "llama") -> Shape:
    """A model's shape; no grouped heads unless told."""
    return Shape(architecture=architecture, layers=layers, heads=heads, heads_kv=heads_kv)


def values(kind: str, model: Shape, *, columns: int = 256) -> list[str]:
    """The formats of attn_v by layer."""
    names = {f"blk.{layer}.attn_v.weight": (256, columns) for layer in range(model.layers)}
    return list(choose_types(names, file_type(kind), model).values())


def downs(kind: str, layers: int, *, columns: int = 256) -> list[str]:
    """The formats of ffn_down by layer."""
    names = {f"blk.{layer}.ffn_down.weight": (256, columns) for layer in range(layers)}
    return list(choose_types(names, file_type(kind), shape(layers=layers)).values())


def more_bits(layers: int) -> list[bool]:
    """The layers that K_M gives more bits, written out: the first and the last eighth, every third between."""
    eighth = layers // 8
    return [n < eighth or n >= 7 * layers // 8 or (n - eighth) % 3 == 2 for n in range(layers)]


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
