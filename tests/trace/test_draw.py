"""The graph as data: what the report draws."""

import json
import shutil

from datakit.lineage import read_manifest
from datakit.store import find
from datakit.trace import Folders, Places, graph, version_graph
from datakit.trace.nodes import EDGE_KINDS, NODE_KINDS
from datakit.withdraw import withdraw


def test_the_whole_graph_has_every_thing_once_and_no_loose_end(folders: Folders) -> None:
    """Kinds are the declared ones, ids are unique, edges end at nodes, and all of it is JSON."""
    found = graph(folders)
    ids = [node.id for node in found.nodes]
    assert len(ids) == len(set(ids))
    assert {node.kind for node in found.nodes} == {"gguf", "run", "base", "version", "source"} < set(NODE_KINDS)
    assert {edge.kind for edge in found.edges} <= set(EDGE_KINDS)
    assert {end for edge in found.edges for end in (edge.start, edge.end)} <= set(ids)
    body = json.loads(json.dumps(found.as_json()))
    assert body["edges"][0].keys() == {"from", "to", "kind", "rows"}


def test_a_version_alone_shows_its_sources_and_with_places_what_came_of_it(folders: Folders) -> None:
    """Rows of each role stand on the edges; runs and models are drawn when asked for."""
    version = find(folders.curated, "forts")
    manifest = read_manifest(version.path)
    alone = version_graph(version.path, manifest)
    counts = {(edge.end, edge.kind): edge.rows for edge in alone.edges}
    assert counts == {
        ("source:bakhar", "kept"): 41,
        ("source:gazetteer", "kept"): 21,
        ("source:gazetteer", "duplicate_of"): 1,
    }
    assert {node.detail.get("licence") for node in alone.nodes if node.kind == "source"} == {"CC-BY-4.0", "CC0-1.0"}
    above = version_graph(version.path, manifest, places=Places(folders))
    assert [node.kind for node in above.nodes if node.kind in ("gguf", "run")] == ["run", "gguf"]


def test_what_is_withdrawn_or_missing_is_marked(folders: Folders) -> None:
    """A withdrawn version keeps its node and points to its successor; a version that is gone is drawn as missing."""
    old = find(folders.curated, "forts")
    withdraw("bakhar", Places(folders))
    child = find(folders.curated, "forts")
    found = graph(folders)
    assert (f"version:{child.id}", f"version:{old.id}", "child_of") in {
        (edge.start, edge.end, edge.kind) for edge in found.edges
    }
    marked = {node.id for node in found.nodes if node.detail.get("withdrawn")}
    assert marked == {f"version:{old.id}"}
    shutil.rmtree(old.path)
    missing = {node.id for node in graph(folders).nodes if node.detail.get("missing")}
    assert missing == {f"version:{old.id}"}
