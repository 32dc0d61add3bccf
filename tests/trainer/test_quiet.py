"""Telemetry and network: off before a library is imported, and on only where a user asked for it."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from trainer.interrupt import Stop, stop_on_signal
from trainer.quiet import silence

OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE")
TELEMETRY = ("HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK", "DISABLE_TELEMETRY", "UNSLOTH_DISABLE_STATISTICS")
PROJECT = Path(__file__).parents[2]


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment in which nothing of this is set; what a test sets goes again."""
    for name in (*OFFLINE, *TELEMETRY, "TQDM_DISABLE", "GOMP_SPINCOUNT", "TOKENIZERS_PARALLELISM", "WANDB_DISABLED"):
        monkeypatch.setenv(name, "x")  # so that it is put back whatever `silence` does
        monkeypatch.delenv(name)


@pytest.mark.usefixtures("bare")
def test_everything_is_off_unless_asked_for() -> None:
    """Every switch that the libraries know says no, and the hub is offline."""
    silence()
    assert {name: os.environ.get(name) for name in OFFLINE} == dict.fromkeys(OFFLINE, "1")
    assert {name: os.environ.get(name) for name in TELEMETRY} == dict.fromkeys(TELEMETRY, "1")
    assert os.environ["WANDB_DISABLED"] == "true"
    assert os.environ["TOKENIZERS_PARALLELISM"] == "false"


@pytest.mark.usefixtures("bare")
def test_a_download_opens_the_network_and_no_telemetry() -> None:
    """Asked to fetch, the hub is reachable, though an earlier call closed it; what reports home stays off."""
    silence()
    silence(allow_download=True)
    assert not set(OFFLINE) & set(os.environ)
    assert all(os.environ.get(name) == "1" for name in TELEMETRY)
    silence()
    assert all(os.environ.get(name) == "1" for name in OFFLINE)


@pytest.mark.usefixtures("bare")
def test_a_users_own_choice_stays_but_for_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is set already is left as it is; being offline is not for the environment to undo."""
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "true")
    monkeypatch.setenv("GOMP_SPINCOUNT", "100")
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    silence()
    assert os.environ["TOKENIZERS_PARALLELISM"] == "true"
    assert os.environ["GOMP_SPINCOUNT"] == "100"
    assert os.environ["HF_HUB_OFFLINE"] == "1"


def test_the_hub_is_offline_when_a_base_was_looked_for() -> None:
    """The libraries read these at import: in a fresh process they are set before the first one comes."""
    program = """
import sys
from trainer.base import load_base
try:
    load_base("who/what", work=None)
except Exception as error:
    print(type(error).__name__)
import huggingface_hub.constants as hub
print(hub.HF_HUB_OFFLINE, hub.HF_HUB_DISABLE_TELEMETRY)
"""
    clean = {name: value for name, value in os.environ.items() if name not in (*OFFLINE, *TELEMETRY)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=clean, cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["InputError", "True True"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "terminated"])
def test_the_first_signal_is_a_request(number: int) -> None:
    """Ctrl-C or a scheduler's SIGTERM: the block goes on and may look whether it was asked to stop."""
    before = [signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)]
    with stop_on_signal() as stop:
        assert not stop.asked
        os.kill(os.getpid(), number)
        assert stop.asked
    assert [signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)] == before


def test_the_second_signal_of_either_kind_stops_at_once() -> None:
    """SIGTERM after Ctrl-C is not waited for, and the handlers are put back after it."""
    before = signal.getsignal(signal.SIGTERM)
    with stop_on_signal():
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


def test_an_error_inside_puts_the_handlers_back() -> None:
    """Whatever ends the block, Ctrl-C is again what it was."""
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(RuntimeError, match="halfway"), stop_on_signal():
        raise RuntimeError("halfway")
    assert signal.getsignal(signal.SIGINT) is before


def test_one_run_after_the_other_begins_unasked() -> None:
    """A request belongs to one block: the next one is not stopped by it."""
    with stop_on_signal() as first:
        os.kill(os.getpid(), signal.SIGINT)
    with stop_on_signal() as second:
        assert (first.asked, second.asked) == (True, False)
    assert not Stop().asked


def test_in_a_thread_it_leaves_signals_alone() -> None:
    """A notebook's server trains in a thread, where no handler may be set: the block runs, and nothing is changed."""
    before = signal.getsignal(signal.SIGINT)
    seen: list[Any] = []

    def work() -> None:
        with stop_on_signal() as stop:
            seen.append((stop.asked, signal.getsignal(signal.SIGINT) is before))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(False, True)]
    assert signal.getsignal(signal.SIGINT) is before
