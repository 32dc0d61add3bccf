"""The gate itself: suite, check, the two files it leaves in a version, and the error that stops a release."""

import json
from pathlib import Path
from typing import Final

from datakit.errors import GateError
from datakit.gate.drift import drift_suite
from datakit.gate.engine import known_types, require_engine, run
from datakit.gate.outcome import RESULT, SUITE, Checked, Outcome, outcome
from datakit.gate.own import load_own
from datakit.gate.suite import recipe_suite
from datakit.gate.table import release_table, to_pandas
from datakit.lineage import Manifest, one_line
from datakit.recipe import GateOptions

_NAMED: Final = 10  # expectations that a message names in full


def check_ready(options: GateOptions) -> None:
    """Say before the work what would stop the gate after it. Errors: as `check_release`, but for refused arguments."""
    require_engine()
    if options.suite is not None:
        load_own(options.suite, None)


def check_release(
    folder: Path,
    manifest: Manifest,
    *,
    options: GateOptions | None = None,
    previous: Path | None = None,
    write_to: Path | None = None,
) -> Outcome:
    """Check the release whose Parquet files lie in `folder` and return what came of it, met or not.

    `previous` is the folder of the version before it, `write_to` a folder for SUITE and RESULT. The manifest need not
    lie in the folder yet. Errors: `MissingDependencyError` without Great Expectations, `InputError` or `UsageError` for
    a user's own suite that cannot be used.
    """
    options = options or GateOptions()
    table = release_table(folder, manifest)
    expectations = recipe_suite(manifest, table, options)
    if previous is not None:
        expectations += drift_suite(folder, manifest, previous, options)
    if options.suite is not None:
        expectations += load_own(options.suite, known_types())
    frame = to_pandas(table)
    del table  # the same texts twice are a gigabyte of a version of 200,000 rows
    ran = run(manifest.identity["name"], expectations, frame)
    if write_to is not None:
        for name, body in ((SUITE, ran.suite), (RESULT, ran.result)):
            text = json.dumps(body, ensure_ascii=False, indent=1) + "\n"
            (write_to / name).write_text(text, encoding="utf-8", errors="backslashreplace")
    return outcome(ran.result, seconds=ran.seconds, import_seconds=ran.import_seconds)


def raise_for_failures(found: Outcome, *, consequence: str) -> None:
    """Raise `GateError` where a critical expectation is not met: which ones, on how many rows, and on which."""
    failed = found.failures
    if not failed:
        return
    lines = [line for one in failed[:_NAMED] for line in _lines(one)]
    if len(failed) > _NAMED:
        lines.append(f"  - and {len(failed) - _NAMED} more")
    head = f"release gate: {len(failed)} of {len(found.checked)} expectations are not met; {consequence}"
    hint = "mend the rows or the recipe; what the gate asks is set in the recipe's [gate] table (docs/gate.md)"
    raise GateError("\n".join([head, *lines, hint]))


def _lines(one: Checked) -> list[str]:
    rows = [
        f"      {one_line(row.file) or '?'}, {one_line(row.locator) or '?'}  (row {one_line(row.id[:12]) or '?'})"
        for row in one.rows
    ]
    # A source's name stands in the id and the words, a cell of the table in what was found.
    return [f"  - {one_line(one.id)} ({one.type}): expected that {one_line(one.says)}; {one_line(one.found)}", *rows]
