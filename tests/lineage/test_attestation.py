"""The attestation of a run: shape, subjects, what it must not tell."""

import copy
import json
from typing import Any

import pytest

from datakit.errors import UsageError
from datakit.lineage import Manifest, sha256_text, version_id
from datakit.lineage.attestation import attestation_problems, run_attestation

PROVENANCE = {
    "started": "2026-01-31T15:30:00.5+05:30",
    "finished": "2026-01-31T10:20:00+00:00",
    "git_commit": "a" * 40,
    "packages": {"torch": "2.13.0"},
    "base_path": "/somebody/models/base",
    "device": "cpu",
}


def digest(text: str) -> str:
    return sha256_text(text)


def made(**identity: Any) -> Manifest:
    """A run with two files of each kind."""
    body = {
        "format": 1,
        "dataset": {"name": "इतिहास", "id": digest("version"), "row_roots": {"train": digest("train")}},
        "rows": {"train": {"root": digest("used"), "rows": 12}},
        "base": {"name": "लहान", "sha256": digest("base"), "architecture": "llama", "form": "random"},
        "template": {"name": "chatml", "sha256": digest("template")},
        "engine": "plain",
        "config": {"lr": "0.0002"},
        "seed": 7,
        **identity,
    }
    names = ("adapter/adapter_model.safetensors", "tokenizer/tokenizer.json", "metrics.jsonl", "rows.parquet")
    files = {name: {"sha256": digest(name), "bytes": 3} for name in names}
    return Manifest(kind="run", id=version_id(body), identity=body, files=files, tools={"python": "3.11"})


def test_the_statement_has_the_shape_of_the_two_specifications() -> None:
    """The required fields of in-toto Statement v1 and SLSA provenance v1 are there, and JSON can hold them."""
    run = made()
    statement = json.loads(json.dumps(run_attestation(run, provenance=PROVENANCE)))
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://slsa.dev/provenance/v1"
    definition, details = statement["predicate"]["buildDefinition"], statement["predicate"]["runDetails"]
    assert set(definition) == {"buildType", "externalParameters", "internalParameters", "resolvedDependencies"}
    assert details["builder"]["id"].startswith("urn:")
    assert details["builder"]["version"] == {"python": "3.11", "torch": "2.13.0"}
    assert details["metadata"] == {
        "invocationId": run.id,
        "startedOn": "2026-01-31T10:00:00Z",
        "finishedOn": "2026-01-31T10:20:00Z",
    }
    every = [*statement["subject"], *details["byproducts"], *definition["resolvedDependencies"]]
    assert all(entry["name"] and entry["digest"] for entry in every)


def test_subjects_are_what_is_taken_away_and_byproducts_the_rest() -> None:
    """Each listed file stands once with its digest; the statement itself is neither."""
    run = made()
    with_itself = {**run.files, "attestation.json": {"sha256": digest("it"), "bytes": 1}}
    again = Manifest(kind="run", id=run.id, identity=run.identity, files=with_itself)
    statement = run_attestation(again, provenance={})
    assert statement["subject"] == [
        {"name": name, "digest": {"sha256": digest(name)}}
        for name in ("adapter/adapter_model.safetensors", "tokenizer/tokenizer.json")
    ]
    assert [entry["name"] for entry in statement["predicate"]["runDetails"]["byproducts"]] == [
        "metrics.jsonl",
        "rows.parquet",
    ]


def test_dependencies_are_what_went_in() -> None:
    """The version's id, the base's and the template's digest, and the program's revision, each under its algorithm."""
    statement = run_attestation(made(), provenance=PROVENANCE)
    found = statement["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert {entry["name"]: entry["digest"] for entry in found} == {
        "dataset इतिहास": {"sha256": digest("version")},
        "base लहान": {"sha256": digest("base")},
        "template chatml": {"sha256": digest("template")},
        "ancient-aurora": {"gitCommit": "a" * 40},
    }


def test_no_path_of_the_machine_gets_in() -> None:
    """What the provenance says of paths and devices stays there."""
    text = json.dumps(run_attestation(made(), provenance=PROVENANCE))
    assert "somebody" not in text
    assert "cpu" not in text


def test_an_honest_statement_has_no_problems() -> None:
    """With or without clock and packages, a run's own statement agrees with its manifest."""
    run = made()
    assert attestation_problems(run_attestation(run, provenance=PROVENANCE), run) == []
    assert attestation_problems(run_attestation(run, provenance={}), run) == []


def set_at(statement: dict[str, Any], path: str, value: Any) -> None:
    *way, last = path.split("/")
    target: Any = statement
    for step in way:
        target = target[int(step)] if isinstance(target, list) else target[step]
    target[int(last) if isinstance(target, list) else last] = value


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("_type", "x", "_type: found 'x'"),
        ("subject/0/digest/sha256", "0" * 64, "subject adapter/adapter_model.safetensors: found 000"),
        ("subject/1/name", "other", "subject tokenizer/tokenizer.json: found nothing"),
        ("predicate/runDetails/byproducts/0/digest/sha256", "1" * 64, "byproducts metrics.jsonl: found 111"),
        ("predicate/runDetails/metadata/invocationId", "2" * 64, "invocationId: found 222"),
        ("predicate/buildDefinition/buildType", "urn:x", "buildType: found urn:x"),
        ("predicate/buildDefinition/externalParameters/seed", 8, "externalParameters.seed: found 8, expected 7"),
        ("predicate/buildDefinition/resolvedDependencies/1/digest/sha256", "3" * 64, "resolvedDependencies base लहान"),
    ],
)
def test_a_changed_claim_is_named(path: str, value: Any, named: str) -> None:
    """Whatever of the statement a manifest can confirm, a change of it is found and its place told."""
    run = made()
    statement = copy.deepcopy(run_attestation(run, provenance=PROVENANCE))
    set_at(statement, path, value)
    assert any(problem.startswith(named) for problem in attestation_problems(statement, run))


def test_an_empty_statement_is_no_crash() -> None:
    """A file that is JSON but no statement yields a line for each missing claim."""
    assert len(attestation_problems({}, made())) > 10


def test_what_cannot_be_attested_is_said() -> None:
    """Another kind, no adapter, and a time without an offset are refused with what was found."""
    run = made()
    dataset = Manifest(kind="dataset", id="x", identity={})
    with pytest.raises(UsageError, match="of kind 'dataset', expected 'run'"):
        run_attestation(dataset, provenance={})
    bare = Manifest(kind="run", id=run.id, identity=run.identity)
    with pytest.raises(UsageError, match="lists no file below adapter/; list the files before"):
        run_attestation(bare, provenance={})
    for odd in ("2026-01-31T10:00:00", "yesterday", 5):
        with pytest.raises(UsageError, match=r"`started` is .*, expected a time with an offset"):
            run_attestation(run, provenance={"started": odd})
