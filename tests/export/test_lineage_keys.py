"""The keys in a file that say where it comes from."""

from datakit.lineage import sha256_text
from tests.export.lineage import DATASET, RUN, manifest, subject


def test_the_keys_in_the_file_say_where_it_comes_from() -> None:
    """A run's keys name version, rows, run and the recipe's hash; a bare model's name the base alone."""
    whole, bare = subject().keys(), subject(run=None).keys()
    assert whole == bare | {
        "general.dataset.count": 1,
        "general.dataset.0.name": "मराठा-इतिहास",
        "general.dataset.0.version": DATASET.id,
        "general.dataset.0.description": "1234 rows of this version's train split were learned from",
        "aurora.version_id": DATASET.id,
        "aurora.dataset_name": "मराठा-इतिहास",
        "aurora.row_root": "d" * 64,
        "aurora.run_id": RUN.id,
        "aurora.recipe": sha256_text('{"a":1}'),
    }
    assert bare == {
        "general.name": "मराठा", "general.base_model.count": 1, "general.base_model.0.name": 'Smol "LM" 2',
        "aurora.format": 1, "aurora.base_sha256": "b" * 64,
    }  # fmt: skip
    assert "aurora.recipe" not in subject(dataset=None).keys()  # noqa: SIM118 - `keys` is its own method


def test_what_tells_exports_apart() -> None:
    """A run's id, else the base's hash, begins the folder's name; the dataset's id is the run's before all."""
    assert (subject().short, subject(run=None).short) == (RUN.id[:8], "b" * 8)
    assert subject().dataset_id == DATASET.id
    assert subject(run=None).dataset_id == DATASET.id
    assert subject(run=None, dataset=None).dataset_id is None
    other = manifest("dataset", {"name": "दुसरा"})
    assert subject(dataset=other).dataset_id == DATASET.id
