"""Ten thousand pages: each once, nothing forbidden, in bounded memory, killed and resumed."""

import hashlib
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.process import tree
from datakit.scrape.ledger import read_lines
from tests.scrape.web import Asked, Reply, Web, html, running

PAGES = 10_000
HOSTS = ("127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4")
PARAGRAPH = "<p>" + "शिवाजी महाराजांच्या काळातील किल्ल्यांची माहिती. " * 12 + "</p>"
PEAK_MB = 150
"""Resident memory at the peak; 200 pages take some 75 MB, nearly all of it Python and its libraries."""


def serve(web: Web) -> None:
    """2,500 pages a host, one in a hundred forbidden, each linking eight others, forbidden ones too."""
    share = PAGES // len(HOSTS)

    def page(asked: Asked) -> Reply:
        if asked.target == "/robots.txt":
            return Reply(b"User-agent: *\nDisallow: /*50$\n", headers={"Content-Type": "text/plain"})
        number = int(asked.target.rpartition("/")[2])
        links = " ".join(f'<a href="/p/{(number * 7 + step) % share}">{step}</a>' for step in range(8))
        return html(f"<h1>पान {number} {asked.host}</h1>{links}{PARAGRAPH}", ETag=f'"{number}"')

    for host in HOSTS:
        web.every(page, host)


def declare(web: Web, folder: Path) -> Path:
    tables = []
    for number, host in enumerate(HOSTS):
        prefix = json.dumps([web.url("/p/", host)])
        urls = json.dumps([web.url(f"/p/{page}", host) for page in range(0, PAGES // len(HOSTS), 5)])
        tables.append(
            f'[[source]]\nid = "paan-{number}"\ntitle = "x"\nlicence = "CC0-1.0"\n[source.scrape]\nurls = {urls}\n'
            f"prefixes = {prefix}\ndepth = 30\nmax_pages = {PAGES}\ndelay_s = 0\nallow_private = true\n"
        )
    path = folder / "plan.toml"
    path.write_text('[scrape]\ncontact = "a@example.org"\n' + "".join(tables), encoding="utf-8")
    return path


def peak_mb(process: subprocess.Popen[str]) -> float:
    """Return the most memory that the kernel saw a running process use."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


@pytest.mark.slow
def test_ten_thousand_pages(tmp_path: Path) -> None:
    """Every allowed page is asked exactly once over four hosts, killed half-way and resumed; memory stays bounded."""
    with running(Web(), *HOSTS) as web:
        serve(web)
        raw = tmp_path / "raw"
        plan = declare(web, tmp_path)
        command = [sys.executable, "-m", "datakit", "scrape", "--sources", str(plan), "--into", str(raw), "--json"]
        first = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
        deadline = time.monotonic() + 300  # a shared machine
        while sum(1 for asked in web.asked) < PAGES // 2 and time.monotonic() < deadline:
            assert first.poll() is None, first.communicate()[1]
            time.sleep(0.05)
        peak = max(peak_mb(first), 0.0)
        assert tree(first.pid) == [first.pid]
        first.send_signal(signal.SIGKILL)
        first.communicate()
        second = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
        while second.poll() is None:
            try:
                peak = max(peak, peak_mb(second))
            except (OSError, IndexError):
                break  # it ended between the two looks
            time.sleep(0.05)
        out, errors = second.communicate()
    assert second.returncode == 0, errors
    told = json.loads(out)
    forbidden = sum(1 for number in range(PAGES // len(HOSTS)) if str(number).endswith("50")) * len(HOSTS)
    assert (told["resumed"], told["pages"]) == (True, PAGES - forbidden)
    assert {counts["disallowed"] for counts in told["outcomes"].values()} == {forbidden // len(HOSTS)}

    asked = Counter((one.host, one.target) for one in web.asked if one.target != "/robots.txt")
    assert not [target for _, target in asked if target.endswith("50")]
    assert len(asked) == PAGES - forbidden
    assert sum(count - 1 for count in asked.values()) <= len(HOSTS)  # under way when the kill came

    lines = [line for line in read_lines(raw / "scraped" / "scrape-ledger.jsonl") if line["kind"] == "page"]
    assert len(lines) == PAGES == len({(line["source"], line["url"]) for line in lines})
    for line in lines[::97]:
        if line["outcome"] == "stored":
            assert hashlib.sha256((raw / line["file"]).read_bytes()).hexdigest() == line["sha256"]
    assert peak < PEAK_MB, f"{peak:.0f} MB"
