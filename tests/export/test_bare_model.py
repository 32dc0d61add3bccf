"""A model folder by itself: opened by its weights."""

from pathlib import Path

import pytest

from datakit.errors import InputError, UsageError
from datakit.lineage import Manifest, content_root, sha256_file, version_id, write_manifest
from export.subject import open_subject, weights_root
from tests.export.subjects import model


def test_a_bare_model_is_opened_by_its_weights(tmp_path: Path) -> None:
    """Its name is the folder's, its identity that of every weight file, whatever their order; no run, no version."""
    folder = model(tmp_path / "My-Model")
    found = open_subject(folder)
    assert (found.name, found.base, found.tokenizer, found.run, found.adapter) == (
        "my-model",
        folder,
        folder,
        None,
        None,
    )
    assert found.base_identity == {
        "name": "My-Model",
        "sha256": content_root([sha256_file(folder / f"model-{n}.safetensors") for n in (2, 1)]),
        "architecture": "LlamaForCausalLM",
        "form": "safetensors",
    }
    before = weights_root(folder)
    (folder / "notes.txt").write_text("x")
    assert weights_root(folder) == before
    (folder / "model-1.safetensors").write_bytes(b"One")
    assert weights_root(folder) != before
    assert weights_root(folder / "model-1.safetensors") == content_root([sha256_file(folder / "model-1.safetensors")])


@pytest.mark.parametrize("config", ["{}", '{"architectures": []}', '{"architectures": null}'])
def test_a_model_that_names_no_architecture_is_unknown(config: str, tmp_path: Path) -> None:
    """What the config does not say is called unknown, and refused later by the one who needs it."""
    assert open_subject(model(tmp_path / "m", config=config)).base_identity["architecture"] == "unknown"


@pytest.mark.parametrize(("config", "says"), [("{", "cannot be read ("), ("[1]", "expected a JSON object, found list")])
def test_a_torn_config_is_named(config: str, says: str, tmp_path: Path) -> None:
    """The config's path is in the message."""
    with pytest.raises(InputError, match=r"config\.json: ") as caught:
        open_subject(model(tmp_path / "m", config=config))
    assert says in str(caught.value)


def test_what_goes_with_a_run_is_refused_for_a_model(tmp_path: Path) -> None:
    """A model is its own base; a GGUF is no input; a manifest of another kind is no run."""
    folder = model(tmp_path / "m")
    with pytest.raises(UsageError, match=r"--base goes with a run; .*m is a model by itself"):
        open_subject(folder, base=folder)
    (tmp_path / "x.gguf").write_bytes(b"GGUF")
    with pytest.raises(UsageError, match=r"x\.gguf: is a GGUF already; expected a run folder, or a model folder"):
        open_subject(tmp_path / "x.gguf")
    identity = {"name": "d"}
    write_manifest(tmp_path, Manifest(kind="dataset", id=version_id(identity), identity=identity))
    with pytest.raises(UsageError, match="a manifest of kind dataset; expected a run"):
        open_subject(tmp_path)
