"""A program named tesseract that answers what a test wants: the real one is called the same way."""

import stat
from collections.abc import Sequence
from pathlib import Path

HEAD = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"

SCRIPT = """#!/bin/sh
case "$1" in
--version) echo "tesseract {version}"; exit 0;;
--list-langs) echo "List of available languages"; {languages} exit 0;;
esac
cat > /dev/null
echo call >> "{folder}/calls"
{answer}
"""


def table(lines: Sequence[str], *, confidence: float = 95, doubtful: dict[str, float] | None = None) -> str:
    """Return Tesseract's table for the lines of one page of A4 at 300 dpi; `doubtful` words have their own."""
    rows = [HEAD, "1\t1\t0\t0\t0\t0\t0\t0\t2479\t3508\t-1\t"]
    for number, line in enumerate(lines, start=1):
        for place, word in enumerate(line.split(), start=1):
            sure = (doubtful or {}).get(word, confidence)
            box = f"{300 + 150 * place}\t{500 + 80 * number}\t140\t50"
            rows.append(f"5\t1\t1\t1\t{number}\t{place}\t{box}\t{sure}\t{word}")
    return "\n".join(rows) + "\n"


def install(
    folder: Path, answer: str, *, version: str = "9.9.9", languages: Sequence[str] = ("eng", "mar"), code: int = 0
) -> Path:
    """Put the program into a folder for PATH; `answer` is its table, `code` its exit status. Return its log."""
    folder.mkdir(exist_ok=True)
    (folder / "table.tsv").write_text(answer, encoding="utf-8")
    say = f'cat "{folder}/table.tsv"; exit {code}' if code == 0 else f"echo 'bad picture' >&2; exit {code}"
    listed = "".join(f"echo {language}; " for language in languages)
    program = folder / "tesseract"
    program.write_text(SCRIPT.format(version=version, languages=listed, folder=folder, answer=say), encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return folder / "calls"
