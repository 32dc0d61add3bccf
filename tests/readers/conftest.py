"""Write an input, read it as the pipeline does, get its rows."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from datakit.readers import discover, read
from datakit.record import SCHEMA

Rows = list[dict[str, Any]]


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """An empty folder of inputs."""
    folder = tmp_path / "raw"
    folder.mkdir()
    return folder


@pytest.fixture
def rows(raw: Path) -> Callable[..., Rows]:
    """Write `content` as the only input (None: it is there already) and return its rows."""

    def run(
        name: str,
        content: bytes | str | None = None,
        *,
        columns: Mapping[str, str] | None = None,
        batch_rows: int = 4096,
    ) -> Rows:
        path = raw / name
        if content is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        (source,) = [found for found in discover(raw) if found.name == name]
        found = []
        for batch in read(source, columns=columns, batch_rows=batch_rows):
            assert batch.schema == SCHEMA
            assert 0 < batch.height <= batch_rows
            found += batch.to_dicts()
        for row in found:
            assert row["file"].startswith(name)
            assert row["locator"]
            assert (row["reject_stage"] == "read") == (row["reject_reason"] is not None)
            assert len(row["raw_sha256"]) == 64
        return found

    return run


@pytest.fixture
def pairs(rows: Callable[..., Rows]) -> Callable[..., list[tuple[str, str, str]]]:
    """Read an input in which nothing is rejected; return (locator, question, answer)."""

    def run(*args: Any, **options: Any) -> list[tuple[str, str, str]]:
        found = rows(*args, **options)
        assert [(row["reject_reason"], row["reject_detail"]) for row in found if row["reject_reason"]] == []
        return [(row["locator"], row["question"], row["answer"]) for row in found]

    return run
