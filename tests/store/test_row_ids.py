"""Row ids in bulk are those of `row_id`, whatever the text."""

import polars as pl
from hypothesis import example, given
from hypothesis import strategies as st

from datakit.lineage import row_id
from datakit.store.row_ids import wrong_ids

MESSAGES = pl.List(pl.Struct({"role": pl.String, "content": pl.String}))
TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(
    ["ज\u093c", "क\u094d\u200dष", "e\u0301", "\n\u0303", '"\\/\b\f\x00\x1f\x7f', "\u2028\u2029\ufeff😀", ""]
)
TURNS = st.lists(st.fixed_dictionaries({"role": TEXT, "content": TEXT}), max_size=4)


@given(st.lists(TURNS, min_size=1, max_size=6), st.sets(st.integers(0, 5)))
@example([[{"role": "user", "content": "\n\u0303"}]], set())
def test_true_ids_pass_and_every_other_is_named(rows: list[list[dict[str, str]]], forged: set[int]) -> None:
    """Rows with their own id are right, for any text; rows with another id are wrong and come with the true one."""
    ids = [row_id(turns) for turns in rows]
    claimed = ["0" * 64 if place in forged else name for place, name in enumerate(ids)]
    frame = pl.DataFrame({"id": claimed, "messages": rows}, schema={"id": pl.String, "messages": MESSAGES})
    assert wrong_ids(frame) == [(place, name) for place, name in enumerate(ids) if place in forged]


def test_an_id_over_text_that_is_not_normalized_is_wrong() -> None:
    """The hash of decomposed letters is no row id, though a careless reader would find that it fits the bytes."""
    from hashlib import sha256

    turns = [{"role": "user", "content": "e\u0301"}]
    bare = sha256(b'{"messages":[{"content":"e\xcc\x81","role":"user"}]}').hexdigest()
    frame = pl.DataFrame({"id": [bare], "messages": [turns]}, schema={"id": pl.String, "messages": MESSAGES})
    assert wrong_ids(frame) == [(0, row_id(turns))]
