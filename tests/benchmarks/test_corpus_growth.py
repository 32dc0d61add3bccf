"""Ten times the rows out of finished parts: the copies meet nobody, and the run over them ends."""

from pathlib import Path

from benchmarks.corpus_growth import make, one
from datakit.pipeline.curate import curate
from datakit.recipe import load
from tests.rows import numbered_rows, write_rows


def test_copies_of_parts_are_rows_of_their_own(tmp_path: Path) -> None:
    """Three times the parts are three times the rows in and kept; a duplicate stays one in each copy."""
    rows = numbered_rows(40)
    write_rows(tmp_path / "raw" / "a.jsonl", [*rows, rows[0]])
    recipe = load("marathi-history")
    curated = tmp_path / "curated"
    once = curate(tmp_path / "raw", curated, recipe=recipe, report=False)
    work, copies = curated / ".work" / recipe.name, tmp_path / "copies"
    copies.mkdir()
    make(work, copies, 3)
    told = one(work, copies, tmp_path / "out")
    assert once.rejected == {"exact_duplicate": 1}
    assert (told["rows"], told["kept"], told["rejected"]) == (3 * 41, 3 * once.kept, {"exact_dedup": 3})
    assert {"near_dedup", "conflicts", "release"} <= told["cpu_s_by_stage"].keys()
