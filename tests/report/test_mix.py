"""Sources, licences, periods, topics, languages."""

import json
from pathlib import Path

from datakit.report.mix import SHOWN, Share, facets, languages, licences, sources
from tests.report.made import kept, rejected, release, row_id


def test_read_is_kept_merged_and_rejected(tmp_path: Path) -> None:
    """The columns of a source add up, and the source that gave most rows comes first."""
    rows = [
        kept("क", source_id="वही", licence=None),
        rejected("ख", "near_duplicate", "near_dedup", of=row_id("क"), source_id="वही"),
        rejected("ग", "empty_answer", source_id="वही"),
        kept("घ", source_id="ग्रंथ"),
        kept("च", source_id="ग्रंथ"),
    ]
    found = sources(release(tmp_path, rows))
    assert [(one.id, one.read, one.kept, one.merged, one.rejected) for one in found] == [
        ("ग्रंथ", 2, 2, 0, 0),
        ("वही", 3, 1, 1, 1),
    ]
    assert all(one.read == one.kept + one.merged + one.rejected for one in found)


def test_licences_count_kept_rows_only(tmp_path: Path) -> None:
    """A licence that no kept row stands under is no part of the mix; the empty name is for rows without one."""
    rows = [
        kept("क"),
        kept("ख"),
        rejected("ग", "empty_answer", source_id="दुसरा", licence="CC0-1.0"),
        kept("घ", source_id="तिसरा", licence=None),
    ]
    assert licences(sources(release(tmp_path, rows))) == [Share(name="CC-BY-4.0", rows=2), Share(name="", rows=1)]


def test_periods_and_topics_by_any_of_their_names(tmp_path: Path) -> None:
    """`period` and कालखंड are one facet; columns that are neither period nor topic are none."""
    metas = [
        {"period": "शिवकाळ", "topic": "किल्ले"},
        {"कालखंड": "शिवकाळ", "प्रकार": "तथ्य"},
        {"कालखंड": " उत्तर पेशवाई ", "विषय": "किल्ले"},
        {"क्र.": "12"},
    ]
    rows = [kept(f"प्रश्न {n}", meta=json.dumps(meta, ensure_ascii=False)) for n, meta in enumerate(metas)]
    periods, topics = facets(release(tmp_path, [*rows, kept("विना")]))
    assert periods.name == "Periods"
    assert [(share.name, share.rows) for share in periods.shares] == [("शिवकाळ", 2), ("उत्तर पेशवाई", 1)]
    assert periods.without == 2
    assert [(share.name, share.rows) for share in topics.shares] == [("किल्ले", 2)]
    assert topics.without == 3


def test_names_of_columns_may_be_escaped(tmp_path: Path) -> None:
    """Letters written as escapes declare as much; a value that only mentions a name declares none."""
    metas = [json.dumps({"कालखंड": "शिवकाळ"}), '{"\\u0070eriod": "शिवकाळ"}', '{"note": "period"}', "NaN", "[]"]
    rows = [kept(f"प्रश्न {n}", meta=meta) for n, meta in enumerate(metas)]
    (periods,) = facets(release(tmp_path, rows))
    assert [(share.name, share.rows) for share in periods.shares] == [("शिवकाळ", 2)]
    assert periods.without == 3


def test_many_values_are_counted_together(tmp_path: Path) -> None:
    """Beyond the first twenty, values are a number, and no row gets lost."""
    rows = [kept(f"प्रश्न {n}", meta=json.dumps({"topic": f"विषय {n % 25:02}"})) for n in range(60)]
    (topics,) = facets(release(tmp_path, rows))
    assert (len(topics.shares), topics.others) == (SHOWN, 5)
    assert sum(share.rows for share in topics.shares) + topics.other_rows + topics.without == 60


def test_strange_meta_is_no_crash(tmp_path: Path) -> None:
    """What is no JSON object, or holds no text where a period belongs, declares nothing."""
    metas = ["NaN", "[]", '{"period": ["शिवकाळ"]}', '{"period": null}', '{"period": 1674}', "{", '{"period": ""}']
    (periods,) = facets(release(tmp_path, [kept(f"प्रश्न {n}", meta=meta) for n, meta in enumerate(metas)]))
    assert [(share.name, share.rows) for share in periods.shares] == [("1674", 1)]
    assert periods.without == len(metas) - 1


def test_languages_of_kept_rows(tmp_path: Path) -> None:
    """Kept rows by language; none where no stage looked."""
    assert languages(release(tmp_path / "none", [kept("क"), rejected("ख", "empty_answer", lang="hin")])) == []
    spoken = release(tmp_path / "two", [kept("क", lang="mar"), kept("ख", lang="mar-Latn"), kept("ग", lang="mar")])
    assert languages(spoken) == [Share(name="mar", rows=2), Share(name="mar-Latn", rows=1)]


def test_no_facet_where_no_source_declares_one(tmp_path: Path) -> None:
    """Without `meta` there is neither period nor topic."""
    assert facets(release(tmp_path, [kept("क")])) == []
