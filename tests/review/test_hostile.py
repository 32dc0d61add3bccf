"""Rows that try to be more than text: forty of them, in every place where raw text is shown."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from datakit.decisions import Decision, DecisionLog
from datakit.lineage import read_manifest
from datakit.review import Session, build_queue, pages
from datakit.review.original import Original, original
from tests.report.hostile import HOSTILE
from tests.report.made import kept, published, rejected, row_id


class Seen(HTMLParser):
    """Every tag with its attributes, and all text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A version in which every column of every row is hostile, and decisions that are hostile too."""
    folder = tmp_path_factory.mktemp("hostile")
    rows = []
    for number, text in enumerate(HOSTILE):
        place = {"file": f"{text}.jsonl", "locator": text, "source_id": text}
        rows.append(
            rejected(text, f"fault_{number}", "quality", answer=text, reject_detail=text, history=text, **place)
        )
        rows.append(kept(f"{text}?", text, context=text, flags=[f"flag_{number}"], **place))
        against = row_id(f"{text}?", text)
        rows.append(
            rejected(
                text, "conflicting_answer", "conflicts", answer=f"{text}!", of=against, reject_detail=text, **place
            )
        )
    made = published(folder / "v", rows, name=f"इतिहास {HOSTILE[0]}")
    log = DecisionLog(folder / "decisions.jsonl")
    queue = build_queue(made.folder, read_manifest(made.folder), log.standing(), samples=50)
    session = Session(queue=queue, log=log, by=HOSTILE[0])
    for at, text in zip(range(0, len(queue.items), 3), HOSTILE * 9, strict=False):
        if text.strip():
            session.decide(at, "edit", seen=(), question=f"{text} नवा", answer=f"{text} नवे", note=text)
    for number, text in enumerate(HOSTILE):
        log.append(Decision(action="reject", row=f"{number:064x}", file=text, locator=text, note=text))
    return session


def every(session: Session) -> Iterator[str]:
    yield pages.page(session, None)
    for at in range(len(session.queue.items)):
        yield pages.page(session, at)
        yield pages.swapped(session, at, editing=True, fault=session.queue.items[at].question, said="x")


UNSEEN = re.compile(
    r"[\u0000-\u001f\u007f-\u009f\u00a0\u00ad\u0300-\u036f\u2000-\u206f\ue000-\uf8ff\ufeff\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
ALLOWED = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "link",
        "script",
        "body",
        "a",
        "header",
        "p",
        "h1",
        "h2",
        "h3",
        "bdi",
        "nav",
        "ul",
    ),
    *("li", "main", "article", "input", "div", "dl", "dt", "dd", "strong", "span", "section", "mark", "kbd", "button"),
    *("label", "form", "textarea", "table", "caption", "thead", "tbody", "tr", "th", "td", "code"),
}


def test_no_row_makes_a_tag_or_an_attribute(hostile: Session) -> None:
    """On every page the only scripts are our two files, no tag has an event, a style or a foreign address, and there
    are no tags but those of the templates."""
    assert len(hostile.queue.items) >= 3 * len(HOSTILE)
    for page in every(hostile):
        for tag, attributes in Seen(page).tags:
            assert tag in ALLOWED, tag
            assert not [name for name in attributes if name.startswith("on") or name == "style"]
            for name in ("src", "href", "hx-get", "hx-post", "action"):
                value = attributes.get(name) or "/"
                assert re.fullmatch(r"(/(static/[\w.]+|decide|skip|original|points)?(\?at=\d+)?|#card)", value), value
            if tag == "script":
                assert attributes.get("src") in ("/static/htmx.min.js", "/static/keys.js")


def test_every_string_can_be_read(hostile: Session) -> None:
    """Text that a person must judge is there in full; what cannot be seen is labelled, not dropped."""
    page = "".join(Seen(text).text for text in every(hostile))
    for text in HOSTILE:
        visible = UNSEEN.sub(" ", text)
        probe = max(visible.split(), key=len, default="")[:40]
        assert probe in page, text


def test_nothing_turns_the_page_around(hostile: Session) -> None:
    """No character that changes the direction of writing stands unlabelled outside of a text field."""
    for page in every(hostile):
        outside = re.sub(r"<textarea.*?</textarea>", "", page, flags=re.DOTALL)
        assert not re.search(r"[\u202a-\u202e\u2066-\u2069]", outside)


def test_a_text_field_holds_the_text_itself(hostile: Session) -> None:
    """What is edited is the text, not its labels: the field gives back each letter (a browser reads NUL as U+FFFD)."""
    for at, item in enumerate(hostile.queue.items[:60]):
        form = pages.swapped(hostile, at, editing=True)
        fields = re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", form, flags=re.DOTALL)
        question, answer = hostile.texts(item)
        from html import unescape

        escaped = str(pages._value(question)), str(pages._value(answer))
        assert tuple(fields) == escaped
        assert [unescape(one) for one in fields] == [unescape(one) for one in escaped]


@pytest.mark.parametrize("text", HOSTILE)
def test_sources_and_code_points_are_text_too(text: str, tmp_path: Path) -> None:
    """A hostile line of a file, a hostile file name and the list of code points make no tag either."""
    (tmp_path / "a.jsonl").write_text(json.dumps({"question": text, "answer": text}) + "\n", encoding="utf-8")
    found = original(tmp_path, "a.jsonl", "line 1", "0" * 64)
    shown = [
        pages.original_text(found),
        pages.original_text(original(tmp_path, f"{text}.jsonl", text, "0" * 64)),
        pages.original_text(Original(row=((text, text),))),
        pages.points({"Question": text, "Answer": ""}),
    ]
    for page in shown:
        assert {tag for tag, _ in Seen(page).tags} <= {"ol", "li", "span", "code", "p", "dl", "dt", "dd"}
