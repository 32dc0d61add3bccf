"""Lineage both ways: from a model down to the lines that trained it, from a source up to the models."""

from datakit.trace.graph import Edge, Graph, Node

__all__ = ["Edge", "Graph", "Node"]
