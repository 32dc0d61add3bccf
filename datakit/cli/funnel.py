"""The funnel: what each stage was given, what it rejected and why, and how long it took."""

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

if TYPE_CHECKING:
    from datakit.pipeline.result import Result


def funnel(result: "Result") -> Table:
    """Draw a table with a line for each stage; further reasons of a stage stand on lines of their own."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("stage")
    for heading in ("in", "kept", "rejected", "seconds"):
        table.add_column(heading, justify="right")
    table.add_column("by reason", overflow="fold")
    for name, tally in result.tallies.items():
        lost = sum(tally.rejected.values())
        reasons = "\n".join(
            f"{reason} {count:,}"
            for reason, count in sorted(tally.rejected.items(), key=lambda item: (-item[1], item[0]))
        )
        if tally.rows_in:
            table.add_row(
                name, f"{tally.rows_in:,}", f"{tally.rows_in - lost:,}", f"{lost:,}", f"{tally.seconds:.2f}", reasons
            )
    return table
