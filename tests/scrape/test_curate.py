"""What was scraped is what `datakit curate` reads, with no step between: origin and licence included."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from datakit.errors import InputError, RecipeError
from datakit.lineage import read_manifest
from datakit.pipeline.curate import curate
from datakit.readers import discover, load_sources
from datakit.readers.scraped import LEDGER, load_origins, with_url
from datakit.recipe import Recipe
from datakit.record import frame
from tests.scrape.conftest import Scrape
from tests.scrape.web import Web, html, redirect

Lines = Callable[..., list[dict[str, Any]]]
CC = "https://creativecommons.org/licenses"


def faq(*pairs: tuple[str, str], licence: str | None = None) -> str:
    body = "".join(f"<details><summary>{question}</summary><p>{answer}</p></details>" for question, answer in pairs)
    return body + (f'<footer><a rel="license" href="{CC}/{licence}/4.0/">CC</a></footer>' if licence else "")


RAIGAD = faq(
    ("शिवाजी महाराजांचा राज्याभिषेक कोठे झाला?", "रायगडावर"), ("राज्याभिषेक कोणत्या वर्षी झाला?", "१६७४ साली"), licence="by-sa"
)
PURANDAR = faq(
    ("पुरंदरचा तह कोणत्या वर्षी झाला?", "१६६५ साली"), ("पुरंदरचा तह कोणाशी झाला?", "मिर्झाराजे जयसिंग यांच्याशी"), licence="by"
)
PANIPAT = faq(("पानिपतची तिसरी लढाई केव्हा झाली?", "१४ जानेवारी १७६१ रोजी"))


def rows_of(curated: Path, recipe: Recipe) -> tuple[pl.DataFrame, dict[str, Any]]:
    (version,) = [
        path.parent for path in curated.glob(f"{recipe.name}/*/manifest.json") if not path.parent.is_symlink()
    ]
    frames = [pl.read_parquet(version / f"{split}.parquet") for split in ("train", "validation", "test")]
    return pl.concat(frames), read_manifest(version).identity


def test_pages_become_rows_with_origin_and_licence(
    web: Web, fetch: Scrape, raw: Path, tmp_path: Path, plain_recipe: Recipe
) -> None:
    """Each row knows the URL that answered, the source it was fetched for and the licence its page states."""
    urls = [web.page("/raigad", RAIGAD), web.page("/purandar", PURANDAR), web.page("/old", redirect("/panipat"))]
    web.page("/panipat", PANIPAT)
    fetch(*urls)
    curate(raw, tmp_path / "curated", recipe=plain_recipe)
    rows, identity = rows_of(tmp_path / "curated", plain_recipe)
    found = {
        (row["question"], row["source_id"], row["licence"], orjson.loads(row["meta"])["url"]) for row in rows.to_dicts()
    }
    assert found == {
        ("शिवाजी महाराजांचा राज्याभिषेक कोठे झाला?", "paan", "CC-BY-SA-4.0", web.url("/raigad")),
        ("राज्याभिषेक कोणत्या वर्षी झाला?", "paan", "CC-BY-SA-4.0", web.url("/raigad")),
        ("पुरंदरचा तह कोणत्या वर्षी झाला?", "paan", "CC-BY-4.0", web.url("/purandar")),
        ("पुरंदरचा तह कोणाशी झाला?", "paan", "CC-BY-4.0", web.url("/purandar")),
        ("पानिपतची तिसरी लढाई केव्हा झाली?", "paan", None, web.url("/panipat")),
    }
    assert all(locator.startswith("body") for locator in rows["locator"])
    # one page without a licence: the source as a whole has none
    assert [(source["id"], source["licence"]) for source in identity["sources"]] == [("paan", None)]


def test_a_source_of_several_licences_is_under_all_of_them(
    web: Web, fetch: Scrape, raw: Path, tmp_path: Path, plain_recipe: Recipe
) -> None:
    """The manifest does not pass one page's licence off as the whole source's."""
    fetch(web.page("/raigad", RAIGAD), web.page("/purandar", PURANDAR))
    curate(raw, tmp_path / "curated", recipe=plain_recipe)
    _, identity = rows_of(tmp_path / "curated", plain_recipe)
    assert identity["sources"][0]["licence"] == "CC-BY-4.0 AND CC-BY-SA-4.0"


def test_a_changed_page_replaces_its_rows(
    web: Web, fetch: Scrape, raw: Path, tmp_path: Path, plain_recipe: Recipe
) -> None:
    """After a second run the rows of the old page are gone from the next version, and only they."""
    urls = [web.page("/raigad", RAIGAD), web.page("/panipat", PANIPAT)]
    fetch(*urls)
    assert {found.format for found in discover(raw)} == {"html"}
    web.page("/panipat", faq(("पानिपतच्या तिसऱ्या लढाईत मराठ्यांचे नेतृत्व कोणी केले?", "सदाशिवराव भाऊ यांनी")))
    fetch(*urls)
    curate(raw, tmp_path / "curated", recipe=plain_recipe)
    rows, _ = rows_of(tmp_path / "curated", plain_recipe)
    assert rows.height == 3
    assert "पानिपतची तिसरी लढाई केव्हा झाली?" not in set(rows["question"])


DECLARED = """
[scrape]
contact = "a@example.org"
[[source]]
id = "paan"
title = "जतन केलेली पाने"
{licence}
priority = 7
[source.scrape]
urls = ["http://example.org/"]
"""


def test_sources_toml_says_the_rest(web: Web, fetch: Scrape, raw: Path) -> None:
    """A declared licence wins over the page's; without one the page's counts; title and priority come along."""
    raw.mkdir()
    (raw / "sources.toml").write_text(DECLARED.format(licence=""), encoding="utf-8")
    assert load_sources(raw).declared[0].files == ("scraped/paan/**",)  # no file yet, and no problem
    fetch(web.page("/raigad", RAIGAD))
    (page,) = discover(raw)
    found = load_sources(raw).of(page.name)
    assert (found.id, found.licence, found.priority, found.page) == ("paan", "CC-BY-SA-4.0", 7, web.url("/raigad"))
    (raw / "sources.toml").write_text(DECLARED.format(licence='licence = "CC0-1.0"'), encoding="utf-8")
    assert load_sources(raw).of(page.name).licence == "CC0-1.0"


def test_a_file_beside_the_scraped_ones_is_not_theirs(web: Web, fetch: Scrape, raw: Path) -> None:
    """Only what the ledger names has an origin; the ledger itself is no input."""
    fetch(web.page("/a", RAIGAD))
    (raw / "scraped" / "paan" / "notes.txt").write_text("प्र. क? उ. ख", encoding="utf-8")
    names = [found.name for found in discover(raw)]
    assert not any(LEDGER in name or "/." in name for name in names)
    sources = load_sources(raw)
    assert sources.of("scraped/paan/notes.txt").page is None
    assert sources.of("scraped/paan/notes.txt").id == "scraped/paan/notes.txt"


def test_a_mistake_in_a_scrape_source_is_still_told(raw: Path) -> None:
    """A pattern that the user wrote and that finds nothing is a problem, with or without a scrape table."""
    raw.mkdir()
    text = DECLARED.format(licence='files = ["pane/*.html"]')
    (raw / "sources.toml").write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError, match=r"'pane/\*\.html' finds no file"):
        load_sources(raw)


def test_the_last_fetch_counts_and_the_first_name(raw: Path) -> None:
    """Of several lines of a URL the last one counts; of several URLs with the same bytes the first by name."""
    line = {"kind": "page", "outcome": "stored", "source": "s", "licence": None, "file": "scraped/s/1.html"}
    lines: list[dict[str, Any]] = [
        {**line, "url": "http://b/", "final_url": "http://b/"},
        {**line, "url": "http://a/", "final_url": "http://a/"},
        {**line, "url": "http://c/", "final_url": "http://c/", "file": "scraped/s/2.html"},
        {**line, "url": "http://c/", "final_url": "http://c/", "file": "scraped/s/3.html", "licence": "CC0-1.0"},
        {**line, "url": "http://d/", "final_url": "http://d/", "outcome": "http_error", "file": None},
        {**line, "url": "http://e/", "final_url": "http://e/", "source": "other"},
        {"kind": "robots", "url": "http://a/robots.txt"},
    ]
    (raw / "scraped").mkdir(parents=True)
    ledger = raw / "scraped" / LEDGER
    ledger.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in lines) + b'{"kind": "page", "url"')
    found = load_origins(raw)
    assert {name: (origin.url, origin.licence) for name, origin in found.items()} == {
        "scraped/s/1.html": ("http://a/", None), "scraped/s/3.html": ("http://c/", "CC0-1.0"),
    }  # fmt: skip
    ledger.write_bytes(b'{"kind": "page", "outcome": "stored"}\n')
    with pytest.raises(InputError, match=r"scrape-ledger\.jsonl, line 1: found no line of a ledger; .* scrape again"):
        load_origins(raw)


def test_the_url_joins_what_a_row_knows_already() -> None:
    """A row's own columns stay beside the URL, NaN among them included; without a URL nothing changes."""
    batch = frame([{"meta": None}, {"meta": '{"year":1674}'}, {"meta": '{"x":NaN}'}])
    assert with_url(batch, None) is batch
    metas = [json.loads(meta) for meta in with_url(batch, "http://a/")["meta"]]
    assert metas == [{"url": "http://a/"}, {"url": "http://a/", "year": 1674}, {"url": "http://a/", "x": None}]


def test_html_of_any_header_is_read(web: Web, fetch: Scrape, raw: Path, tmp_path: Path, plain_recipe: Recipe) -> None:
    """A page whose header names a wrong charset gives the right letters in the version."""
    reply = html(RAIGAD)
    wrong = type(reply)(reply.body, headers={"Content-Type": "text/html; charset=windows-1252"})
    fetch(web.page("/raigad", wrong))
    curate(raw, tmp_path / "curated", recipe=plain_recipe)
    rows, _ = rows_of(tmp_path / "curated", plain_recipe)
    assert "रायगडावर" in set(rows["answer"])
