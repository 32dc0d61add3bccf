"""The pairs as files that `datakit curate` reads: one a source, derived from the replies anew each time."""

import json
import os
import re
from pathlib import Path
from typing import IO, Any, Final

from datakit.errors import OutputError
from datakit.lineage import sha256_text
from datakit.readers.reasons import DRAFT_REASONS
from datakit.readers.refused import DETAIL, REASON
from datakit.synthesize.judge import Pair, Refused
from datakit.synthesize.page import Page
from datakit.synthesize.pages import DERIVED_FROM, GROUP, MARK

WORK: Final = ".synthesize"
"""Below the output folder; readers pass over hidden folders."""
REFUSED: Final = "refused"
"""The folder of refused drafts, apart from the pairs: whatever else reads the pairs must not take them."""


def row_of(pair: Pair, page: Page, *, model: str, prompt_sha256: str) -> dict[str, Any]:
    """Return the raw row of a pair: the span is its context; every other column ends in the record's `meta`."""
    return {
        "question": pair.draft.question,
        "answer": pair.draft.answer,
        "context": pair.span,
        DERIVED_FROM: page.source_id,
        **_origin(page, model, prompt_sha256),
        "kind": pair.draft.kind,
        "span_start": pair.start,
        "span_end": pair.end,
    }


def refused_row(refused: Refused, page: Page, *, model: str, prompt_sha256: str) -> dict[str, Any]:
    """Return the raw row of a refused draft: the readers give it as a reject of that reason, its origin in `meta`."""
    draft = refused.draft
    said = (None, None, None, None) if draft is None else (draft.question, draft.answer, draft.span, draft.kind)
    told = (
        f"found that {DRAFT_REASONS[refused.reason]} ({refused.detail}); expected a draft that its page supports; "
        "leave it out, or write the pair by hand"
    )
    return {
        **dict(zip(("question", "answer", "context", "kind"), said, strict=True)),
        DERIVED_FROM: page.source_id,
        **_origin(page, model, prompt_sha256),
        REASON: refused.reason,
        DETAIL: told,
    }


def _origin(page: Page, model: str, prompt_sha256: str) -> dict[str, Any]:
    return {
        MARK: "llm", "model": model, "prompt_sha256": prompt_sha256, "page_sha256": page.sha256,
        "page_file": page.file, "page_locator": page.locator, "page_licence": page.licence,
        GROUP: page.group,
    }  # fmt: skip


def file_of(source_id: str) -> str:
    """Return the name of a source's file; an id that is no plain file name gets a digest of it behind."""
    return f"{folder_of(source_id)}.jsonl"


def folder_of(name: str) -> str:
    """Return a plain file name for a source's id or a model's name: another spelling of it gets a digest behind."""
    plain = re.sub(r"[^a-z0-9._-]+", "-", name.casefold()).strip("-.")[:100]
    return plain if plain == name else f"{plain or 'name'}-{sha256_text(name)[:8]}"


class Writer:
    """Files that are written aside and put in place together at the end; files that have no row any more go."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._work = out / WORK
        self._streams: dict[Path, IO[str]] = {}
        self._work.mkdir(parents=True, exist_ok=True)

    def pair(self, row: dict[str, Any]) -> None:
        """Add a pair to the file of its source."""
        self._line(self._out / file_of(row[DERIVED_FROM]), row)

    def refused(self, row: dict[str, Any]) -> None:
        """Add a refused draft to the file of its source."""
        self._line(self._out / REFUSED / file_of(row[DERIVED_FROM]), row)

    def publish(self) -> tuple[list[Path], list[Path]]:
        """Put the files in place; return those of pairs and those of refused drafts.

        Errors: `OutputError` where the disk refuses.
        """
        try:
            for stream in self._streams.values():
                stream.flush()
                os.fsync(stream.fileno())
                stream.close()
            old = {*self._out.glob("*.jsonl"), *self._out.glob(f"{REFUSED}/*.jsonl")} - self._streams.keys()
            for path in self._streams:
                path.parent.mkdir(exist_ok=True)
                self._aside(path).replace(path)
            for path in old:
                if _is_ours(path):
                    path.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(
                f"{self._out}: cannot be written ({error.strerror}); run the same command again"
            ) from error
        pairs = sorted(path for path in self._streams if path.parent == self._out)
        return pairs, sorted(self._streams.keys() - set(pairs))

    def _line(self, path: Path, row: dict[str, Any]) -> None:
        try:
            if path not in self._streams:
                self._streams[path] = self._aside(path).open("w", encoding="utf-8")
            self._streams[path].write(json.dumps(row, ensure_ascii=False) + "\n")
        except OSError as error:
            raise OutputError(f"{path}: cannot be written ({error.strerror}); run the same command again") from error

    def _aside(self, path: Path) -> Path:
        folder = path.parent.name if path.parent != self._out else "pairs"
        return self._work / f"{folder}-{path.name}.tmp"


def _is_ours(path: Path) -> bool:
    """Tell whether a file of pairs came from here: a user's own file in the folder is left alone."""
    with path.open(encoding="utf-8", errors="replace") as stream:
        first = stream.readline()
    return f'"{MARK}": "llm"' in first and '"prompt_sha256"' in first
