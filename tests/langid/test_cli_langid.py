"""`datakit langid`: lines in, labels out."""

import subprocess
import sys

TEXT = "शिवाजी महाराजांनी किल्ले बांधले.\nशिवाजी महाराज ने किले बनवाए थे।\n\n१६७४\n"


def _run(text: bytes, *options: str) -> "subprocess.CompletedProcess[bytes]":
    program = "from datakit.cli.langid import langid; import typer; typer.run(langid)"
    return subprocess.run([sys.executable, "-c", program, *options], input=text, capture_output=True, check=False)


def test_each_line_gets_a_label_and_a_confidence() -> None:
    """As many lines come out as go in, each a label, a tab and a number with four decimals."""
    done = _run(TEXT.encode())
    lines = [line.split("\t") for line in done.stdout.decode().splitlines()]
    assert done.returncode == 0, done.stderr
    assert [label for label, _ in lines] == ["mar", "hin", "und", "und"]
    assert all(0 <= float(confidence) <= 1 and len(confidence) == 6 for _, confidence in lines)


def test_an_engine_may_be_chosen() -> None:
    """`--engine` takes another engine: CLD2 takes Konkani for Marathi, the default does not."""
    konkani = "ताणें आपल्या भुरगेपणांत खूब पुस्तकां वाचलीं आनी शिकप सोडलें ना.\n".encode()
    assert _run(konkani, "--engine", "pycld2").stdout.startswith(b"mar\t")
    assert _run(konkani).stdout.startswith(b"gom\t")


def test_bytes_that_are_no_text_get_a_label_too() -> None:
    """Invalid UTF-8, NUL and Windows line ends pass; a last line without its end counts."""
    done = _run(b"\xff\xfe\x00\r\n" + "नमस्कार मित्रांनो, कसे आहात?".encode())
    assert done.returncode == 0, done.stderr
    assert [line.split("\t")[0] for line in done.stdout.decode().splitlines()] == ["und", "mar"]


def test_an_unknown_engine_is_an_error() -> None:
    """A name that is not there ends the filter with the names that are."""
    done = _run(b"x\n", "--engine", "fast")
    assert done.returncode != 0
    assert b"there are: aurora" in done.stderr
