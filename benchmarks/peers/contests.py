"""Who is compared with whom, on which input, and how much of it a slow peer gets."""

from dataclasses import dataclass
from typing import Final

OURS: Final = "ours"
RUNNERS: Final = "benchmarks.peers.runners"


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """One program in a comparison."""

    name: str
    environment: str
    """A folder of `.venv-peers/` and its file of pins; `ours` for the project's own environment."""
    runner: str
    """A module of `benchmarks.peers.runners`."""
    engine: str | None = None
    """Its first argument, where one module runs several."""
    reads_rows: bool = False
    """It reads questions and answers, not texts."""
    max_mb: float | None = None
    """Megabytes it gets where the whole would take too long; its MB/s is what is compared."""
    rounds: int | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Contest:
    """One comparison: the first contestant is ours."""

    name: str
    title: str
    input: str
    """`documents` or `qa`."""
    whole_process: bool
    """Seconds of the whole process and its children; otherwise those of the work alone, which the runner tells."""
    contestants: tuple[Contestant, ...]
    max_mb: float | None = None
    """Megabytes that everybody gets."""


def _peer(name: str, runner: str, *, engine: str | None = None, note: str = "") -> Contestant:
    return Contestant(name=name, environment=name, runner=runner, engine=engine, note=note)


def _language(engine: str, max_mb: float | None = None) -> Contestant:
    return Contestant(
        name=OURS if engine == "aurora" else engine,
        environment=OURS,
        runner="languages",
        engine=engine,
        max_mb=max_mb,
        note="our own model, the default" if engine == "aurora" else "",
    )


_PIPELINE: Final = Contestant(
    name=OURS, environment=OURS, runner="ours_pipeline", reads_rows=True, note="`datakit curate`, all default stages"
)

CONTESTS: Final = (
    Contest(
        name="documents",
        title="Whole pipeline, documents",
        input="documents",
        whole_process=True,
        contestants=(
            _PIPELINE,
            _peer("datatrove", "datatrove_pipeline", note="quality filters, MinHash, writer; no language filter"),
            Contestant(
                name="data-juicer",
                environment="data-juicer",
                runner="data_juicer_pipeline",
                max_mb=8.0,  # 7 CPU-s to start, 10 a MB (slices of 1.8 and 3.6 MB): the whole takes 10 CPU-minutes
                rounds=2,
                note="mappers, filters, exact and MinHash; no language filter",
            ),
            Contestant(
                name="text-dedup",
                environment="text-dedup",
                runner="text_dedup_pipeline",
                max_mb=16.0,
                rounds=2,
                note="MinHash only",
            ),
            Contestant(
                name="datasketch",
                environment="datasketch",
                runner="datasketch_pipeline",
                max_mb=16.0,
                rounds=2,
                note="NFC, exact, MinHash; one process",
            ),
        ),
    ),
    Contest(
        name="qa",
        title="Whole pipeline, questions and answers",
        input="qa",
        whole_process=True,
        contestants=(
            _PIPELINE,
            Contestant(
                name="polars",
                environment=OURS,
                runner="polars_baseline",
                reads_rows=True,
                note="read, NFC, write Parquet: no curation at all",
            ),
        ),
    ),
    Contest(
        name="normalize",
        title="Normalization",
        input="documents",
        whole_process=False,
        max_mb=16.0,
        contestants=(
            Contestant(name=OURS, environment=OURS, runner="ours_normalizer", note="the whole Marathi specification"),
            _peer("indic-nlp-library", "normalizers", engine="indic-nlp-library"),
            _peer("ftfy", "normalizers", engine="ftfy"),
            _peer("pyicu", "normalizers", engine="icu", note="NFC only"),
        ),
    ),
    Contest(
        name="language",
        title="Language identification",
        input="documents",
        whole_process=False,
        max_mb=8.0,
        contestants=(
            _language("aurora"),
            _language("pycld2"),
            _language("py3langid"),
            _language("langdetect-rs", 2.0),
            _language("langdetect", 0.2),
        ),
    ),
    Contest(
        name="minhash",
        title="Near-duplicates",
        input="documents",
        whole_process=False,
        max_mb=8.0,
        contestants=(
            Contestant(
                name=OURS, environment=OURS, runner="ours_minhash", reads_rows=True, note="exact and near, word by word"
            ),
            _peer("datasketch", "minhash", engine="datasketch"),
            _peer("rensa", "minhash", engine="rensa"),
            _peer("gaoya", "minhash", engine="gaoya"),
        ),
    ),
)
