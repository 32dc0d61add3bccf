"""Asking: every way in which a server may fail, and what is made of it."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from datakit.errors import InputError, UsageError
from datakit.synthesize import Options, Summary, endpoint_of, retry, synthesize
from tests.synthesize.fake import Answer, Fake, honest, serve
from tests.synthesize.sample import PHULE, RAIGAD, page

KEY = "sk-secret-0123456789"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits are short in tests; their lengths have tests of their own."""
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.01)


def _run(fake: Fake, out: Path, *texts: str, key: str = "", **options: Any) -> Summary:
    pages = [page(text) for text in texts or (RAIGAD,)]
    environment = {"AURORA_API_KEY": key} if key else {}
    return synthesize(
        lambda: iter(pages), endpoint_of(fake.url, "m", environment=environment), out, options=Options(**options)
    )


def test_the_request(tmp_path: Path) -> None:
    """The request names the model, holds the schema, limits the answer, and carries the key in its header only."""
    with serve(honest) as fake:
        _run(fake, tmp_path, key=KEY, max_answer_tokens=777)
    request = fake.requests[0]
    assert (request["model"], request["max_tokens"], request["stream"]) == ("m", 777, False)
    assert request["response_format"]["type"] == "json_schema"
    assert request["response_format"]["json_schema"]["schema"]["required"] == ["pairs"]
    assert fake.headers[0]["authorization"] == f"Bearer {KEY}"
    assert KEY not in json.dumps(request)
    assert not any(KEY.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_passing_trouble_is_waited_out(status: int, tmp_path: Path) -> None:
    """A server that is busy twice and then answers has been asked three times, and the pairs are there."""
    with serve(lambda request, n: Answer(status=status, text="busy") if n < 2 else honest(request)) as fake:
        summary = _run(fake, tmp_path)
    assert (summary.requests, summary.pairs, summary.failed) == (3, 4, 0)


def test_retry_after_is_obeyed_by_all(tmp_path: Path) -> None:
    """After a 429 no request of any worker is sent before the time that the server named."""

    def script(request: dict[str, Any], n: int) -> Answer:
        return Answer(status=429, headers={"retry-after": "0.6"}) if n == 0 else honest(request)

    with serve(script) as fake:
        summary = _run(fake, tmp_path, *(f"{RAIGAD} {n}" for n in range(4)), concurrency=1)
    assert fake.times[1] - fake.times[0] >= 0.55
    assert (summary.asked, summary.requests) == (4, 5)


def test_a_form_that_is_refused_is_left(tmp_path: Path) -> None:
    """A server without json_schema is asked with json_object, one without both in plain words, and only once each."""

    def script(request: dict[str, Any], _: int) -> Answer:
        return (
            Answer(status=400, text="unknown field response_format")
            if "response_format" in request
            else honest(request)
        )

    with serve(script) as fake:
        summary = _run(fake, tmp_path, RAIGAD, PHULE, concurrency=1)
    forms = [request.get("response_format", {}).get("type") for request in fake.requests]
    assert forms == ["json_schema", "json_object", None, None]
    assert summary.pairs == 7


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(text="मी उत्तर देऊ शकत नाही"), "reply_not_json"),
        (Answer(body=b'{"choices": []}'), "found no completion"),
        (Answer(body=b"<html>proxy</html>"), "found no completion"),
        (Answer(body=b'{"choices": [{"message": {"content": null}}]}'), "found no completion"),
        (Answer(status=500, body=b"boom"), "the server answered 500: boom"),
        (Answer(text="x" * 2000, cut=True), "the connection broke"),
        (Answer(delay_s=0.4), "no answer within 0.2 s"),
    ],
)
def test_what_cannot_be_used_fails_the_page(answer: Answer, said: str, tmp_path: Path) -> None:
    """A server whose replies stay unusable is left after five pages of at most two requests, with what was found."""
    texts = [f"{RAIGAD} {n}" for n in range(9)]
    with serve(lambda *_: answer) as fake:
        with pytest.raises(InputError, match="5 pages in a row") as caught:
            _run(fake, tmp_path, *texts, concurrency=1, attempts=2, timeout_s=0.2 if answer.delay_s else 30)
        assert 5 <= len(fake.requests) <= 10
    assert said in str(caught.value)


def test_half_an_answer_gives_its_whole_pairs(tmp_path: Path) -> None:
    """Of a reply that stops at the token limit the whole pairs stay."""
    with serve(lambda request, _: Answer(text=honest(request).text[:600])) as fake:
        summary = _run(fake, tmp_path)
    assert 0 < summary.pairs < 4
    assert summary.requests == 1


def test_a_wrong_schema_is_kept_as_a_reject(tmp_path: Path) -> None:
    """Objects that are no pairs are counted and kept with their fault."""
    with serve(lambda *_: Answer(text='{"pairs": [{"prashna": "काय?"}, 3]}')) as fake:
        summary = _run(fake, tmp_path)
    assert summary.rejected == {"wrong_schema": 2}
    (path,) = summary.refused_files
    lines = [json.loads(line) for line in Path(path).read_text("utf-8").splitlines()]
    assert "found the keys prashna, expected kind, question, answer, span" in lines[0]["reject_detail"]


@pytest.mark.parametrize(("status", "kind", "said"), [(401, UsageError, "set the key"), (404, InputError, "--model")])
def test_refusals_end_the_run_without_the_key(status: int, kind: type[Exception], said: str, tmp_path: Path) -> None:
    """A refused key or an unknown model ends the run at once; the key that the server repeats is not shown."""
    with serve(lambda *_: Answer(status=status, body=f"wrong: Bearer {KEY}".encode())) as fake:
        with pytest.raises(kind, match=said) as caught:
            _run(fake, tmp_path, *(f"{RAIGAD} {n}" for n in range(9)), key=KEY, concurrency=1)
        assert len(fake.requests) == 1
    assert KEY not in str(caught.value)
    assert "[key]" in str(caught.value)


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    """A redirect would carry pages and key elsewhere: it ends the run."""
    with serve(honest) as other:
        moved = {"location": f"{other.url}/chat/completions"}
        with serve(lambda *_: Answer(status=307, headers=moved)) as fake, pytest.raises(InputError, match="307"):
            _run(fake, tmp_path, key=KEY)
        assert other.requests == []


def test_no_server(tmp_path: Path) -> None:
    """Where nobody listens the error says so."""
    with serve(honest) as fake:
        pass
    with pytest.raises(InputError, match="cannot be reached"):
        _run(fake, tmp_path, attempts=2)


def test_limits(tmp_path: Path) -> None:
    """No more requests and tokens than allowed; the next command goes on with the pages left."""
    texts = [f"{RAIGAD} {n}" for n in range(6)]
    with serve(honest) as fake:
        first = _run(fake, tmp_path, *texts, max_requests=2)
        assert (len(fake.requests), first.asked, first.left) == (2, 2, 4)
        assert "limit of requests or tokens" in first.stopped
        none = _run(fake, tmp_path, *texts, max_tokens=50)
        assert (len(fake.requests), none.asked, none.pairs) == (2, 0, first.pairs)
        last = _run(fake, tmp_path, *texts)
        assert (len(fake.requests), last.kept, last.left, last.stopped) == (6, 2, 0, "")


def test_a_failed_page_is_asked_again_only_when_told(tmp_path: Path) -> None:
    """An unusable reply was paid for: it is asked for again with retry_failed only."""
    with serve(lambda request, n: Answer(text="नाही") if n < 2 else honest(request)) as fake:
        assert _run(fake, tmp_path).failed == 1
        assert (_run(fake, tmp_path).failed, len(fake.requests)) == (1, 2)
        again = _run(fake, tmp_path, retry_failed=True)
    assert (again.failed, again.pairs, len(fake.requests)) == (0, 4, 3)


def test_an_outage_is_not_remembered(tmp_path: Path) -> None:
    """Pages that met 429 to the end are asked again by the next command; a page the server refuses is not."""
    with serve(lambda request, n: Answer(status=429, text="later") if n < 2 else honest(request)) as fake:
        assert _run(fake, tmp_path, RAIGAD, PHULE, concurrency=1, attempts=1).left == 2
        assert _run(fake, tmp_path, RAIGAD, PHULE, concurrency=1).asked == 2

    def refuse(request: dict[str, Any], _: int) -> Answer:
        return Answer(status=413, text="too long") if PHULE in fake.pages[-1] else honest(request)

    with serve(refuse) as fake:
        first = _run(fake, tmp_path / "other", RAIGAD, PHULE, concurrency=1)
        again = _run(fake, tmp_path / "other", RAIGAD, PHULE, concurrency=1)
        assert (first.failed, again.failed, again.requests, len(fake.requests)) == (1, 1, 0, 2)


def test_another_form_is_another_request(tmp_path: Path) -> None:
    """A page that every form is refused for ends after one request of each form."""
    with serve(lambda *_: Answer(status=422, text="no")) as fake:
        summary = _run(fake, tmp_path, attempts=5)
    assert (summary.requests, summary.failed, summary.pairs) == (3, 1, 0)
    assert len(fake.requests) == 3


def test_concurrency_is_bounded(tmp_path: Path) -> None:
    """No more requests are under way than allowed, and more than one where more are."""
    under_way, most = [0], [0]

    def script(request: dict[str, Any], _: int) -> Answer:
        under_way[0] += 1
        most[0] = max(most[0], under_way[0])
        time.sleep(0.15)
        under_way[0] -= 1
        return honest(request)

    with serve(script) as fake:
        _run(fake, tmp_path, *(f"{RAIGAD} {n}" for n in range(9)), concurrency=3)
    assert 2 <= most[0] <= 3
