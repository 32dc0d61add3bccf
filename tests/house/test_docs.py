"""The documentation: generated parts are what the code says, every command is in it, no link leads nowhere."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import pytest

from datakit.readers.sources import load_sources
from datakit.recipe import parse
from datakit.stages import STAGES
from tests.house.tree import PROJECT, project_files
from tools.docs.blocks import replace_block, table
from tools.docs.commands_page import command_tree, commands_page, walk
from tools.docs.stages_page import options, stages_page, stages_table
from tools.docs.transcripts import steady

README = PROJECT / "README.md"


def page(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def block(name: str) -> str:
    (found,) = re.findall(rf"<!-- generated: {name} -->\n(.*?)\n<!-- end: {name} -->", page("README.md"), re.DOTALL)
    return str(found)


@pytest.mark.parametrize(("name", "command"), list(walk()), ids=lambda value: value if isinstance(value, str) else "")
def test_every_command_is_documented(name: str, command: object) -> None:
    """A command that people can call stands in the README and, with each of its options, in docs/commands.md."""
    assert re.search(rf"\b{name}\b", page("README.md"))
    section = page("docs/commands.md").partition(f"## {name}\n")[2].partition("\n## ")[0]
    assert section
    for parameter in command.params:  # type: ignore[attr-defined]
        for option in [text for text in parameter.opts if text.startswith("-")]:
            assert f"`{option}`" in section, f"{name} {option}: not documented; `make docs` writes it"


def test_generated_pages_are_fresh() -> None:
    """What is generated from the code equals what is committed; `make docs` makes it so."""
    assert page("docs/commands.md") == commands_page()
    assert page("docs/stages.md") == stages_page(PROJECT / "tests" / "golden" / "stages")
    assert block("commands") == command_tree()
    assert block("stages") == stages_table()


def test_every_stage_and_reason_is_documented() -> None:
    """Every reason that a stage may give stands in the section of that stage, with an example of what it means."""
    text = page("docs/stages.md")
    for name, stage in STAGES.items():
        section = text.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        for reason in stage.reasons:
            assert re.search(rf"^\| `{reason}` \| \S", section, re.MULTILINE), f"{name}: {reason} has no example"


def test_every_option_is_explained() -> None:
    """An option says what it means, or where its default comes from, in a docstring or a comment at its place."""
    silent = {f"{name}.{option.name}" for name, stage in STAGES.items() for option in options(stage) if not option.text}
    assert silent == set(), "no docstring and no comment at the option"


@pytest.mark.parametrize("path", project_files("*.md"), ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_links_lead_somewhere(path: Path) -> None:
    """Every relative link of a page leads to a file of the project, and its anchor to a heading there."""
    if path.relative_to(PROJECT).parts[0] == "raw":
        pytest.skip("the sample's pages are data")
    for target in re.findall(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        to = path.parent / file if file else path
        assert to.exists(), f"{path.relative_to(PROJECT)}: {target} leads nowhere"
        if anchor:
            heads = re.findall(r"^#+ (.+)$", to.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}, target


def test_every_page_is_in_the_index() -> None:
    """docs/README.md links every page beside it."""
    index = page("docs/README.md")
    pages = {path.name for path in project_files("*.md") if path.parent == PROJECT / "docs"} - {"README.md"}
    assert pages
    missing = {name for name in pages if f"]({name})" not in index}
    assert not missing


def test_the_examples_of_recipes_are_valid(tmp_path: Path) -> None:
    """The recipe and the sources printed in docs/recipes.md are accepted as they stand."""
    recipe, sources = re.findall(r"```toml\n(.*?)```", page("docs/recipes.md"), re.DOTALL)
    parsed = parse(recipe, where="docs/recipes.md")
    assert [stage.name for stage in parsed.stages] == ["normalize", "length", "chat", "exact_dedup", "split"]
    assert parsed.columns["question"] == "प्रश्न मजकूर"
    (tmp_path / "class9").mkdir()
    for name in ("class9/a.csv", "class9.zip"):
        (tmp_path / name).write_bytes(b"question,answer")
    (tmp_path / "sources.toml").write_text(sources, encoding="utf-8")
    source = load_sources(tmp_path).of("class9/a.csv")
    assert (source.id, source.licence, source.priority) == ("school-board-9", "CC-BY-4.0", 10)


def test_the_transcript_is_whole() -> None:
    """The README shows a run that ends with a version id, and the second run that publishes nothing."""
    first, again = block("make-curate"), block("make-curate-again")
    version = first.splitlines()[-2]
    assert re.fullmatch("[0-9a-f]{64}", version)
    assert again.splitlines()[-2] == version
    assert "published curated/" in first
    assert "nothing new" in again


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What a stage may look like to the generator."""

    name: ClassVar[str] = "sample"
    reasons: ClassVar[tuple[str, ...]] = ()

    min_words: int = 3  # a comment beside it
    mode: Literal["a", "b"] = "a"
    """A docstring below it."""
    # Comment lines
    # above it.
    share: float = 0.5
    bare: tuple[str, ...] = ("x",)


def test_options_are_read_from_the_source() -> None:
    """Type, default and text of an option are what its author wrote, the text as a comment or as a docstring."""
    found = [(option.name, option.kind, option.default, option.text) for option in options(Sample)]
    assert found == [
        ("min_words", "int", "3", "a comment beside it"),
        ("mode", '"a" or "b"', '"a"', "A docstring below it."),
        ("share", "float", "0.5", "Comment lines above it."),
        ("bare", "tuple[str, ...]", "('x',)", ""),
    ]


def test_a_block_is_replaced_and_the_rest_stays() -> None:
    """Only the lines between the marks change, whatever stands in them."""
    text = "before\n<!-- generated: x -->\nold\n<!-- end: x -->\nafter\n"
    new = replace_block(text, "x", "back\\1slash\n", where="page")
    assert new == "before\n<!-- generated: x -->\nback\\1slash\n<!-- end: x -->\nafter\n"
    assert replace_block(new, "x", "back\\1slash", where="page") == new


@pytest.mark.parametrize("text", ["", "<!-- generated: x -->", "<!-- generated: x -->\n<!-- end: x -->\n" * 2])
def test_a_missing_or_doubled_block_is_an_error(text: str) -> None:
    """A page without the marks, or with two of them, is refused with the marks to write."""
    with pytest.raises(ValueError, match="expected one, between the lines <!-- generated: x --> and <!-- end: x -->"):
        replace_block(text, "x", "body", where="page")


def test_a_table_cell_cannot_break_its_row() -> None:
    """A `|` or a line break in a cell leaves the table whole."""
    assert table(["a", "b"], [["x|y", "one\n  two"]]) == "| a | b |\n| --- | --- |\n| x\\|y | one two |"


def test_a_transcript_holds_no_time_and_no_temporary_folder() -> None:
    """Times go, their width and all counts stay; the temporary folder becomes the project's own."""
    output = "normalize   606   606   0   0.31\ntotal 1.5 rows\n606 rows in, 12.3 s\npublished /tmp/q/curated/m/ab12\n"
    assert steady(output, Path("/tmp/q/curated")) == (
        "normalize   606   606   0      ·\ntotal 1.5 rows\n606 rows in, … s\npublished curated/m/ab12"
    )
