"""The page in a real browser, where there is one."""

import html
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the path; Debian's package `chromium` has it"),
    pytest.mark.slow,
]

# What the tests ask of the page. It is added to a copy of the page whose policy is taken out: the page runs no script.
QUESTIONS = """
document.querySelectorAll('details').forEach(one => one.open = OPEN);
document.fonts.ready.then(() => {
  const every = [...document.querySelectorAll('body *')];
  const wide = every.filter(one => one.getBoundingClientRect().right > innerWidth + 1);
  parent.postMessage(JSON.stringify({
    width: innerWidth,
    scrolls: document.documentElement.scrollWidth,
    wide: wide.slice(0, 5).map(one => one.outerHTML.slice(0, 200)),
    requests: performance.getEntriesByType('resource').map(one => one.name.slice(0, 30)),
    fonts: [...document.fonts].map(one => one.status),
    marathi: document.fonts.check('16px Aurora', 'मराठी'),
  }), '*');
});
"""
# A window may not be narrower than 500 pixels, a frame may.
FRAME = """<!doctype html><body><script>
addEventListener('message', told => { document.body.dataset.answers = told.data; });
</script><iframe width="WIDTH" height="800" src="FILE"></iframe></body>"""


def visit(page: Path, folder: Path, *arguments: str) -> tuple[str, str]:
    """Return what the browser made of a page, and its log."""
    assert CHROMIUM is not None
    command = [
        *[CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
        *["--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"],
        *["--enable-logging=stderr", "--v=0", "--virtual-time-budget=4000", "--window-size=1300,900"],
        *[f"--user-data-dir={folder / 'profile'}", *arguments, "--dump-dom", page.as_uri()],
    ]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", timeout=100, check=True)
    return done.stdout, done.stderr


def ask(page: str, folder: Path, width: int, *, opened: bool) -> dict[str, Any]:
    """Return the answers to the questions above, all folds open or closed."""
    bare = re.sub('<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    copy = folder / f"copy-{width}-{opened}.html"
    script = QUESTIONS.replace("OPEN", str(opened).lower())
    copy.write_text(bare.replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")
    frame = folder / f"frame-{width}-{opened}.html"
    frame.write_text(FRAME.replace("WIDTH", str(width)).replace("FILE", copy.name), encoding="utf-8")
    dom, _ = visit(frame, folder)
    (answers,) = re.findall('data-answers="([^"]*)"', dom)
    found: dict[str, Any] = json.loads(html.unescape(answers))
    return found


@pytest.mark.parametrize(("width", "opened"), [(400, False), (400, True), (1280, True)])
def test_nothing_scrolls_sideways(page: str, tmp_path: Path, width: int, opened: bool) -> None:
    """At 400 and at 1280 pixels the page is as wide as the window, hostile rows and all folds open included."""
    found = ask(page, tmp_path, width, opened=opened)
    assert found["width"] == width
    assert found["scrolls"] <= found["width"], found["wide"]


def test_only_its_own_fonts_are_loaded(page: str, tmp_path: Path) -> None:
    """The only resources are the fonts inside the page, and Marathi is set in them."""
    found = ask(page, tmp_path, 1280, opened=True)
    assert all(name.startswith("data:font/woff2;base64,") for name in found["requests"]), found["requests"]
    assert found["fonts"].count("loaded") == 2
    assert found["marathi"]


def test_the_console_stays_empty(page: str, tmp_path: Path) -> None:
    """With its own policy in force the page logs no error: no style or font is refused."""
    whole = tmp_path / "report.html"
    whole.write_text(page, encoding="utf-8")
    dom, log = visit(whole, tmp_path)
    assert re.findall("CONSOLE.*", log) == []
    assert "<script" not in dom.replace("&lt;script", "")


@pytest.mark.skipif(
    "AURORA_AXE" not in os.environ, reason="AURORA_AXE names no copy of axe.min.js (npm package axe-core)"
)
def test_axe_finds_no_serious_fault(page: str, tmp_path: Path) -> None:
    """The accessibility checker finds nothing serious or critical, all folds open."""
    axe = Path(os.environ["AURORA_AXE"]).read_text(encoding="utf-8").replace("</", "<\\/")
    run = """
    document.querySelectorAll('details').forEach(one => one.open = true);
    axe.run().then(found => { document.documentElement.dataset.answers = JSON.stringify(found.violations.map(one =>
      [one.impact, one.id, one.nodes.length, one.nodes[0].html.slice(0, 150).replace(/[<>"&]/g, ' ')])); });
    """
    bare = re.sub('<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    copy = tmp_path / "axe.html"
    copy.write_text(bare.replace("</body>", f"<script>{axe}</script><script>{run}</script></body>"), encoding="utf-8")
    dom, _ = visit(copy, tmp_path, "--virtual-time-budget=60000")
    (answers,) = re.findall('data-answers="([^"]*)"', dom)
    faults = json.loads(html.unescape(answers))
    assert [fault for fault in faults if fault[0] in ("serious", "critical")] == [], faults
