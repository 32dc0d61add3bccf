"""Row ids recomputed in bulk: the bytes that `lineage.row_id` hashes, built by polars for a whole column.

A hit proves itself: the digest of these bytes is the claimed id, and text that is in NFC needs no change before it is
hashed. Every other row is asked of `row_id`, so the fast way can only agree with it or leave the answer to it.
"""

from hashlib import sha256
from unicodedata import is_normalized

import polars as pl

from datakit.lineage import row_id


def wrong_ids(rows: pl.DataFrame) -> list[tuple[int, str]]:
    """Return the place in `rows` and the true id of each row whose `id` is not the hash of its `messages`."""
    turn = pl.element().struct
    turns = pl.col("messages").list.eval(pl.struct(turn.field("content"), turn.field("role")))  # keys in sorted order
    texts = rows.select(pl.struct(turns.alias("messages")).struct.json_encode().alias("text"))["text"]
    doubtful = [
        place
        for place, (text, claimed) in enumerate(zip(texts, rows["id"], strict=True))
        if sha256(text.encode()).hexdigest() != claimed or not is_normalized("NFC", text)
    ]
    wrong = []
    for place in doubtful:
        actual = row_id(rows["messages"][place].to_list())
        if actual != rows["id"][place]:
            wrong.append((place, actual))
    return wrong
