"""Recipes: TOML that names stages and their options, checked as a whole before anything runs."""

from datakit.recipe.gate import GateOptions
from datakit.recipe.load import BUILTIN, DEFAULT, load, parse
from datakit.recipe.recipe import Recipe, with_gate, with_ocr

__all__ = ["BUILTIN", "DEFAULT", "GateOptions", "Recipe", "load", "parse", "with_gate", "with_ocr"]
