"""Lineage both ways: from a model down to the lines that trained it, from a source up to the models."""

from datakit.trace.draw import graph, version_graph
from datakit.trace.labels import LABELS, Label, Labeller
from datakit.trace.needed import needed_versions
from datakit.trace.nodes import Edge, Graph, Node
from datakit.trace.places import Folders, Model, Places, Run, open_model
from datakit.trace.result import Problem, Trace
from datakit.trace.walk import trace

__all__ = [
    "LABELS",
    "Edge",
    "Folders",
    "Graph",
    "Label",
    "Labeller",
    "Model",
    "Node",
    "Places",
    "Problem",
    "Run",
    "Trace",
    "graph",
    "needed_versions",
    "open_model",
    "trace",
    "version_graph",
]
