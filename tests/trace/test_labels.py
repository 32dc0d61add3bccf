"""What a withdrawal means for a model, case by case: the first label that holds, with its counts and its reason."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from datakit.errors import IntegrityError
from datakit.lineage import Manifest, content_root, sha256_text, version_id, write_manifest
from datakit.trace import Folders, Labeller, Model, Places, needed_versions

COLUMNS = {
    "row_id": pl.String, "source_id": pl.String, "raw_sha256": pl.String, "role": pl.String, "reason": pl.String,
    "split": pl.String, "of": pl.String,
}  # fmt: skip
ROWS = {"row_id": pl.String, "split": pl.String, "source_id": pl.String, "used": pl.Boolean}
LINEAGE = [
    ("t-gone", "gone", "train"), ("t-stays", "stays", "train"), ("t-both", "stays", "train"),
    ("v-gone", "gone", "validation"), ("v-both", "stays", "validation"), ("x-gone", "gone", "test"),
]  # fmt: skip
"""Rows by what happens to them where the source `gone` is withdrawn: those called both are in the other source too."""


class Home:
    """Folders of versions, runs and models, written as far as labels look at them."""

    def __init__(self, folder: Path) -> None:
        self.folders = Folders(curated=folder / "curated", runs=folder / "runs", models=folder / "models")
        self.models: list[Model] = []
        for place in (self.folders.curated, self.folders.runs, self.folders.models):
            place.mkdir()

    def version(self, name: str = "d", lines: Collection[tuple[str, str, str]] = tuple(LINEAGE)) -> str:
        """Write a version and return its id; a row called both was merged with one of `gone`."""
        identity: dict[str, Any] = {"name": name, "sources": [], "row_roots": {}}
        key = version_id(identity)
        folder = self.folders.curated / name / key
        folder.mkdir(parents=True)
        made: list[tuple[str | None, ...]] = [
            (row, source, f"raw {row}", "kept", None, split, None) for row, source, split in lines
        ]
        made += [
            (f"copy {row}", "gone", f"raw {row}", "duplicate_of", "exact", None, row)
            for row, _, _ in lines
            if row.endswith("both")
        ]
        frame = pl.DataFrame(made, schema=COLUMNS, orient="row")
        merged = pl.col("role") == "duplicate_of"
        frame.with_columns(pl.when(merged).then("of").otherwise("row_id").alias("row_id")).write_parquet(
            folder / "lineage.parquet"
        )
        write_manifest(folder, Manifest(kind="dataset", id=key, identity=identity))
        return key

    def run(self, version: str | None, used: Collection[str], *, base: str | None = None, rows: bool = True) -> str:
        """Write a run that used some rows, on a base of these weights; returns its id."""
        identity = {
            "dataset": {"id": version} if version else {},
            "base": {"name": "base", "sha256": base} if base else {},
            "used": sorted(used),
        }
        key = version_id(identity)
        folder = self.folders.runs / key[:16]
        folder.mkdir()
        table = [(row, split, source, row in used) for row, source, split in LINEAGE]
        if rows:
            pl.DataFrame(table, schema=ROWS, orient="row").write_parquet(folder / "rows.parquet")
        write_manifest(folder, Manifest(kind="run", id=key, identity=identity))
        return key

    def model(self, run: str | None, version: str | None = None, *, name: str = "m") -> str:
        """Write an export's manifest and return the root that a run records of this base."""
        folder = self.folders.models / name
        folder.mkdir()
        (folder / f"{name}.gguf").write_bytes(name.encode())
        digest = sha256_text(name)
        identity = {"run": run, "dataset": version, "name": name}
        files = {f"{name}.gguf": {"sha256": digest, "bytes": len(name)}}
        write_manifest(folder, Manifest(kind="gguf", id=version_id(identity), identity=identity, files=files))
        return content_root([digest])

    def labels(self, gone: Collection[str] = ("gone",)) -> dict[str, tuple[str, str]]:
        """Label everything: by kind and folder, the label and why."""
        return {
            f"{one.kind} {one.path.name}": (one.label, one.why) for one in Labeller(Places(self.folders), gone).all()
        }

    def label_of_run(self, run: str) -> tuple[str, int, int, int, str]:
        """Label, counts of lost trained, lost measured and shared rows, and the reason of one run."""
        places = Places(self.folders)
        one = Labeller(places, ("gone",)).run(places.runs[run])
        return one.label, one.trained, one.measured, one.shared, one.why


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Empty folders."""
    return Home(tmp_path)


@pytest.mark.parametrize(
    ("used", "wanted"),
    [
        (["t-gone", "t-stays"], ("must_retrain", 1, 2, 0, "1 of the 2 rows it was trained on are lost")),
        (["t-gone", "t-both", "v-both"], ("must_retrain", 1, 2, 2, "1 of the 2 rows it was trained on are lost")),
        (["t-stays", "v-gone"], ("metrics_only", 0, 2, 0, "2 rows of validation and test are lost, none of training")),
        (["t-both"], ("metrics_only", 0, 2, 1, "2 rows of validation and test are lost, none of training")),
    ],
)
def test_a_run_has_the_worst_label_that_holds(used: list[str], wanted: tuple[Any, ...], home: Home) -> None:
    """Lost rows of training go before lost rows that were measured on, which count for the whole of the version."""
    assert home.label_of_run(home.run(home.version(), used)) == wanted


@pytest.mark.parametrize(
    ("used", "wanted"),
    [
        (["t-both", "t-stays", "v-both"], ("re_attribute", 0, 0, 2, "2 of its rows stand in a permitted source too")),
        (["t-stays"], ("clean", 0, 0, 0, "nothing of the source is in it")),
        ([], ("clean", 0, 0, 0, "nothing of the source is in it")),
    ],
)
def test_a_version_without_lost_rows_to_measure_on(used: list[str], wanted: tuple[Any, ...], home: Home) -> None:
    """Shared rows ask for another name only where they were used; else nothing of the source is in the run."""
    lines = [line for line in LINEAGE if not line[0].startswith(("v-gone", "x-gone", "t-gone"))]
    assert home.label_of_run(home.run(home.version(lines=lines), used)) == wanted


def test_a_model_has_the_label_of_its_run(home: Home) -> None:
    """Through its run a model says the same with the same counts, and names that run."""
    run = home.run(home.version(), ["t-gone", "t-both"])
    home.model(run)
    places = Places(home.folders)
    first, second = Labeller(places, ("gone",)).all()
    assert (first.kind, second.kind) == ("run", "gguf")
    assert (second.id, second.label, second.why) == (run, first.label, first.why)
    assert (second.trained, second.measured, second.shared) == (1, 2, 1)


def test_a_model_whose_run_is_gone_trained_on_all_of_its_version(home: Home) -> None:
    """Without the run every training row counts, without the version nothing is known, without names it is clean."""
    home.model("f" * 64, home.version(), name="a")
    home.model("e" * 64, "d" * 64, name="b")
    home.model("e" * 64, None, name="c")
    home.model(None, None, name="d")
    assert home.labels() == {
        "gguf a.gguf": ("must_retrain", "1 of the 3 rows it was trained on are lost"),
        "gguf b.gguf": ("unknown", f"its version {'d' * 16} is not there"),
        "gguf c.gguf": ("unknown", f"its run {'e' * 16} is not there"),
        "gguf d.gguf": ("clean", "it names no dataset and no run"),
    }


def test_what_stands_on_such_a_model_inherits(home: Home) -> None:
    """A run on a model that must be trained again inherits, over generations; its own lost rows go before that."""
    version = home.version()
    clean = home.version("other", [("t-stays", "stays", "train")])
    first = home.run(version, ["t-gone"])
    second = home.run(clean, ["t-stays"], base=home.model(first, name="one"))
    third = home.run(clean, [], base=home.model(second, name="two"))
    worse = home.run(version, ["t-gone"], base=home.model(third, name="three"))
    reason = "1 of the 1 rows it was trained on are lost"
    assert home.label_of_run(second)[0::4] == ("inherits", f"its base one.gguf: {reason}")
    assert home.label_of_run(third)[0::4] == ("inherits", f"its base two.gguf: its base one.gguf: {reason}")
    assert home.label_of_run(worse)[0] == "must_retrain"


def test_a_base_that_nobody_knows_makes_unknown(home: Home) -> None:
    """What stands on an unknown model is unknown too, rather than clean or only measured wrongly."""
    base = home.model("e" * 64, "d" * 64, name="b")
    assert home.label_of_run(home.run(home.version(), ["t-stays"], base=base))[0::4] == (
        "unknown",
        f"its base b.gguf: its version {'d' * 16} is not there",
    )


def test_a_base_from_elsewhere_is_nobody_s(home: Home) -> None:
    """A base that is none of our models says nothing about the run."""
    clean = home.version("other", [("t-stays", "stays", "train")])
    assert home.label_of_run(home.run(clean, ["t-stays"], base="c" * 64))[0] == "clean"


def test_a_run_without_its_version_is_judged_by_its_own_rows(home: Home) -> None:
    """Its list names the source of each row: training rows of it convict; else nobody can tell what it shared."""
    bad = home.run("d" * 64, ["t-gone", "t-stays", "v-gone"])
    unsure = home.run("d" * 64, ["t-stays", "v-gone"])
    nameless = home.run(None, ["t-stays"])
    assert home.label_of_run(bad) == (
        "must_retrain", 1, 0, 0, "1 of its rows name the source, and its version is not there to tell of another",
    )  # fmt: skip
    assert home.label_of_run(unsure)[0::4] == ("unknown", f"its version {'d' * 16} is not there")
    assert home.label_of_run(nameless)[0::4] == ("unknown", "its version None is not there")


def test_rows_that_cannot_be_read_are_unknown(home: Home) -> None:
    """A run without its list, or a version whose lineage is torn, is unknown with what could not be read."""
    version = home.version()
    lost = home.run(version, ["t-stays"], rows=False)
    torn = home.run(version, ["t-stays", "t-both"])
    assert home.label_of_run(lost)[0] == "unknown"
    assert "rows.parquet cannot be read (" in home.label_of_run(lost)[4]
    (home.folders.curated / "d" / version / "lineage.parquet").write_bytes(b"PAR1")
    places = Places(home.folders)
    assert Labeller(places, ("gone",)).run(places.runs[torn]).label == "unknown"
    assert [problem.startswith(f"{version}: its lineage cannot be read (") for problem in places.problems] == [True]


def test_records_made_from_the_source_count_as_its_own(home: Home) -> None:
    """A record that is known to be made from the source is lost with it, though another source's name stands on it."""
    run = home.run(home.version(), ["t-stays"])
    places = Places(home.folders)
    found = Labeller(places, (), {("stays", "raw t-stays")}).run(places.runs[run])
    assert (found.label, found.trained) == ("must_retrain", 1)


def test_nothing_withdrawn_leaves_everything_clean(home: Home) -> None:
    """Without a source every run and every model is clean."""
    home.model(home.run(home.version(), ["t-gone", "t-both", "v-gone"]))
    assert {label for label, _ in home.labels(gone=()).values()} == {"clean"}


def test_what_runs_and_models_need(home: Home) -> None:
    """Versions that a run or a model names, and every id in the notes of a run that is still in training."""
    one, two, three, four = ("1" * 64, "2" * 64, "3" * 64, "4" * 64)
    home.run(one, [])
    home.model(None, two)
    begun = home.folders.runs / "begun"
    (begun / "deep").mkdir(parents=True)
    (begun / "begun.json").write_text(f'{{"version": "{three}", "short": "abc"}}')
    (begun / "deep" / "recipe.toml").write_text(f'id = "{four}"')
    (begun / "log.txt").write_text("5" * 64)
    (begun / "weights.json").write_text("6" * 64 + " " * (1 << 20))
    assert needed_versions(Places(home.folders)) == {one, two, three, four}


def test_what_cannot_be_read_stops_a_collection(home: Home) -> None:
    """Where a run or a model is damaged nobody knows what it needs: every one is listed, and nothing is guessed."""
    home.run("1" * 64, [])
    (home.folders.runs / "bad").mkdir()
    (home.folders.runs / "bad" / "manifest.json").write_text("{")
    (home.folders.models / "bare.gguf").write_bytes(b"no")
    with pytest.raises(IntegrityError) as caught:
        needed_versions(Places(home.folders))
    first, *listed = str(caught.value).splitlines()
    assert first == "what these need is not known, so nothing can be taken away; mend them or move them away:"
    assert len(listed) == 2
    assert "manifest" in listed[0]
    assert "bare.gguf" in listed[1]
    assert (
        needed_versions(Places(Folders(curated=home.folders.curated, runs=Path("none"), models=Path("none")))) == set()
    )
