"""A recipe comes back from what a version's manifest holds of it, though its TOML file is gone."""

import json
from pathlib import Path
from typing import Any

import pytest

from datakit.errors import UsageError
from datakit.lineage import sha256_text
from datakit.recipe import DEFAULT, load, parse
from datakit.recipe.restore import restore

CHANGED = """
name = "changed"
ocr = "never"
[columns]
question = "मजकूर"
answer = "खुलासा"
[[stage]]
use = "length"
min_question_chars = 3
[[stage]]
use = "chat"
system = "तू इतिहासाचा शिक्षक आहेस."
[[stage]]
use = "near_dedup"
[[stage]]
use = "split"
train = 60
validation = 20
test = 20
"""


def stored(recipe: Any) -> dict[str, Any]:
    """Return the recipe as a manifest holds it: through JSON and back."""
    found: dict[str, Any] = json.loads(json.dumps(recipe.resolved(), ensure_ascii=False))
    return found


def test_the_default_recipe_comes_back() -> None:
    """Every stage with every option, tuples and decimals included, is the one that the version was made with."""
    recipe = load(DEFAULT)
    again = restore(stored(recipe), name=recipe.name)
    assert again.row_stages == recipe.row_stages
    assert again.corpus_stages == recipe.corpus_stages
    assert (again.name, again.columns, again.ocr, again.chat) == (recipe.name, recipe.columns, recipe.ocr, recipe.chat)


def test_a_changed_recipe_comes_back() -> None:
    """Options that differ from their defaults, a mapping of columns and the mode of OCR are kept."""
    recipe = parse(CHANGED)
    again = restore(stored(recipe), name="changed")
    assert again.stages == recipe.stages
    assert (dict(again.columns), again.ocr) == ({"question": "मजकूर", "answer": "खुलासा"}, "never")
    assert again.chat.system == "तू इतिहासाचा शिक्षक आहेस."


def test_what_is_restored_has_the_identity_of_the_stored(tmp_path: Path) -> None:
    """The resolved form is the stored one letter by letter, a file's digest included, so the version's id stays."""
    words = tmp_path / "held-out.jsonl"
    words.write_text('{"question": "कोण?", "answer": "शाहू"}\n', "utf-8")
    recipe = parse(
        f'name = "x"\n[[stage]]\nuse = "chat"\n[[stage]]\nuse = "decontaminate"\nagainst = ["{words}"]\n'
        '[[stage]]\nuse = "split"\n'
    )
    kept = stored(recipe)
    assert f"sha256:{sha256_text(words.read_text('utf-8'))}" in json.dumps(kept)
    words.unlink()
    again = restore(kept, name="x")
    assert again.resolved() == kept
    assert [stage.name for stage in again.stages] == [stage.name for stage in recipe.stages]


def test_a_stage_of_another_release_is_told() -> None:
    """A stage or an option that is not known here is named with those that are, and what to do."""
    kept = stored(load(DEFAULT))
    unknown = {**kept, "stages": [*kept["stages"], {"use": "spellcheck"}]}
    with pytest.raises(
        UsageError, match=r"stage 'spellcheck': this release has none; expected one of .*chat.*--recipe"
    ):
        restore(unknown, name="x")
    changed = [{**table, "strictness": "5"} if table["use"] == "length" else table for table in kept["stages"]]
    with pytest.raises(UsageError, match=r"stage 'length': no option strictness in this release; it has .*--recipe"):
        restore({**kept, "stages": changed}, name="x")


def test_an_older_manifest_has_no_mode_of_ocr() -> None:
    """What an older release left out is its default of today."""
    kept = stored(load(DEFAULT))
    assert "ocr" not in kept
    assert restore(kept, name="x").ocr == "auto"
