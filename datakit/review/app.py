"""The web application: five kinds of request, each answered from the session."""

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

from datakit.decisions import DecidedMeanwhile
from datakit.errors import DatakitError, MissingDependencyError, UsageError
from datakit.review import pages
from datakit.review.original import original
from datakit.review.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

_MOST_BYTES: Final = 2 << 20  # of a request: the longest answer kept is 8,000 characters, 24 KB
_SAID: Final = {"accept": "Accepted", "reject": "Rejected", "edit": "Edited", "undo": "Taken back"}


def application(session: Session, raw: "Path") -> "Starlette":
    """Return the application, unguarded: `guard.Guard` goes around it. Errors: `MissingDependencyError`."""
    try:
        from starlette.applications import Starlette
        from starlette.concurrency import run_in_threadpool
        from starlette.responses import HTMLResponse, Response
        from starlette.routing import Route
    except ImportError as error:
        raise missing(error) from error

    def html(text: str, status: int = 200) -> HTMLResponse:
        body = text.encode("utf-8", "backslashreplace")
        return HTMLResponse(body, status, {"cache-control": "no-store", "vary": "HX-Request"})

    def place(given: str | None) -> int | None:
        number = int(given) if given and given.isascii() and given.isdigit() else -1
        return number if 0 <= number < len(session.queue.items) else None

    async def show(request: "Request") -> "Response":
        at = place(request.query_params.get("at"))
        editing = request.query_params.get("edit") == "1" and at is not None
        if request.headers.get("hx-request") == "true":
            return html(pages.swapped(session, at, editing=editing))
        return html(pages.page(session, at, editing=editing))

    async def skip(request: "Request") -> "Response":
        at = place(request.query_params.get("at"))
        following = session.next_open(at if at is not None else -1, session.standing())
        return html(
            pages.swapped(session, following, said="" if following is not None else "Nothing is left to decide")
        )

    async def decide(request: "Request") -> "Response":
        fields = await _fields(request)
        at = place(fields.get("at"))
        if at is None:
            return html(pages.swapped(session, None, fault="this row is not in the queue; choose a section"), 422)
        action, seen = fields.get("action", ""), fields.get("seen", "").split()
        try:
            if action == "undo":
                if session.trail and session.log.decision(session.queue.items[at].row) is None:
                    at = session.trail[-1]  # the key was meant for the row before, which is shown again
                    seen = list(session.log.last(session.queue.items[at].row))
                session.undo(at, seen=seen)
                return html(pages.swapped(session, at, said=_SAID[action]))
            texts = {name: fields.get(name) for name in ("question", "answer")} if action == "edit" else {}
            session.decide(at, action, seen=seen, note=fields.get("note", ""), **texts)
        except DecidedMeanwhile as error:
            return html(pages.swapped(session, at, fault=str(error)))
        except (UsageError, ValueError) as error:
            return html(pages.swapped(session, at, editing=action == "edit", fault=str(error)))
        except DatakitError as error:
            return html(pages.swapped(session, at, fault=str(error)))
        following = session.next_open(at, session.standing())
        return html(pages.swapped(session, following, said=_SAID[action]))

    async def failed(_: "Request", error: Exception) -> "Response":
        return Response(str(error).encode("utf-8", "backslashreplace"), 500, media_type="text/plain")

    async def source(request: "Request") -> "Response":
        at = place(request.query_params.get("at"))
        if at is None:
            return html("", 404)
        item = session.queue.items[at]
        found = await run_in_threadpool(original, raw, item.file, item.locator, item.row)
        return html(pages.original_text(found))

    async def points(request: "Request") -> "Response":
        at = place(request.query_params.get("at"))
        if at is None:
            return html("", 404)
        question, answer = session.texts(session.queue.items[at])
        return html(pages.points({"Question": question, "Answer": answer}))

    async def static(request: "Request") -> "Response":
        found = pages.static(request.path_params["name"])
        if found is None:
            return Response("no such file", 404, media_type="text/plain")
        return Response(found[0], media_type=found[1], headers={"cache-control": "private, max-age=3600"})

    return Starlette(
        routes=[
            Route("/", show),
            Route("/skip", skip),
            Route("/decide", decide, methods=["POST"]),
            Route("/original", source),
            Route("/points", points),
            Route("/static/{name}", static),
        ],
        exception_handlers={DatakitError: failed},
    )


def missing(error: ImportError) -> MissingDependencyError:
    """Return the error that names the install line."""
    return MissingDependencyError(
        f"datakit review needs {error.name}, which is not installed; run: pip install 'ancient-aurora[review]'"
    )


async def _fields(request: "Request") -> dict[str, str]:
    """Return the fields of a form; line ends are as a file has them, not as a browser sends them."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            return {}
    found: dict[str, Any] = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[-1].replace("\r\n", "\n") for name, values in found.items()}
