"""The sample's version, and a session on it whose decisions lie in a folder of the test's own."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from datakit.decisions import DecisionLog, Standing
from datakit.lineage import read_manifest
from datakit.review import Queue, Session, build_queue

if TYPE_CHECKING:
    from starlette.testclient import TestClient

PORT = 4711
HOME = f"http://127.0.0.1:{PORT}"


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Path:
    """The folder of the version that the sample makes."""
    from datakit.pipeline.curate import curate
    from datakit.recipe import load

    result = curate(project / "raw", tmp_path_factory.mktemp("sample"), recipe=load("marathi-history"))
    assert result.path is not None
    return result.path


@pytest.fixture(scope="session")
def queue(sample: Path) -> Queue:
    """What there is to review in it."""
    return build_queue(sample, read_manifest(sample), Standing(decisions=()))


@pytest.fixture
def session(queue: Queue, tmp_path: Path) -> Session:
    """A review of it that begins."""
    return Session(queue=queue, log=DecisionLog(tmp_path / "decisions.jsonl"), by="अर्चना")


@pytest.fixture
def client(session: Session, project: Path) -> "TestClient":
    """A browser that has opened the printed address."""
    starlette = pytest.importorskip("starlette.testclient", reason="starlette's test client needs httpx")
    from datakit.review.app import application
    from datakit.review.guard import Guard

    guard = Guard(application(session, project / "raw"), port=PORT)
    made = starlette.TestClient(guard, base_url=HOME, headers={"origin": HOME})
    assert made.get("/", params={"token": guard.token}).status_code == 200
    return made
