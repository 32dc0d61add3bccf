"""How much a reader takes in at once."""

from typing import Final

MIB: Final = 1 << 20

ROW_BYTES: Final = 8 * MIB
"""A row larger than this is rejected. The largest of 84,002 real rows has 0.17 MB, a whole book 1 to 2 MB."""

BATCH_BYTES: Final = 16 * MIB
"""A batch is cut when its text reaches this size, so that a worker's memory does not follow the length of rows. Two
workers on 84,002 rows take 1.3 GB so; with 10 MiB a tenth less and 4 % more CPU, with 24 MiB over 1.5 GB."""

CHUNK_BYTES: Final = 1 * MIB
"""How much is asked of a stream at a time."""

PAGE_BYTES: Final = 64 * MIB
"""A web page is read whole; the largest of 118 real ones has 0.45 MB."""

JSON_DEPTH: Final = 64
"""SQuAD, the deepest shape read here, nests 9 deep; a row of 1,000 levels is an attack or a mistake."""

HEAD_BYTES: Final = 64 << 10
"""How much of a file is looked at to tell its format, encoding and delimiter."""

ARCHIVE_RATIO: Final = 200
"""Unpacked to packed. 321 MB of real QA packs 13 times; deflate cannot pass 1,032 and a bomb gets near it."""

ARCHIVE_FLOOR_BYTES: Final = 64 * MIB
"""Below this an archive may have any ratio: a file of equal lines packs well and harms nobody."""

ARCHIVE_BYTES: Final = 64 << 30
"""No archive unpacks to more than this, whatever its ratio."""

ARCHIVE_MEMBERS: Final = 100_000
"""More members than this are refused unread."""

SPOOL_BYTES: Final = 4 << 30
"""A member that must be read from disk (Parquet, Arrow, XLSX) is unpacked to a temporary file up to this size."""
