"""Stopped and started again: nothing lost, nothing repeated, the same ledger."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from datakit.errors import UsageError
from datakit.scrape import read_plan, scrape
from datakit.scrape.ledger import CLOCK, read_lines
from datakit.scrape.shelf import Shelf
from tests.scrape.conftest import Scrape
from tests.scrape.web import Asked, Reply, Web, html

Lines = Callable[..., list[dict[str, Any]]]
PAGES = 150


def site(web: Web) -> None:
    """Three hosts of linked pages, some of them gone, forbidden or moved."""

    def page(asked: Asked) -> Reply:
        if asked.target == "/robots.txt":
            return Reply(b"User-agent: *\nDisallow: /p/13\n", headers={"Content-Type": "text/plain"})
        number = int(asked.target.rpartition("/")[2])
        if number % 17 == 5:
            return Reply(status=404)
        if number % 19 == 7:
            return Reply(status=302, headers={"Location": f"/p/{(number * 3) % PAGES}"})
        links = [f"/p/{(number * factor + step) % PAGES}" for factor in (2, 3) for step in (1, 2, 5)]
        return html(" ".join(f'<a href="{link}">{link}</a>' for link in links) + f"<p>पान {number} {asked.host}</p>")

    for host in ("127.0.0.1", "127.0.0.2", "127.0.0.3"):
        web.every(page, host)


def declared(web: Web, folder: Path) -> Path:
    urls = [web.url("/p/1", host) for host in ("127.0.0.1", "127.0.0.2", "127.0.0.3")]
    prefixes = [web.url("/p/", host) for host in ("127.0.0.1", "127.0.0.2", "127.0.0.3")]
    path = folder / "plan.toml"
    path.write_text(
        f'[scrape]\ncontact = "a@example.org"\n[[source]]\nid = "paan"\ntitle = "x"\n[source.scrape]\n'
        f"urls = {json.dumps(urls)}\n"
        f"prefixes = {json.dumps(prefixes)}\ndepth = 9\nmax_pages = 300\ndelay_s = 0\nallow_private = true\n",
        encoding="utf-8",
    )
    return path


def content(raw: Path, *, ordered: bool = False) -> list[str]:
    """Return the ledger's lines without the clock; the hosts' lines interleave as the network will."""
    lines = [
        json.dumps({key: value for key, value in line.items() if key not in CLOCK}, sort_keys=True)
        for line in read_lines(raw / "scraped" / "scrape-ledger.jsonl")
    ]
    return lines if ordered else sorted(lines)


def files(raw: Path) -> list[str]:
    return sorted(path.relative_to(raw).as_posix() for path in (raw / "scraped" / "paan").rglob("*"))


def killed_at(command: list[str], ledger: Path, lines: int) -> None:
    """Start a command and kill it as soon as the ledger has so many lines."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if ledger.exists() and ledger.read_bytes().count(b"\n") >= lines:
            break
        time.sleep(0.002)
    process.kill()
    process.communicate()


@pytest.mark.slow
def test_kill_and_resume_end_with_the_same_ledger(web: Web, tmp_path: Path) -> None:
    """Killed with -9 again and again, the run ends with the ledger of a run that nobody disturbed."""
    site(web)
    plan = declared(web, tmp_path)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    scrape(read_plan(plan), whole)
    asked_whole = web.counts()
    assert set(asked_whole.values()) <= {1, 2, 3}  # one path on three hosts
    assert all(count == 1 for count in Counter((one.host, one.target) for one in web.asked).values())
    web.asked.clear()
    command = [sys.executable, "-m", "datakit", "scrape", "--sources", str(plan), "--into", str(broken), "--json"]
    chance, kills = random.Random(5), 0
    while kills < 8:
        ledger = broken / "scraped" / "scrape-ledger.jsonl"
        before = ledger.read_bytes().count(b"\n") if ledger.exists() else 0
        killed_at(command, ledger, before + chance.randint(1, 40))
        kills += 1
    done = subprocess.run(command, capture_output=True, check=True, encoding="utf-8")
    assert json.loads(done.stdout)["resumed"]
    assert content(broken) == content(whole)
    assert files(broken) == files(whole)
    # only what was under way at a kill may be asked again: one page a host
    again = Counter((one.host, one.target) for one in web.asked if one.target != "/robots.txt")
    assert sum(count - 1 for count in again.values()) <= kills * 3
    assert set(again) == {(one.host, one.target) for one in web.asked if one.target != "/robots.txt"}
    assert not any(target.startswith("/p/13") for _, target in again)


@pytest.mark.parametrize("stop", [0, 1, 7, 40])
def test_a_run_stopped_after_any_line_goes_on(web: Web, tmp_path: Path, stop: int) -> None:
    """From every prefix of a ledger the run ends with the same lines, and asks only for what has none."""
    site(web)
    plan = read_plan(declared(web, tmp_path))
    raw = tmp_path / "raw"
    whole = scrape(plan, raw)
    wanted = content(raw)
    ledger = raw / "scraped" / "scrape-ledger.jsonl"
    ledger.write_bytes(b"".join(ledger.read_bytes().splitlines(keepends=True)[: 2 + stop]))
    lines_left = len(wanted) - 2 - stop
    web.asked.clear()
    resumed = scrape(plan, raw)
    assert resumed.resumed
    assert content(raw) == wanted
    assert resumed.outcomes == whole.outcomes
    assert sum(web.counts().values()) <= lines_left


def test_ctrl_c_keeps_what_is_there(web: Web, tmp_path: Path) -> None:
    """An interrupt ends with 130 and the next step, without a traceback, and the same command goes on."""
    site(web)
    web.page("/p/2", lambda _: time.sleep(0.2) or html("हळू"))  # type: ignore[func-returns-value]
    plan, raw = declared(web, tmp_path), tmp_path / "raw"
    command = [sys.executable, "-m", "datakit", "scrape", "--sources", str(plan), "--into", str(raw)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
    ledger = raw / "scraped" / "scrape-ledger.jsonl"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not (ledger.exists() and ledger.read_bytes().count(b"\n") > 8):
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors
    assert "the same command goes on from there" in errors
    assert "Traceback" not in errors
    before = len(content(raw))
    done = subprocess.run(command, capture_output=True, check=True, encoding="utf-8")
    assert len(content(raw)) > before
    assert "pages" in done.stdout


def test_time_is_up(web: Web, tmp_path: Path, lines: Lines, raw: Path) -> None:
    """A run that its time limit stops is not finished, keeps its pages, and goes on when it is started again."""
    site(web)
    for number in range(PAGES):
        web.page(f"/p/{number}", lambda asked: time.sleep(0.05) or html(f"{asked.target}"))  # type: ignore[func-returns-value]
    plan = read_plan(declared(web, tmp_path))
    first = scrape(plan, raw, max_seconds=0.5)
    assert not first.finished
    assert lines("end") == []
    second = scrape(plan, raw)
    assert (second.finished, second.resumed, second.run) == (True, True, 1)


def test_another_plan_is_another_run(web: Web, fetch: Scrape, raw: Path) -> None:
    """An unfinished run of another plan is not resumed; what it fetched is asked on condition only."""
    urls = [web.page(f"/{n}", html("x", ETag='"1"')) for n in range(3)]
    fetch(*urls)
    ledger = raw / "scraped" / "scrape-ledger.jsonl"
    ledger.write_bytes(b"".join(ledger.read_bytes().splitlines(keepends=True)[:-1]))
    web.asked.clear()
    summary = fetch(*urls[:2])
    assert (summary.resumed, summary.run) == (False, 2)
    assert all(one.headers["if-none-match"] == '"1"' for one in web.asked if one.target != "/robots.txt")


def test_one_at_a_time(raw: Path, web: Web, fetch: Scrape) -> None:
    """A second scrape into the same folder is refused while the first one runs."""
    with Shelf(raw).lock(), pytest.raises(UsageError, match="another scrape writes here"):
        fetch(web.page("/a", "अ"))
    assert not web.asked
    assert os.listdir(raw) == ["scraped"]  # noqa: PTH208 - names are what is compared
