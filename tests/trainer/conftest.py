"""What the trainer's tests share: a version of real sentences, a tiny base made of them, and a fake-engine run."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.trainer.made import CURATED_TEXT

if TYPE_CHECKING:
    from trainer.base import Base
    from trainer.examples import Example
    from trainer.template import ChatTemplate

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is first imported: shared cores, and equal sums


@pytest.fixture(scope="session")
def curated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one published version of about 60 short rows."""
    from datakit.pipeline.curate import curate
    from datakit.recipe import parse
    from tests.rows import numbered_rows, write_rows

    home = tmp_path_factory.mktemp("trainer")
    rows = numbered_rows(60)
    for row in rows[::7]:  # rows of more than one length
        row["answer"] = f"{row['answer']} असे एका बखरीत सविस्तर म्हटले आहे."
    write_rows(home / "raw" / "a.jsonl", rows)
    recipe = parse(
        'name = "plain"\n[[stage]]\nuse = "chat"\n[[stage]]\nuse = "split"\ntrain = 60\nvalidation = 20\ntest = 20'
    )
    assert curate(home / "raw", home / "curated", recipe=recipe).path is not None
    return home / "curated"


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> "Base":
    """The random base, with a tokenizer of a few Marathi sentences."""
    from trainer.base import load_base

    return load_base("random", texts=CURATED_TEXT, work=tmp_path_factory.mktemp("base"), seed=1)


@pytest.fixture(scope="session")
def chatml(tiny: "Base") -> "ChatTemplate":
    """ChatML bound to the tiny base's tokenizer."""
    from trainer.template import load_template

    return load_template("chatml", tiny.tokenizer)


@pytest.fixture(scope="session")
def examples(chatml: "ChatTemplate") -> "tuple[Example, ...]":
    """Twelve examples of different lengths."""
    from tests.trainer.made import row
    from trainer.examples import build_examples

    rows = [row(text, text[: 10 + 3 * number], number) for number, text in enumerate(CURATED_TEXT[:12])]
    built = build_examples(rows, chatml, max_tokens=512)
    assert len(built.used) == 12
    return built.used


@pytest.fixture
def fake_run(curated: Path, tmp_path: Path) -> Callable[..., Any]:
    """Train with the fake engine: `fake_run("max_steps=4", save_every=1)` returns the finished run."""
    from trainer.preset import load_config
    from trainer.sft import Habits, train

    def start(*sets: str, out: Path | None = None, notify: Any = None, **habits: Any) -> Any:
        config = load_config("smoke", sets=["engine=fake", "max_steps=6", *sets])
        kept = {"samples": 2, "max_new_tokens": 4, **habits}
        return train(
            "latest", config, out=out or tmp_path / "runs", curated=curated, habits=Habits(**kept), notify=notify
        )

    return start


@pytest.fixture(scope="module")
def smollm2() -> Path:
    """The GGUF of SmolLM2; skips where its package is absent."""
    from datakit.errors import MissingDependencyError
    from trainer.base import smollm2_file

    try:
        return smollm2_file()
    except MissingDependencyError as error:
        pytest.skip(str(error))
