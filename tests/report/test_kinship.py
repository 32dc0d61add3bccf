"""The lineage graph, laid out to be drawn."""

from itertools import combinations
from pathlib import Path

import pytest

from datakit.lineage import Manifest, version_id, write_manifest
from datakit.report.facts import gather
from datakit.report.kinship import SHOWN, WIDTH, Box, kinship
from datakit.report.page import as_html
from datakit.trace.draw import version_graph
from datakit.trace.places import Folders, Places
from tests.report.made import kept, published, rejected


def overlap(one: Box, two: Box) -> bool:
    across = one.x < two.x + two.width and two.x < one.x + one.width
    return across and one.y < two.y + two.height and two.y < one.y + one.height


def a_run(folder: Path, version: Manifest, seed: int) -> Manifest:
    """A finished run on a version, as far as lineage looks at it."""
    identity = {
        "format": 1,
        "dataset": {"name": version.identity["name"], "id": version.id, "row_roots": {}},
        "rows": {"train": {"root": "0" * 64, "rows": 5}},
        "base": {"name": "लहान आधार", "sha256": "b" * 64, "architecture": "llama", "form": "random"},
        "seed": seed,
    }
    manifest = Manifest(kind="run", id=version_id(identity), identity=identity)
    home = folder / manifest.id[:16]
    home.mkdir(parents=True)
    write_manifest(home, manifest)
    return manifest


def test_sources_stand_with_their_rows_the_largest_first(tmp_path: Path) -> None:
    """Kept, merged and rejected rows of a source are one box; a source of which nothing was kept has a dashed line."""
    rows = [
        *[kept(f"प्रश्न {n}?", source_id="मोठा") for n in range(3)],
        kept("आणखी?", source_id="लहान"),
        rejected("x", "near_duplicate", "near_dedup", source_id="मोठा", of="y"),
        rejected("y", "empty_answer", source_id="वाया"),
    ]
    made = published(tmp_path, rows)
    found = kinship(version_graph(tmp_path, made.manifest))
    sources = [(box.label, box.note) for box in found.boxes if box.kind == "source"]
    assert sources == [("मोठा", "3 kept, 1 merged"), ("लहान", "1 kept"), ("वाया", "1 rejected")]
    assert [line.lost for line in found.lines].count(True) == 1
    assert max(line.thickness for line in found.lines) == 4.0
    name = f"made {made.manifest.id[:8]}"
    assert (name, "kept", "मोठा", 3) in found.told
    assert (name, "rejected", "वाया", 1) in found.told


@pytest.mark.parametrize("sources", [1, SHOWN, SHOWN + 9])
def test_nothing_overlaps_and_nothing_sticks_out(tmp_path: Path, sources: int) -> None:
    """Boxes keep apart and inside the drawing, with runs and models too; what is not drawn is counted and told."""
    made = published(
        tmp_path / "curated" / "made" / "x", [kept(f"प्रश्न {n}?", source_id=f"s{n}") for n in range(sources)]
    )
    for seed in range(4):
        a_run(tmp_path / "runs", made.manifest, seed)
    places = Places(Folders(curated=tmp_path / "curated", runs=tmp_path / "runs", models=tmp_path / "models"))
    found = kinship(version_graph(made.folder, made.manifest, places=places))
    assert not [pair for pair in combinations(found.boxes, 2) if overlap(*pair)]
    assert all(box.x >= 0 and box.x + box.width <= WIDTH for box in found.boxes)
    assert all(box.y >= 0 and box.y + box.height <= found.height for box in found.boxes)
    assert found.left_out == max(0, sources - SHOWN)
    assert sum(how == "kept" for _, how, _, _ in found.told) == sources


def test_runs_and_models_hang_below_the_version(tmp_path: Path) -> None:
    """A run stands below the version it was trained on and names its base; another version's run is not there."""
    made = published(tmp_path / "curated" / "made" / "x", [kept("प्रश्न?")])
    other = published(tmp_path / "curated" / "made" / "y", [kept("दुसरा?")])
    run = a_run(tmp_path / "runs", made.manifest, 1)
    a_run(tmp_path / "runs", other.manifest, 2)
    places = Places(Folders(curated=tmp_path / "curated", runs=tmp_path / "runs", models=tmp_path / "models"))
    found = kinship(version_graph(made.folder, made.manifest, places=places))
    right = [(box.kind, box.label, box.note) for box in found.boxes if box.kind != "source"]
    assert right == [
        ("version", f"made {made.manifest.id[:8]}", "version, 1 row"),
        ("run", f"run {run.id[:8]}", "run on लहान आधार"),
    ]
    assert (f"run {run.id[:8]}", "based on", "लहान आधार", None) in found.told
    assert (f"run {run.id[:8]}", "trained on", f"made {made.manifest.id[:8]}", 5) in found.told
    page = as_html(gather(made.folder, made.manifest, places=places))
    assert f">run {run.id[:8]}</text>" in page
    assert str(tmp_path) not in page


def test_labels_in_a_drawing_are_text(page: str) -> None:
    """Raw names in the drawing hold no markup at all: a label for an invisible character would break out of an SVG."""
    drawing = page.split('<figure class="kinship">')[1].split("</svg>")[0]
    assert "<span" not in drawing
    assert "&lt;script&gt;" in drawing
    assert "⟨U+" in drawing
