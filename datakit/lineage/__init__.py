"""The one door between the packages: identities and manifests, with the standard library only.

`trainer` and `export` import this and nothing else of datakit; it loads in milliseconds.
"""

from datakit.lineage.checkout import git_commit
from datakit.lineage.durable import sync, write_whole
from datakit.lineage.gguf_header import read_gguf_keys
from datakit.lineage.identity import canonical_json, content_root, row_id, sha256_file, sha256_text
from datakit.lineage.legible import INVISIBLE, legible, one_line
from datakit.lineage.manifest import (
    MANIFEST,
    WITHDRAWN,
    Manifest,
    check_files,
    read_manifest,
    version_id,
    write_manifest,
)
from datakit.lineage.runs import BEGUN, find_run, is_run, list_runs
from datakit.lineage.versions import LATEST, TAGS, find_version, latest_version, list_versions

__all__ = [
    "BEGUN",
    "INVISIBLE",
    "LATEST",
    "MANIFEST",
    "TAGS",
    "WITHDRAWN",
    "Manifest",
    "canonical_json",
    "check_files",
    "content_root",
    "find_run",
    "find_version",
    "git_commit",
    "is_run",
    "latest_version",
    "legible",
    "list_runs",
    "list_versions",
    "one_line",
    "read_gguf_keys",
    "read_manifest",
    "row_id",
    "sha256_file",
    "sha256_text",
    "sync",
    "version_id",
    "write_manifest",
    "write_whole",
]
