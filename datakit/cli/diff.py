"""`datakit diff`: what changed from one version to another."""

import json
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from datakit.store import Diff

_LONGEST = 2_000
"""Characters up to which two texts are compared letter by letter: the comparison is quadratic."""
_SPOTS = 5


def diff(
    a: Annotated[str, typer.Argument(help="The version before.")],
    b: Annotated[str, typer.Argument(help="The version after.")],
    curated: Annotated[Path, typer.Option("--curated", help="Folder that holds the versions.")] = Path("curated"),
    rows: Annotated[bool, typer.Option("--rows", help="Print the rows too, the invisible by name.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Tell what changed from version A to version B."""
    from datakit.store import diff as compare
    from datakit.store import find

    found = compare(find(curated, a).path, find(curated, b).path)
    if as_json:
        typer.echo(json.dumps(_object(found, rows=rows), ensure_ascii=False))
    else:
        _print(found, rows=rows)


def _object(found: "Diff", *, rows: bool) -> dict[str, Any]:
    frames = {"added": found.added, "removed": found.removed, "edited": found.edited, "moved": found.moved}
    body: dict[str, Any] = {name: frame.to_dicts() if rows else frame.height for name, frame in frames.items()}
    body["recipe"] = found.recipe
    return {**body, "sources": found.sources.to_dicts(), "reasons": found.reasons.to_dicts()}


def _print(found: "Diff", *, rows: bool) -> None:
    frames = {"added": found.added, "removed": found.removed, "edited": found.edited, "moved": found.moved}
    for name, frame in frames.items():
        typer.echo(f"{name:<8}{frame.height:>9,}")
        for row in frame.iter_rows(named=True) if rows else ():
            typer.echo(_row(name, row))
    for reason in found.reasons.iter_rows(named=True):
        if reason["before"] != reason["after"] or reason["from_kept"]:
            kept = f", {reason['from_kept']:,} of them kept before" if reason["from_kept"] else ""
            typer.echo(f"reason  {reason['reason']}: {reason['before']:,} rows, now {reason['after']:,}{kept}")
    changes = ("added", "removed", "edited", "moved")
    for source in found.sources.iter_rows(named=True):
        if source["before"] != source["after"] or any(source[name] for name in changes):
            told = ", ".join(f"{name} {source[name]:,}" for name in changes if source[name])
            typer.echo(f"source  {source['source_id']}: {source['before']:,} rows, now {source['after']:,} ({told})")
    for line in found.recipe:
        typer.echo(f"recipe  {line}")


def _row(kind: str, row: dict[str, Any]) -> str:
    from datakit.lineage import one_line

    if kind == "moved":
        return f"  {row['id'][:16]}  from {row['before']} to {row['after']}"
    place = f"{one_line(row['file'])}: {row['locator']}  [{one_line(row['source_id'])}]"
    reason = f"  {row['stage']}: {row['reason']}" if row.get("reason") else ""
    lines = [f"  {row['id'][:16]}  {place}{reason}"]
    for name in ("question", "answer"):
        now, was = row[name], row.get(f"{name}_before")
        if kind != "edited":
            lines.append(f"    {name}: {_shown(now)}")
        elif now != was:
            lines += [f"    {name} was: {_shown(was)}", f"    {name} is:  {_shown(now)}"]
            lines += [f"      {spot}" for spot in _spots(was, now)]
    return "\n".join(lines)


def _shown(text: str | None) -> str:
    from datakit.report.marks import readable

    return "(withdrawn)" if text is None else readable(text)


def _spots(was: str | None, now: str | None) -> list[str]:
    """Return the code points that differ, spot by spot: spellings that look alike are told apart."""
    from datakit.report.marks import code_points

    if was is None or now is None or max(len(was), len(now)) > _LONGEST:
        return []
    spots = [
        f"{code_points(was[a:b])} → {code_points(now[c:d])}"
        for kind, a, b, c, d in SequenceMatcher(None, was, now, autojunk=False).get_opcodes()
        if kind != "equal" and max(b - a, d - c) <= 3  # longer than a syllable is told by the words themselves
    ]
    return spots if len(spots) <= _SPOTS else []
