"""Progress on a terminal."""

import io

from rich.console import Console

from datakit.cli.progress import LINES, Bars


def terminal() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=80, height=40, color_system=None)


def drawn(bars: Bars, console: Console) -> str:
    with console.capture() as capture:
        console.print(bars._progress.get_renderable())
    return capture.get()


def test_a_folder_of_many_files_draws_a_few_lines() -> None:
    """However many files start, no more than LINES are drawn, the latest last; news of older ones is no error."""
    console = terminal()
    bars = Bars(console)
    names = [f"पान-{number}.html" for number in range(500)]
    for name in names:
        bars.start(name, None)
    for name in names:
        bars.advance(name, 3)
        bars.finish(name, "3 rows")
    lines = drawn(bars, console).splitlines()
    assert len(lines) == LINES
    assert "पान-488.html" in lines[0]
    assert "पान-499.html" in lines[-1]


def test_rows_so_far_are_told_before_the_end_is_known() -> None:
    """A file of unknown length tells how many rows are done; its last note replaces that."""
    console = terminal()
    bars = Bars(console)
    bars.start("a.jsonl", None)
    bars.advance("a.jsonl", 2048)
    bars.advance("a.jsonl", 2048)
    assert "4,096 rows" in drawn(bars, console)
    bars.finish("a.jsonl", "4,096 rows, as before")
    assert "4,096 rows, as before" in drawn(bars, console)


def test_a_file_name_is_no_markup() -> None:
    """Square brackets in a name are drawn as they are."""
    console = terminal()
    bars = Bars(console)
    bars.start("notes[bold].txt", None)
    assert "notes[bold].txt" in drawn(bars, console)
