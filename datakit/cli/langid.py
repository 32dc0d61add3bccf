"""`datakit langid`: a filter, text lines in, `label<TAB>confidence` lines out."""

from typing import Annotated, Final

import typer

_BATCH_BYTES: Final = 4 << 20  # lines are judged in batches, so that arrays pay off and memory stays flat


def langid(
    engine: Annotated[
        str, typer.Option(help="aurora, pycld2, py3langid, langdetect (seeded) or langdetect-rs.")
    ] = "aurora",
) -> None:
    """Write the language of each line of standard input: ISO 639-3 label, tab, confidence from 0 to 1.

    `mar-Latn` is Marathi in Latin letters, `und` a line of which nothing can be said. Input is UTF-8; bytes that are
    not are read as U+FFFD.
    """
    from datakit.langid import guess

    source, sink = typer.get_binary_stream("stdin"), typer.get_binary_stream("stdout")
    while lines := source.readlines(_BATCH_BYTES):
        found = guess([line.rstrip(b"\r\n").decode("utf-8", "replace") for line in lines], engine=engine)
        pairs = zip(found.labels, found.confidences, strict=True)
        sink.write("".join(f"{label}\t{confidence:.4f}\n" for label, confidence in pairs).encode())
    sink.flush()
