"""What a run says of itself to the supply-chain tools: an in-toto Statement v1 with an SLSA provenance v1 predicate.

The statement is a plain dict, unsigned; signing a run's folder covers it like any other file. It holds digests and
names only: where the base or the version lay on somebody's disk is not in it, though the provenance knows.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from datakit.errors import UsageError
from datakit.lineage.identity import canonical_json
from datakit.lineage.manifest import Manifest

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE: Final = "https://slsa.dev/provenance/v1"
BUILD_TYPE: Final = "urn:ancient-aurora:run:1"
"""What `externalParameters` hold: the parts of a run's identity that the user chose."""
BUILDER: Final = "urn:ancient-aurora:trainer"
ATTESTATION: Final = "attestation.json"
"""The file's name in a run's folder; a statement never speaks of itself."""

_PRODUCTS: Final = ("adapter/", "tokenizer/")  # what a user takes away; every other file tells how it went
_CHOSEN: Final = ("dataset", "rows", "base", "template", "engine", "config", "seed")


def run_attestation(run: Manifest, *, provenance: Mapping[str, Any]) -> dict[str, Any]:
    """Return the statement about a run whose manifest lists its files already.

    `provenance` is what lies in `provenance.json`: `started` and `finished` (ISO 8601 with an offset), `git_commit`,
    `packages` (name to version), each of them optional; other keys, such as paths, are not taken over. Subjects are the
    files below `adapter/` and `tokenizer/`, byproducts the others. Source: https://slsa.dev/spec/v1.0/provenance.

    Errors: `UsageError` for a manifest of another kind, for one without an adapter, and for a time without an offset.
    """
    if run.kind != "run":
        raise UsageError(f"attestation: the manifest {run.id} is of kind {run.kind!r}, expected 'run'")
    subjects = [name for name in run.files if name.startswith(_PRODUCTS)]
    if not any(name.startswith("adapter/") for name in subjects):
        raise UsageError(
            f"attestation: run {run.id} lists no file below adapter/; list the files before attesting them"
        )
    others = [name for name in run.files if name not in subjects and name != ATTESTATION]
    metadata = {"invocationId": run.id} | {
        name: _time(key, provenance[key])
        for name, key in (("startedOn", "started"), ("finishedOn", "finished"))
        if provenance.get(key)
    }
    return {
        "_type": STATEMENT_TYPE,
        "subject": _files(run, subjects),
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {name: run.identity[name] for name in _CHOSEN if name in run.identity},
                "internalParameters": {},
                "resolvedDependencies": _dependencies(run.identity, provenance),
            },
            "runDetails": {
                "builder": {"id": BUILDER, "version": _versions(run, provenance)},
                "metadata": metadata,
                "byproducts": _files(run, others),
            },
        },
    }


def attestation_problems(statement: Mapping[str, Any], run: Manifest) -> list[str]:
    """Return each difference between a statement and the manifest of the run that it should speak of.

    Time and packages cannot be checked against a manifest and are not. An empty list: they agree.
    """
    expected = run_attestation(run, provenance={})
    problems = [
        f"{name}: found {statement.get(name)!r}, expected {expected[name]!r}"
        for name in ("_type", "predicateType")
        if statement.get(name) != expected[name]
    ]
    told, wanted = _places(statement), _places(expected)
    for place in sorted(told.keys() | wanted.keys()):
        found, right = told.get(place), wanted.get(place)
        if found != right:
            problems.append(f"{place}: found {found or 'nothing'}, expected {right or 'nothing'}")
    return problems


def _places(statement: Mapping[str, Any]) -> dict[str, str]:
    """Return every claim that a manifest can confirm, by its place in the statement."""
    predicate = statement.get("predicate", {})
    definition, details = predicate.get("buildDefinition", {}), predicate.get("runDetails", {})
    claims = {
        "buildType": definition.get("buildType"),
        "invocationId": details.get("metadata", {}).get("invocationId"),
        **{
            f"externalParameters.{name}": canonical_json(value).decode()
            for name, value in definition.get("externalParameters", {}).items()
        },
    }
    lists = {
        "subject": statement.get("subject", []),
        "byproducts": details.get("byproducts", []),
        "resolvedDependencies": [
            entry for entry in definition.get("resolvedDependencies", []) if "sha256" in entry.get("digest", {})
        ],
    }
    for part, entries in lists.items():
        claims |= {f"{part} {entry.get('name')}": entry.get("digest", {}).get("sha256") for entry in entries}
    return {place: claim for place, claim in claims.items() if claim is not None}


def _files(run: Manifest, names: Iterable[str]) -> list[dict[str, Any]]:
    return [{"name": name, "digest": {"sha256": run.files[name]["sha256"]}} for name in sorted(names)]


def _dependencies(identity: Mapping[str, Any], provenance: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what went in: the version, the base, the template, and this program's own revision where it is known."""
    dataset, base, template = identity["dataset"], identity["base"], identity["template"]
    found: list[dict[str, Any]] = [
        {
            "name": f"dataset {dataset['name']}",
            "digest": {"sha256": dataset["id"]},
            "annotations": {"rowRoots": dataset["row_roots"]},
        },
        {"name": f"base {base['name']}", "digest": {"sha256": base["sha256"]}},
        {"name": f"template {template['name']}", "digest": {"sha256": template["sha256"]}},
    ]
    if commit := provenance.get("git_commit"):
        found.append({"name": "ancient-aurora", "digest": {"gitCommit": commit}})
    return found


def _versions(run: Manifest, provenance: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(number) for name, number in sorted({**run.tools, **provenance.get("packages", {})}.items())}


def _time(key: str, text: str) -> str:
    """Return a time as the statement writes it: UTC, whole seconds, `Z`."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise UsageError(
            f"attestation: `{key}` is {text!r}, expected a time with an offset, as 2026-01-31T10:00:00+00:00"
        )
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
