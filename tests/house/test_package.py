"""What the distribution promises: light to install, private, licensed, three commands."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution, entry_points
from typing import Any

import pytest
from packaging.requirements import Requirement

from tests.house.tree import PROJECT

PYPROJECT: dict[str, Any] = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
HEAVY = {"torch", "transformers", "trl", "peft", "unsloth", "bitsandbytes", "tensorflow", "jax", "great-expectations"}


def name_of(text: str) -> str:
    return re.sub(r"[-_.]+", "-", Requirement(text).name).lower()


def closure(requirements: list[str]) -> set[str]:
    """Return the names of everything that these requirements install, as far as it is installed here."""
    found: set[str] = set()
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        requirement = waiting.pop()
        extras = requirement.extras or {""}
        if requirement.marker and not any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
            continue
        name = name_of(str(requirement))
        if name in found:
            continue
        found.add(name)
        try:
            needs = distribution(name).requires or []
        except PackageNotFoundError:
            continue
        for text in needs:
            need = Requirement(text)
            if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in extras):
                need.marker = None
                waiting.append(need)
    return found


def test_the_closure_follows_requirements_of_requirements() -> None:
    """The next test can fail: the closure finds a package that nothing asks for directly."""
    assert "markdown-it-py" in closure(["rich>=14"])


def test_the_base_install_is_light() -> None:
    """Whatever the base install brings, by whatever detour, no model or gate library is in it."""
    assert closure(PYPROJECT["project"]["dependencies"]) & (HEAVY | {"datasets", "pandas", "pyarrow"}) == set()


@pytest.mark.parametrize("extra", ["engines", "hub", "gate", "review", "scale", "sign", "sources", "export"])
def test_only_training_brings_torch(extra: str) -> None:
    """No extra but `train` and those that contain it installs a model library of gigabytes."""
    needs = PYPROJECT["project"]["optional-dependencies"][extra]
    allowed = {"great-expectations"} if extra == "gate" else set()
    assert closure(needs) & (HEAVY - allowed) == set()


def test_the_tests_install_every_extra() -> None:
    """`make test` installs every extra, so that no part is left untested; unsloth alone needs a GPU to be imported."""
    extras = PYPROJECT["project"]["optional-dependencies"]
    (own,) = [text for text in extras["dev"] if text.startswith("ancient-aurora")]
    assert Requirement(own).extras == set(extras) - {"dev", "unsloth"}


def test_every_requirement_has_a_lower_bound() -> None:
    """Each requirement says from which version on it was seen to work; one is pinned, as its library's hash is."""
    project = PYPROJECT["project"]
    every = [*project["dependencies"], *(text for extra in project["optional-dependencies"].values() for text in extra)]
    open_ended = [text for text in every if not text.startswith("ancient-aurora") and ">=" not in text]
    assert open_ended == ["libgguf==0.2.2"]


@pytest.mark.parametrize(
    ("command", "target"),
    [("datakit", "datakit.cli:main"), ("trainer", "trainer.cli:main"), ("gguf-export", "export.cli:main")],
)
def test_the_commands_are_installed_and_lead_somewhere(command: str, target: str) -> None:
    """Each console script is installed under its name and loads."""
    (script,) = entry_points(group="console_scripts", name=command)
    assert script.value == target
    assert callable(script.load())


def test_nobody_uploads_it_by_mistake() -> None:
    """The distribution carries the classifier that package indexes refuse, since its import names are generic."""
    assert "Private :: Do Not Upload" in PYPROJECT["project"]["classifiers"]


def test_the_licence_is_there_in_full() -> None:
    """The licence named in pyproject.toml is the text in LICENSE."""
    assert PYPROJECT["project"]["license"] == "Apache-2.0"
    text = (PROJECT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_the_change_log_knows_this_version() -> None:
    """CHANGELOG.md has a section for the version that pyproject.toml declares."""
    heads = re.findall(r"^## \[?([^\]\s]+)\]?", (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert PYPROJECT["project"]["version"] in heads


def test_data_files_are_packed() -> None:
    """Every data file of datakit is matched by a pattern of package-data: a wheel holds what a checkout does."""
    patterns = PYPROJECT["tool"]["setuptools"]["package-data"]["datakit"]
    suffixes = {pattern.rpartition(".")[2] for pattern in patterns}
    files = [path for path in (PROJECT / "datakit").rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")]
    left_out = [path.relative_to(PROJECT).as_posix() for path in files if path.suffix.lstrip(".") not in suffixes]
    assert not left_out
