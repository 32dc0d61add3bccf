"""Croissant 1.1: the splits beside a JSON-LD description with digests, record sets and where everything came from.

Source of the terms: the Croissant Format Specification 1.1 (its context, `cr:Split`, and PROV-O for provenance) and
schema.org. The digests are what a reader checks the files against, so a changed byte is found.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from datakit.lineage import Manifest, sha256_file
from datakit.pack.licences import licence_url
from datakit.pack.rows import split_rows

FILE: Final = "croissant.json"
CONFORMS_TO: Final = "http://mlcommons.org/croissant/1.1"

_CONTEXT: Final[dict[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    **{
        term: f"cr:{term}"
        for term in (
            *("arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "extract", "field"),
            *("fileObject", "fileProperty", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath"),
            *("key", "md5", "parentField", "path", "recordSet", "references", "regex", "repeated", "replace"),
            *("samplingRate", "separator", "source", "subField", "transform"),
        )
    },
}
_SPLIT_URLS: Final = {"train": "cr:TrainingSplit", "validation": "cr:ValidationSplit", "test": "cr:TestSplit"}
_FIELDS: Final = {
    "id": "sha256 over what a model is trained on, and nothing else",
    "question": "The question, in Marathi",
    "answer": "The answer",
    "context": "A passage that the question leans on; empty for most rows",
    "system": "The instruction before the conversation",
    "source_id": "Which source the row came from",
    "licence": "The licence that the source states, as an SPDX id",
    "file": "The file that the row was read from",
    "locator": "The place in that file, such as a line or a sheet and its row",
    "split_group": "Rows that share it are never in two splits",
}


def write_croissant(version: Path, manifest: Manifest, folder: Path) -> dict[str, int]:
    """Write `croissant.json` and a copy of each split into a folder; return the rows of each split."""
    splits = list(split_rows(manifest))
    for split in splits:
        shutil.copyfile(version / f"{split}.parquet", folder / f"{split}.parquet")
    body = _description(version, manifest, folder, splits)
    (folder / FILE).write_text(json.dumps(body, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return split_rows(manifest)


def _description(version: Path, manifest: Manifest, folder: Path, splits: list[str]) -> dict[str, Any]:
    identity = manifest.identity
    name, kept = identity["name"], manifest.counts["kept"]
    licences = sorted({licence_url(source["licence"]) for source in identity["sources"] if source["licence"]})
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "@id": f"urn:sha256:{manifest.id}",
        "conformsTo": CONFORMS_TO,
        "name": name,
        "description": f"{kept:,} questions and answers in Marathi, curated from {len(identity['sources'])} sources. "
        f"Version {manifest.id}: the id is a hash over the rows of each split, the sources and the recipe.",
        "url": f"urn:sha256:{manifest.id}",
        "version": f"1.0.0+{manifest.id}",
        "inLanguage": "mr",
        "license": licences or "not stated",
        "creator": {"@type": "sc:Organization", "name": f"the curators of {name}"},
        "datePublished": _published(version),
        "keywords": ["Marathi", "question answering", "supervised fine-tuning"],
        "isLiveDataset": False,
        "citeAs": f"{name}, version {manifest.id}",
        **_provenance(manifest),
        "distribution": [_file(folder / f"{split}.parquet") for split in splits],
        "recordSet": [_splits(splits), _sources(manifest, version), *(_rows(split) for split in splits)],
    }


def _provenance(manifest: Manifest) -> dict[str, Any]:
    """Return what the dataset was derived from and by what activity, in PROV-O's terms."""
    identity = manifest.identity
    entities = [
        {
            "@type": "prov:Entity",
            "@id": f"urn:sha256:{source['sha256']}",
            "prov:label": source["id"],
            **({"dct:license": licence_url(source["licence"])} if source["licence"] else {}),
        }
        for source in identity["sources"]
    ]
    stages = ", ".join(stage["use"] for stage in identity["recipe"]["stages"])
    tools = ", ".join(f"{name} {number}" for name, number in manifest.tools.items())
    activity = {
        "@type": "prov:Activity",
        "prov:label": f"datakit curate: {stages}",
        "prov:wasAssociatedWith": {"@type": "prov:SoftwareAgent", "prov:label": tools or "datakit"},
    }
    return {"prov:wasDerivedFrom": entities, "prov:wasGeneratedBy": activity}


def _file(path: Path) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": path.name,
        "name": path.name,
        "contentUrl": path.name,
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": "application/x-parquet",
        "sha256": sha256_file(path),
    }


def _splits(splits: list[str]) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": "splits",
        "name": "splits",
        "description": "The splits of the dataset",
        "dataType": "cr:Split",
        "key": {"@id": "splits/name"},
        "field": [
            _field("splits", "name", "What the split is called"),
            _field("splits", "url", "What it is for", kind="sc:URL"),
        ],
        "data": [{"splits/name": split, "splits/url": _SPLIT_URLS[split]} for split in splits if split in _SPLIT_URLS],
    }


def _sources(manifest: Manifest, version: Path) -> dict[str, Any]:
    """Return every source with its digest and licence, and how many rows are kept of it."""
    kept = pl.scan_parquet(version / "lineage.parquet").filter(pl.col("role") == "kept")
    counts = dict(kept.group_by("source_id").len().collect().iter_rows())
    fields = {
        "id": "The name that rows carry in `source_id`",
        "licence": "SPDX id; empty where none is stated",
        "sha256": "Digest over the records of the source as they were read",
    }
    return {
        "@type": "cr:RecordSet",
        "@id": "sources",
        "name": "sources",
        "description": "Every source, rejected rows included in its digest",
        "key": {"@id": "sources/id"},
        "field": [
            *(_field("sources", name, text) for name, text in fields.items()),
            _field("sources", "rows_kept", "Rows of the splits that were read from it", kind="sc:Integer"),
        ],
        "data": [
            {
                **{f"sources/{name}": source[name] or "" for name in fields},
                "sources/rows_kept": counts.get(source["id"], 0),
            }
            for source in manifest.identity["sources"]
        ],
    }


def _rows(split: str) -> dict[str, Any]:
    """Return the record set of one split; `messages` has a role and a content for each turn."""

    def extract(column: str) -> dict[str, Any]:
        return {"fileObject": {"@id": f"{split}.parquet"}, "extract": {"column": column}}

    def reference(name: str) -> dict[str, Any]:
        return {"references": {"field": {"@id": "sources/id"}}} if name == "source_id" else {}

    fields: list[Mapping[str, Any]] = [
        {**_field(split, name, text), "source": extract(name), **reference(name)} for name, text in _FIELDS.items()
    ]
    fields.append(
        {
            **_field(split, "messages", "What a model is trained on: the turns, each with a role and a content"),
            "repeated": True,
            "subField": [
                {
                    **_field(f"{split}/messages", name, text),
                    "source": {**extract("messages"), "transform": {"jsonPath": f"$.{name}"}},
                }
                for name, text in (("role", "system, user or assistant"), ("content", "What is said"))
            ],
        }
    )
    return {
        "@type": "cr:RecordSet",
        "@id": split,
        "name": split,
        "description": f"The {split} split, a record for each row",
        "key": {"@id": f"{split}/id"},
        "field": fields,
    }


def _field(record_set: str, name: str, description: str, *, kind: str = "sc:Text") -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"{record_set}/{name}",
        "name": name,
        "description": description,
        "dataType": kind,
    }


def _published(version: Path) -> str:
    """Return when the version was published, from the record beside it; the id does not depend on it."""
    try:
        return str(json.loads((version / "provenance.json").read_text(encoding="utf-8"))["created"])
    except (OSError, ValueError, KeyError):
        return "1970-01-01T00:00:00+00:00"
