"""What a sampled stack counts for."""

import pytest

from benchmarks.stages import START, place, shares

RUN = (
    "thread (1): MainThread;_run (<frozen runpy>:1);<module> (datakit/__main__.py:4);run (datakit/pipeline/curate.py:9)"
)


@pytest.mark.parametrize(
    ("stack", "what"),
    [
        (
            f"{RUN};a (datakit/pipeline/rows.py:3);a (datakit/stages/damage.py:40);x (datakit/screening/y.py:2)",
            "damage",
        ),
        (f"{RUN};keys (datakit/stages/near_dedup.py:1);cut (datakit/matching/word_arrays.py:9)", "near_dedup"),
        (f"{RUN};read (datakit/readers/jsonl.py:1)", "read"),
        (
            f"{RUN};write_report (datakit/report/build.py:1);collect (polars/lazyframe/frame.py:1)",
            "report of the version",
        ),
        (f"{RUN};with_text_keys (datakit/stage.py:99);dedup_key (datakit/devanagari/key.py:1)", "text keys"),
        (f"{RUN};write (datakit/pipeline/release.py:10);sha (datakit/lineage/hashes.py:1)", "pipeline: release"),
        (f"{RUN};_find_and_load (<frozen importlib>:1);<module> (datakit/stages/damage.py:1)", START),
        ("thread (1): MainThread;main (typer/main.py:1)", START),
        (f"{RUN};apply (/a/checkout/datakit/stages/pii.py:40)", "pii"),
    ],
)
def test_a_stack_counts_for_the_stage_that_asked(stack: str, what: str) -> None:
    """The first stage met from the outside pays for what it calls; imports are starting up, wherever they happen."""
    assert place(stack) == what


def test_shares_are_of_the_main_thread_and_add_up() -> None:
    """Other threads are left out, counts are summed, the largest stands first, together they are one."""
    lines = [
        f"{RUN};apply (datakit/stages/pii.py:40) 3",
        f"{RUN};apply (datakit/stages/damage.py:40) 4",
        f"{RUN};apply (datakit/stages/damage.py:41) 3",
        "thread (2): pool-1;wait (threading.py:1) 90",
    ]
    found = shares(lines)
    assert found == {"damage": 0.7, "pii": 0.3}
    assert next(iter(found)) == "damage"


def test_an_empty_profile_is_an_error() -> None:
    """A profile without the main thread says what was expected, and is no division by zero."""
    with pytest.raises(ValueError, match="holds no stack of the main thread"):
        shares(["thread (2): pool-1;wait (threading.py:1) 90"])
