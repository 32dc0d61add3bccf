"""What ends a turn, and when a file has passed."""

from dataclasses import replace

import pytest

from export.verify.check import Check, FileReport
from export.verify.tokenizing import end_of_turn
from tests.export.sides import hugging_face


@pytest.mark.parametrize(
    ("template", "wanted"),
    [
        (None, None),
        ("{% for m in messages %}{{ m.content }}<turn>{% endfor %}", "<turn>"),
        ("{% for m in messages %}{{ m.content }}\n </s>\n{% endfor %}", "</s>"),
        ("{% for m in messages %}{{ m.content }}{% endfor %}", None),
        ("{% for m in messages %}{{ m.content }} शेवट <turn>{% endfor %}", None),
        ("<turn>{{ messages | length }}", None),
        ("{% for m in messages %}<turn>{{ m.content }}{% endfor %}", None),
        ("{{ messages[1].content }}<s>{{ messages[1].content }}<turn>", "<turn>"),
    ],
)
def test_the_end_of_a_turn_is_what_stands_after_an_answer(template: str | None, wanted: str | None) -> None:
    """The special token right after the answer, white space aside; another text there means that none ends it."""
    assert end_of_turn(replace(hugging_face(), template=template)) == wanted


def test_a_report_passes_where_every_check_does() -> None:
    """One check that fails fails the file; a file without a check has nothing against it."""
    good, bad = Check(name="a", passed=True, says=""), Check(name="b", passed=False, says="")
    for checks, passed in (([], True), ([good], True), ([good, bad], False), ([bad], False)):
        report = FileReport(file="m", type="f16", bytes=1, seconds=0.1, checks=checks)
        assert report.passed is passed
