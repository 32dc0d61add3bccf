"""`datakit normalize`: a filter, text lines in, text lines out."""

from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from datakit.devanagari import Policy

_BATCH_BYTES: Final = (
    4 << 20
)  # lines are normalized in batches, so that the column engine pays off and memory stays flat


def normalize(
    explain: Annotated[
        bool, typer.Option("--explain", help="Print each change instead: line, rule, word, code points; tab-separated.")
    ] = False,
    digits: Annotated[str, typer.Option(help="keep, deva or ascii.")] = "keep",
    quotes: Annotated[str, typer.Option(help="keep or ascii.")] = "keep",
    nukta: Annotated[str, typer.Option(help="keep or drop.")] = "keep",
    zwj: Annotated[str, typer.Option(help="noise (delete where it means nothing) or keep.")] = "noise",
    zwnj: Annotated[str, typer.Option(help="noise (delete where it means nothing) or keep.")] = "noise",
) -> None:
    """Write the lines of standard input to standard output in canonical Marathi spelling, one line for each line.

    Input is UTF-8. A line that is not comes out byte for byte as it was, and is named on standard error; the exit
    code is then 5, after all lines are written.
    """
    from datakit.devanagari import Policy
    from datakit.errors import InputError

    policy = Policy(digits=digits, quotes=quotes, nukta=nukta, zwj=zwj, zwnj=zwnj)  # type: ignore[arg-type]  # it checks
    write = _explain if explain else _rewrite
    bad, number = [], 1
    for lines in _batches(typer.get_binary_stream("stdin")):
        bad += write(lines, number, policy, typer.get_binary_stream("stdout"))
        number += len(lines)
    typer.get_binary_stream("stdout").flush()
    if bad:
        where = ", ".join(map(str, bad[:10])) + (", …" if len(bad) > 10 else "")
        raise InputError(
            f"standard input: {len(bad)} of {number - 1} lines are not UTF-8 (line {where}) and were passed through "
            "unchanged; convert the input first, for example with iconv"
        )


def _batches(stream: IO[bytes]) -> Iterator[list[bytes]]:
    while lines := stream.readlines(_BATCH_BYTES):
        yield lines


def _decode(line: bytes) -> str | None:
    try:
        return line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8")
    except UnicodeDecodeError:
        return None


def _rewrite(lines: list[bytes], first: int, policy: "Policy", out: IO[bytes]) -> list[int]:
    import polars as pl

    from datakit.devanagari import normalize_series

    texts = [_decode(line) for line in lines]
    after = normalize_series(pl.Series(texts, dtype=pl.String), policy=policy).to_list()
    for raw, text in zip(lines, after, strict=True):
        if text is None:
            out.write(raw)
        else:
            # A form feed or an entity may have become a line end: in a line filter it is a space.
            out.write(" ".join(text.split("\n")).encode("utf-8") + (b"\n" if raw.endswith(b"\n") else b""))
    return [number for number, text in enumerate(texts, first) if text is None]


def _explain(lines: list[bytes], first: int, policy: "Policy", out: IO[bytes]) -> list[int]:
    from datakit.devanagari import explain

    bad = []
    for number, line in enumerate(lines, first):
        text = _decode(line)
        if text is None:
            bad.append(number)
            continue
        for change in explain(text, policy=policy):
            out.write(f"{number}\t{change}\n".encode())
    return bad
