"""Histograms of lengths."""

from pathlib import Path

import pytest

from datakit.report.lengths import EDGES, histograms, labels
from datakit.report.looked import look
from tests.report.made import kept, release


@pytest.mark.parametrize(
    ("length", "place"), [(0, 0), (9, 0), (10, 1), (19, 1), (20, 2), (5119, 9), (5120, 10), (9000, 10)]
)
def test_a_length_falls_into_its_bin(tmp_path: Path, length: int, place: int) -> None:
    """A bin begins at its edge and ends before the next one; the last has no end."""
    (_, answers) = histograms(look(release(tmp_path, [kept("प्रश्न?", "अ" * length)])).seen)
    assert answers.bins == tuple(int(number == place) for number in range(len(EDGES)))


def test_lengths_are_code_points(tmp_path: Path) -> None:
    """मराठी counts five, as the page says."""
    (questions, _) = histograms(look(release(tmp_path, [kept("मराठी")])).seen)
    assert (questions.column, questions.median, questions.longest) == ("question", 5, 5)


def test_bins_add_up_and_quantiles_are_lengths_that_occur(tmp_path: Path) -> None:
    """Every kept row is in one bin of each column, over all splits."""
    rows = [kept("अ" * n, "उ" * (2 * n), split=("train", "test")[n % 2]) for n in range(1, 101)]
    questions, answers = histograms(look(release(tmp_path, rows)).seen)
    assert sum(questions.bins) == sum(answers.bins) == 100
    assert (questions.median, questions.p95, questions.longest) in {(50, 95, 100), (51, 95, 100), (51, 96, 100)}
    assert answers.longest == 200


def test_contexts_are_shown_where_rows_have_them(tmp_path: Path) -> None:
    """A column that no row fills has no histogram; rows without a context are in none of its bins."""
    made = release(tmp_path, [kept("क", context="उतारा"), kept("ख")])
    assert [(one.column, sum(one.bins)) for one in histograms(look(made).seen)] == [
        ("question", 2),
        ("answer", 2),
        ("context", 1),
    ]


def test_labels_name_the_bins() -> None:
    """A label for each bin, without gap or overlap."""
    assert labels()[:3] == ["0–9", "10–19", "20–39"]
    assert labels()[-1] == "5120+"
    assert len(labels()) == len(EDGES)
