"""The card's figures, commands and quotations."""

from datakit.lineage import sha256_text
from export.verify.check import Check
from tests.export.lineage import card, report


def test_figures_are_the_gate_s_and_only_for_what_it_checked() -> None:
    """A file without a report, or without a measure, is called not checked; sizes are in millions of bytes."""
    lines = card().splitlines()
    assert f"| m-f16.gguf | 270 MB | 0.00012 | 98.8% | `{sha256_text('m-f16.gguf')}` |" in lines
    other = f"| m-q4_k_m.gguf | 106 MB | not checked | not checked | `{sha256_text('m-q4_k_m.gguf')}` |"
    assert other in lines
    died = report("m-q4_k_m.gguf", Check(name="llama.cpp", passed=False, says="died"))
    assert other in card(reports=[died]).splitlines()
    assert "see verify.md." in card()
    assert "NOT verified" not in card()


def test_without_reports_nobody_takes_it_for_checked() -> None:
    """With no report at all the card says that the files were not verified."""
    text = card(reports=[])
    assert "These files were NOT verified (`--no-verify`)." in text
    assert "verify.md" not in text


def test_the_commands_name_the_last_file_and_the_model() -> None:
    """The first lines to copy are for a file that is there."""
    text = card()
    assert "```\ngguf-export chat m-q4_k_m.gguf\nollama create maratha -f Modelfile\n```" in text
    assert "# maratha\n" in text


def test_every_line_of_the_system_prompt_is_quoted() -> None:
    """A system prompt of several lines stays a quotation; without one there is no heading for it."""
    assert "## System prompt\n\n> शिक्षक व्हा.\n> \n> # नेमके\n\n## Where" in card(system="शिक्षक व्हा.\n\n# नेमके")
    assert "System prompt" not in card()
