"""How long a reviewer waits: from the key to the next card on the screen, and from the command to the first page.

    python -m benchmarks.review VERSION RAW --curated CURATED

VERSION is reviewed in headless Chromium (Debian's, driven by Playwright); decisions go to a copy, not to CURATED. The
time of a key runs in the page, from the key event to the frame after the new card was drawn. The floor beside it is
what the same browser takes to fetch a static file from the same server and draw one frame.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version as package_version
from pathlib import Path

KEYS = 60
MEASURE = """
new Promise(done => {
  const card = document.querySelector('#card [name=at]').value;
  const began = performance.now();
  const look = () => {
    const now = document.querySelector('#card [name=at]');
    if (now && now.value !== card) requestAnimationFrame(() => done(performance.now() - began));
    else setTimeout(look, 0);
  };
  document.body.dispatchEvent(new KeyboardEvent('keydown', { key: KEY, bubbles: true }));
  look();
})
"""
FLOOR = """
new Promise(done => {
  const began = performance.now();
  fetch('/static/icon.svg', { cache: 'no-store' }).then(got => got.text()).then(
    () => requestAnimationFrame(() => done(performance.now() - began)));
})
"""


def main() -> None:
    """Measure and write benchmarks/results/review.json."""
    from playwright.sync_api import sync_playwright

    from datakit.store import find

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("version")
    parser.add_argument("raw", type=Path)
    parser.add_argument("--curated", type=Path, default=Path("curated"))
    given = parser.parse_args()
    found = find(given.curated, given.version)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / found.name
        shutil.copytree(found.path, home / found.id)
        (home / "latest").symlink_to(found.id)
        command = [sys.executable, "-m", "datakit", "review", "latest", "--curated", folder, "--raw", str(given.raw)]
        began = time.perf_counter()
        server = subprocess.Popen([*command, "--no-open"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            ready = time.perf_counter() - began
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                page.goto(address)
                page.goto(address.partition("?")[0] + "?at=0")
                page.wait_for_timeout(500)
                floor = [page.evaluate(FLOOR) for _ in range(KEYS)]
                walked = [page.evaluate(MEASURE.replace("KEY", "'j'")) for _ in range(min(KEYS, 40))]
                page.goto(address.partition("?")[0] + "?at=0")
                page.wait_for_timeout(500)
                decided = [page.evaluate(MEASURE.replace("KEY", "'r'")) for _ in range(min(KEYS, 40))]
                browser_version = browser.version
                browser.close()
        finally:
            server.terminate()
            server.communicate()
    result = {
        "command": "python -m benchmarks.review VERSION RAW --curated CURATED",
        "rows": sum(json.loads((found.path / "manifest.json").read_text())["counts"]["splits"].values()),
        "versions": {name: package_version(name) for name in ("starlette", "uvicorn", "jinja2", "playwright")}
        | {"chromium": browser_version, "htmx": "2.0.11", "python": sys.version.split()[0]},
        "seconds_to_the_address": round(ready, 2),
        "milliseconds": {
            "floor: a static file and one frame": _spread(floor),
            "next card (j)": _spread(walked),
            "decision written, synced, next card (r)": _spread(decided),
        },
    }
    text = json.dumps(result, ensure_ascii=False, indent=2) + "\n"
    (Path(__file__).parent / "results" / "review.json").write_text(text, encoding="utf-8")
    print(text)


def _spread(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {
        "median": round(statistics.median(ordered), 1),
        "p90": round(ordered[int(len(ordered) * 0.9)], 1),
        "worst": round(ordered[-1], 1),
        "times": len(ordered),
    }


if __name__ == "__main__":
    main()
