"""Measure `datakit scrape` on a site of this machine's loopback: CPU, memory and requests, with peers beside it.

    python -m benchmarks.scrape [--pages 2000 10000] [--scrapy PYTHON]

The site has one host; each page links eight others, holds some 2 KB of Marathi text and an ETag; one in a hundred is
forbidden by robots.txt. No pauses between requests, one request at a time. `wget -r` and, where an interpreter with it
is named, Scrapy crawl the same site. CPU seconds are those of the crawler alone; the server is another process.
"""

import argparse
import asyncio
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Final

from benchmarks.process import watch

OUT: Final = Path(__file__).parent / "results" / "scrape.json"
PARAGRAPH: Final = "<p>" + "शिवाजी महाराजांच्या काळातील किल्ल्यांची माहिती. " * 14 + "</p>"
CAST: Final = "max_pages = {pages}\ndepth = 60\ndelay_s = 0\nallow_private = true\n"

SPIDER: Final = """
import scrapy
class Site(scrapy.Spider):
    name = "site"
    start_urls = ["{start}"]
    custom_settings = {"ROBOTSTXT_OBEY": True, "CONCURRENT_REQUESTS_PER_DOMAIN": 1, "LOG_LEVEL": "ERROR",
                       "DOWNLOAD_DELAY": 0, "TELNETCONSOLE_ENABLED": False}
    def parse(self, response):
        (open("{folder}/" + response.url.rpartition("/")[2] + ".html", "wb")).write(response.body)
        yield from response.follow_all(css="a")
"""


def answer(target: str, head: str, pages: int) -> bytes:
    """Return the whole answer to one request."""
    if target == "/robots.txt":
        body, extra = b"User-agent: *\nDisallow: /*50$\n", "Content-Type: text/plain\r\n"
    else:
        number = int(target.rpartition("/")[2])
        tag = f'"{number}"'
        if tag in head:
            return f"HTTP/1.1 304 Not Modified\r\nETag: {tag}\r\n\r\n".encode()
        links = " ".join(f'<a href="/p/{(number * 7 + step) % pages}">{step}</a>' for step in range(8))
        body = f"<!doctype html><html><body><h1>पान {number}</h1>{links}{PARAGRAPH}</body></html>".encode()
        extra = f"Content-Type: text/html; charset=utf-8\r\nETag: {tag}\r\n"
    return f"HTTP/1.1 200 OK\r\n{extra}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def serve(pages: int) -> None:
    """Serve until stdin closes; then print how often each path was asked."""
    asked: Counter[str] = Counter()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
                target = head.split(" ", 2)[1]
                asked[target] += 1
                writer.write(answer(target, head, pages))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    print(json.dumps(asked))


def measure(name: str, command: list[str], pages: int, *, again: bool = False) -> dict[str, object]:
    """Run one crawler on a fresh site and say what it took; `{start}` in the command is the first page's URL."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.scrape", "--serve", str(pages)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        start = f"http://127.0.0.1:{port}/p/1"
        with tempfile.TemporaryDirectory() as folder:
            places = {"{start}": start, "{folder}": folder, "{prefix}": f"http://127.0.0.1:{port}/p/"}
            for path, text in files_of(name, pages).items():
                (Path(folder) / path).write_text(fill(text, places), encoding="utf-8")
            filled = [fill(part, places) for part in command]
            run = watch(filled)
            second = watch(filled) if again else None
        out, _ = server.communicate("")
    asked = Counter(json.loads(out.splitlines()[-1]))
    asked.pop("/robots.txt", None)
    forbidden = sum(count for path, count in asked.items() if path.endswith("50"))
    found: dict[str, object] = {
        "pages": len(asked), "forbidden_asked": forbidden, "returncode": run.returncode,
        "cpu_s": round(run.cpu_s, 2), "cpu_ms_per_page": round(1000 * run.cpu_s / max(1, len(asked)), 2),
        "peak_rss_mb": round(run.peak_rss_mb, 1),
    }  # fmt: skip
    if second is None:
        found["asked_twice"] = sum(count - 1 for count in asked.values())
    else:
        found["second_run_cpu_s"] = round(second.cpu_s, 2)
    print(f"{pages:>6} {name}: {found}", flush=True)
    return found


def files_of(name: str, pages: int) -> dict[str, str]:
    """Return the files that a crawler reads its task from."""
    if name.startswith("datakit"):
        return {
            "plan.toml": '[scrape]\ncontact = "a@example.org"\n[[source]]\nid = "site"\ntitle = "x"\n[source.scrape]\n'
            'urls = ["{start}"]\nprefixes = ["{prefix}"]\n' + CAST.format(pages=pages)
        }
    return {"spider.py": SPIDER} if "Scrapy" in name else {}


def fill(text: str, places: dict[str, str]) -> str:
    """Put the places of one run into a text."""
    return re.sub("|".join(re.escape(key) for key in places), lambda match: places[match[0]], text)


def main() -> None:
    """Run every crawler on every size and write the figures."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--pages", type=int, nargs="+", default=[2_000, 10_000])
    options.add_argument("--scrapy", help="a Python interpreter that has Scrapy")
    options.add_argument("--scrapy-most", type=int, default=2_000, help="ask Scrapy for no more pages than this")
    options.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.serve:
        asyncio.run(serve(given.serve))
        return
    ours = [
        sys.executable,
        "-m",
        "datakit",
        "scrape",
        "--sources",
        "{folder}/plan.toml",
        "--into",
        "{folder}/raw",
        "--json",
    ]
    crawlers = {"datakit scrape": ours}
    versions = {name: version(name) for name in ("httpx", "httpcore", "protego", "lxml")}
    if (wget := shutil.which("wget")) is not None:
        crawlers["wget -r"] = [wget, "-q", "-r", "-l", "inf", "-P", "{folder}", "{start}"]
        versions["wget"] = subprocess.run([wget, "-V"], capture_output=True, text=True, check=True).stdout.split()[2]
    if given.scrapy:
        crawlers["Scrapy"] = [given.scrapy, "-m", "scrapy", "runspider", "{folder}/spider.py"]
        code = "import scrapy; print(scrapy.__version__)"
        versions["scrapy"] = subprocess.run(
            [given.scrapy, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
    results = {
        str(pages): {
            name: measure(name, command, pages)
            for name, command in crawlers.items()
            if name != "Scrapy" or pages <= given.scrapy_most
        }
        for pages in given.pages
    }
    least = min(given.pages)
    results[str(least)]["datakit scrape, run twice"] = measure("datakit scrape, run twice", ours, least, again=True)
    shown = "python -m benchmarks.scrape --pages " + " ".join(map(str, given.pages))
    command = shown + (f" --scrapy PYTHON --scrapy-most {given.scrapy_most}" if given.scrapy else "")
    found = {"command": command, "versions": versions, "results": results}
    OUT.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
