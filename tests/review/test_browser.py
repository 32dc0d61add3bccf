"""The page in a real browser, where there is one: keys, looks, silence."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from datakit.decisions import DecisionLog
from tests.review.test_cli import start

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the path; Debian's package `chromium` has it"),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """A browser without a window."""
    driver = pytest.importorskip("playwright.sync_api", reason="playwright drives the browser: pip install playwright")
    with driver.sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield made
        made.close()


class Review:
    """A running review, a browser logged in to it, and all that its console and its network said."""

    def __init__(self, context: "BrowserContext", address: str, log: DecisionLog) -> None:
        self.context, self.log = context, log
        self.home = address.partition("?")[0]
        self.console: list[str] = []
        self.requests: list[str] = []
        self.first = self.tab(address)

    def tab(self, address: str | None = None) -> "Page":
        page = self.context.new_page()
        page.on("console", lambda told: self.console.append(told.text))
        page.on("pageerror", lambda error: self.console.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(address or self.home)
        return page

    def lines(self) -> list[str]:
        """The actions written so far."""
        return [one.action for one in self.log.standing().decisions]


@pytest.fixture
def review(browser: "Browser", sample: Path, project: Path, tmp_path: Path) -> Iterator[Review]:
    """A review of the sample in the browser."""
    home = tmp_path / "curated" / sample.parent.name
    shutil.copytree(sample.parent, home, symlinks=True)
    process: subprocess.Popen[str] = start(home.parent, project, "--by", "अर्चना")
    assert process.stdout is not None
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(20_000)
    yield Review(context, process.stdout.readline().strip(), DecisionLog(home / "decisions.jsonl"))
    context.close()
    process.kill()
    process.communicate()


def until(page: "Page", holds: str) -> None:
    """Wait for a condition; the page's policy forbids the driver's own way, which is to evaluate text in the page."""
    for _ in range(200):
        if page.evaluate(holds):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never: {holds}")


def key(page: "Page", *names: str) -> None:
    """Press keys, each when the page has answered the one before."""
    for name in names:
        page.keyboard.press(name)
        page.wait_for_timeout(30)
        until(page, "!document.querySelector('.htmx-request')")
        page.wait_for_timeout(30)


def at(page: "Page") -> str:
    return page.input_value("#card [name=at]")


def test_a_review_by_keys_alone(review: Review) -> None:
    """Begin, accept, back, undo, reject with a note, edit and save, skip, source and code points: all by key, each
    line on disk at once, and a reload shows the same row."""
    page = review.first
    key(page, "j")
    assert at(page) == "0"
    key(page, "a")
    assert page.inner_text("#said") == "Accepted"
    assert review.lines() == ["accept"]
    page.goto(f"{review.home}?at=0")
    key(page, "u")
    assert (at(page), review.lines()) == ("0", [])
    key(page, "n")
    page.keyboard.type("arj")  # letters in a field are letters
    key(page, "Escape", "r")
    assert [one.note for one in review.log.standing().decisions] == ["arj"]
    key(page, "j", "k", "e")
    assert page.evaluate("document.activeElement.id") == "question"
    page.fill("#answer", "३ एप्रिल १६८०")
    key(page, "Control+Enter")
    assert sorted(review.lines()) == ["edit", "reject"]
    before = at(page)
    key(page, "s")
    assert at(page) != before
    key(page, "o", "c")
    assert page.locator("#original li.own, #original dd").count() > 0
    assert "U+0" in page.inner_text("#points")
    address, place = page.url, at(page)
    page.reload()
    assert (page.url, at(page)) == (address, place)
    key(page, "e", "Escape")
    assert page.locator("form.edit").count() == 0
    assert review.console == []


def test_a_key_that_is_not_offered_does_nothing(review: Review) -> None:
    """On a row that needs a text the accept key is dead, for the mouse and for the keyboard, and looks it."""
    page = review.first
    page.click("nav >> text=Empty answer")
    page.wait_for_selector("#card-title:has-text('Empty answer')")
    button = page.locator("#bar [data-action=accept]")
    assert button.get_attribute("aria-disabled") == "true"
    place = at(page)
    key(page, "a")
    button.click(force=True)
    page.wait_for_timeout(200)
    assert (at(page), review.lines()) == (place, [])


def test_two_tabs_lose_nothing(review: Review) -> None:
    """Two tabs on one row: the second is shown what the first decided, and what it then decides is written."""
    one, two = review.tab(f"{review.home}?at=4"), review.tab(f"{review.home}?at=4")
    key(one, "r")
    key(two, "a")
    assert "decided meanwhile" in two.inner_text("[role=alert]")
    assert review.lines() == ["reject"]
    key(two, "a")
    assert review.lines() == ["accept"]
    assert review.console == []


def test_a_key_held_down_decides_once(review: Review) -> None:
    """The repeats of a held key do not run through the queue."""
    page = review.first
    key(page, "j")
    for _ in range(6):
        page.keyboard.down("a")  # the second and later ones are repeats
    page.keyboard.up("a")
    page.wait_for_timeout(400)
    assert len(review.lines()) == 1


@pytest.mark.parametrize("width", [400, 1280])
def test_every_card_fits_and_asks_nobody_else(review: Review, width: int) -> None:
    """Every section's first card, its form, source and code points: no sideways scroll, an empty console, no request
    to another host, Marathi set in the shipped font."""
    page = review.first
    page.set_viewport_size({"width": width, "height": 900})
    starts = page.eval_on_selector_all("nav a[href*='at=']", "all => all.map(one => one.getAttribute('href'))")
    assert len(starts) > 25
    for start_at in ["/", *starts]:
        page.goto(review.home + start_at[1:])
        if start_at != "/":
            key(page, "o", "c", "e")
            assert page.inner_text("#card-title").strip()
        wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1], start_at
    assert page.evaluate("document.fonts.check('16px Aurora', 'मराठी')")
    assert review.console == []
    assert [url for url in review.requests if not url.startswith(review.home)] == []


def test_a_review_that_ended_is_told(review: Review) -> None:
    """When the server is gone the page says that nothing was lost, instead of doing nothing."""
    page = review.first
    key(page, "j")
    review.context.set_offline(True)
    page.keyboard.press("a")
    until(page, "document.getElementById('said').textContent.includes('The review has ended')")


@pytest.mark.skipif(
    "AURORA_AXE" not in os.environ, reason="AURORA_AXE names no copy of axe.min.js (npm package axe-core)"
)
def test_axe_finds_no_serious_fault(review: Review) -> None:
    """The accessibility checker finds nothing serious or critical on the overview, on a dispute, in a form, with the
    source open, in light and in dark."""
    axe = Path(os.environ["AURORA_AXE"]).read_text(encoding="utf-8")
    page = review.first
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for place, keys in (("", ()), ("?at=1", ("o", "c")), ("?at=1", ("e",)), ("?at=50", ("o",))):
            page.goto(review.home + place)
            key(page, *keys)
            page.evaluate(axe)
            found = page.evaluate(
                "axe.run().then(found => found.violations.map(one => [one.impact, one.id, one.nodes[0].html]))"
            )
            assert [one for one in found if one[0] in ("serious", "critical")] == [], (scheme, place)
