"""Lineage both ways: from a model down to the lines that trained it, from a source up to the models."""

from datakit.trace.graph import Edge, Graph, Node
from datakit.trace.labels import LABELS, Label, Labeller
from datakit.trace.places import Folders, Model, Places, Run, open_model

__all__ = ["LABELS", "Edge", "Folders", "Graph", "Label", "Labeller", "Model", "Node", "Places", "Run", "open_model"]
