"""Rewrite the generated parts of the documentation, or compare them with what the code says now."""

import difflib
import sys
from pathlib import Path

from tools.docs.blocks import replace_block
from tools.docs.commands_page import command_tree, commands_page
from tools.docs.stages_page import stages_page, stages_table
from tools.docs.transcripts import transcripts

ROOT = Path(__file__).parents[2]


def generated() -> dict[Path, str]:
    """Return what every page with generated parts should hold now."""
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    blocks = {"commands": command_tree(), "stages": stages_table(), **transcripts(ROOT)}
    for name, body in blocks.items():
        text = replace_block(text, name, body, where="README.md")
    return {
        readme: text,
        ROOT / "docs" / "commands.md": commands_page(),
        ROOT / "docs" / "stages.md": stages_page(ROOT / "tests" / "golden" / "stages"),
    }


def write() -> int:
    """Write the pages that differ and name them."""
    for path, wanted in generated().items():
        if not path.exists() or path.read_text(encoding="utf-8") != wanted:
            path.write_text(wanted, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    return 0


def check() -> int:
    """Print the difference of every stale page; return 1 where there is one."""
    stale = 0
    for path, wanted in generated().items():
        name = path.relative_to(ROOT).as_posix()
        found = path.read_text(encoding="utf-8") if path.exists() else ""
        if found != wanted:
            stale = 1
            lines = difflib.unified_diff(
                found.splitlines(), wanted.splitlines(), name, f"{name} as the code has it", "", "", 1, ""
            )
            print("\n".join(lines))
            print(f"{name}: stale. Next: `make docs`, read the change, commit it.")
    if not stale:
        print("docs: every generated part is up to date")
    return stale


def main() -> int:
    """Run `write` or `check`."""
    commands = {"write": write, "check": check}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        print(f"usage: python -m tools.docs {'|'.join(commands)}", file=sys.stderr)
        return 2
    try:
        return commands[sys.argv[1]]()
    except (RuntimeError, ValueError) as error:
        print(f"docs: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
