"""A web to scrape, and a short way to scrape it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from datakit.scrape import Plan, Site, Summary, scrape
from datakit.scrape.ledger import read_lines
from tests.scrape.web import Web, running

HOSTS = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
CONTACT = "itihas@example.org"

Scrape = Callable[..., Summary]


@pytest.fixture
def web() -> Iterator[Web]:
    """Three hosts that answer 404 until a test says otherwise."""
    with running(Web(), *HOSTS) as served:
        yield served


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return tmp_path / "raw"


@pytest.fixture
def fetch(raw: Path) -> Scrape:
    """Scrape one source into raw/ without pauses and with quick retries."""

    def run(*urls: str, plan: dict[str, Any] | None = None, **site: Any) -> Summary:
        chosen = Site(id="paan", urls=urls, allow_private=True, delay_s=0.0)
        given = Plan(contact=CONTACT, sites=(replace(chosen, **site),), backoff_s=0.01, max_wait_s=3.0)
        return scrape(replace(given, **(plan or {})), raw)

    return run


@pytest.fixture
def lines(raw: Path) -> Callable[..., list[dict[str, Any]]]:
    """Return the ledger's lines of one kind."""

    def read(kind: str = "page") -> list[dict[str, Any]]:
        return [line for line in read_lines(raw / "scraped" / "scrape-ledger.jsonl") if line["kind"] == kind]

    return read
