"""Measure the main text of web pages: word F1 against gold texts, with four extractors beside ours in one run.

    python -m benchmarks.html_text [FOLDER] [--envs FOLDER] [--browser]

FOLDER holds pages `NAME.html` with `NAME.gold.txt` (default: html/ below AURORA_DATA). Each peer runs in an environment
of its own below --envs, made with pip where it is not there. `--browser` also looks, on every page, for words that our
text has and that Chromium's `innerText` of the same page has not: words merged or split.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import regex

HERE: Final = Path(__file__).parent
OUT: Final = HERE / "results" / "html_text.json"

WORD: Final = regex.compile(r"[\p{L}\p{M}\p{N}\u200c\u200d]+")

READ: Final = "import sys, json; data = {name: open(name, 'rb').read() for name in json.load(sys.stdin)}; found = {}\n"
GIVE: Final = "\nfor name, page in data.items():\n    found[name] = text(page)\njson.dump(found, sys.stdout)"

PEERS: Final = {
    "trafilatura": (
        ["trafilatura", "lxml_html_clean"],
        "import trafilatura\ndef text(page): return trafilatura.extract(page, include_comments=False) or ''",
    ),
    "resiliparse": (
        ["resiliparse", "fastwarc"],
        "from resiliparse.extract.html2text import extract_plain_text\nfrom resiliparse.parse.html import HTMLTree\n"
        "def text(page): return extract_plain_text(HTMLTree.parse(page.decode('utf-8', 'replace')), main_content=True)",
    ),
    "readability-lxml": (
        ["readability-lxml", "lxml", "lxml_html_clean", "cssselect", "chardet"],
        "from readability import Document\nfrom lxml import html\n"
        "def text(page): return html.fromstring(Document(page.decode('utf-8', 'replace')).summary()).text_content()",
    ),
    "justext": (
        ["justext", "lxml", "lxml_html_clean"],
        "import justext\ndef text(page): return '\\n'.join(part.text for part in justext.justext(page, frozenset(),"
        " stopwords_low=0, stopwords_high=0) if not part.is_boilerplate)",
    ),
}


def ours(page: bytes) -> str:
    """Return our main text."""
    from datakit.readers.html_main import main_text
    from datakit.readers.html_text import hide_unseen, parse

    root = parse(page)
    hide_unseen(root)
    return main_text(root).text


def peer(name: str, envs: Path, pages: list[Path]) -> tuple[dict[str, str], str]:
    """Return a peer's texts by page, and its version."""
    packages, script = PEERS[name]
    home = envs / name
    python = home / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        install = [str(python), "-m", "pip", "install", "-q"]
        # Its own list of requirements names one extra twice, which some versions of pip refuse.
        lone = ["--no-deps"] if name == "readability-lxml" else []
        subprocess.run([*install, *lone, *packages], check=True)
    done = subprocess.run(
        [str(python), "-W", "ignore", "-c", READ + script + GIVE],
        input=json.dumps([str(page) for page in pages]),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.stderr.write(done.stderr[-800:])
        return {}, "failed"
    told = subprocess.run(
        [str(python), "-c", f"import importlib.metadata as m; print(m.version({packages[0]!r}))"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout), told.stdout.strip()


def score(text: str, gold: str) -> tuple[float, float, float]:
    """Return word F1, precision and recall."""
    found, wanted = Counter(WORD.findall(text)), Counter(WORD.findall(gold))
    right = (found & wanted).total()
    if not right:
        return 0.0, 0.0, 0.0
    precision, recall = right / found.total(), right / wanted.total()
    return 2 * precision * recall / (precision + recall), precision, recall


def unseen_words(pages: list[Path]) -> dict[str, Any]:
    """Return how many words of our text a browser does not show, and the first of them by page."""
    from playwright.sync_api import sync_playwright

    from datakit.readers.html_text import hide_unseen, parse, text_of

    faults: dict[str, list[str]] = {}
    words = 0
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        context = browser.new_context(java_script_enabled=False, offline=True)
        tab = context.new_page()
        for page in pages:
            root = parse(page.read_bytes())
            hide_unseen(root)
            with tempfile.NamedTemporaryFile("w", suffix=".html", encoding="utf-8") as copy:
                copy.write('<meta charset="utf-8">' + parse_text(page))
                copy.flush()
                tab.goto(f"file://{copy.name}", wait_until="domcontentloaded")
                shown = tab.locator("body").evaluate("body => body.textContent.length ? body.innerText : ''")
            known = set(WORD.findall(shown))
            own = WORD.findall(text_of(root))
            words += len(own)
            if odd := [word for word in own if word not in known]:
                faults[page.name] = odd[:10]
        browser.close()
    return {"words": words, "pages": len(pages), "not shown by the browser": faults}


def parse_text(page: Path) -> str:
    """Return a page's markup without the server's code, which a browser would never get."""
    from datakit.readers.html_text import SERVER_CODE, decode

    return SERVER_CODE.sub("", decode(page.read_bytes()))


def main() -> None:
    """Measure, write the result and print it."""
    data = Path(os.environ.get("AURORA_DATA", HERE.parents[1] / "shared" / "data"))
    options = argparse.ArgumentParser()
    options.add_argument("folder", nargs="?", type=Path, default=data / "html")
    options.add_argument("--envs", type=Path, default=Path(tempfile.gettempdir()) / "html-text-envs")
    options.add_argument("--browser", action="store_true")
    asked = options.parse_args()
    pages = sorted(page for page in asked.folder.glob("*.html") if page.with_suffix(".gold.txt").exists())
    texts = {"datakit": {str(page): ours(page.read_bytes()) for page in pages}}
    versions = {"python": sys.version.split()[0], "trafilatura inside datakit": version("trafilatura")}
    for name in PEERS:
        texts[name], versions[name] = peer(name, asked.envs, pages)
    table: dict[str, dict[str, dict[str, float]]] = defaultdict(dict)
    for site in sorted({page.name.partition("_")[0] for page in pages}):
        for name, found in texts.items():
            scores = [
                score(found.get(str(page), ""), page.with_suffix(".gold.txt").read_text(encoding="utf-8"))
                for page in pages
                if page.name.startswith(site)
            ]
            f1, precision, recall = (sum(column) / len(scores) for column in zip(*scores, strict=True))
            table[f"{site} ({len(scores)})"][name] = {
                "f1": round(f1, 4), "precision": round(precision, 4), "recall": round(recall, 4)
            }  # fmt: skip
    report: dict[str, Any] = {
        "command": "python -m benchmarks.html_text --browser" if asked.browser else "python -m benchmarks.html_text",
        "word_f1": table,
        "versions": versions,
    }
    if asked.browser:
        report["browser"] = unseen_words(sorted(asked.folder.glob("*.html")))
    OUT.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for site, rows in table.items():
        print(site)
        for name, row in rows.items():
            print(f"  {name:18} F1 {row['f1']:.4f}  precision {row['precision']:.4f}  recall {row['recall']:.4f}")
    if asked.browser:
        print(json.dumps(report["browser"], ensure_ascii=False)[:3000])


if __name__ == "__main__":
    main()
