"""Recipes: TOML that names stages and their options, checked as a whole before anything runs."""

from datakit.recipe.load import BUILTIN, DEFAULT, load, parse
from datakit.recipe.recipe import Recipe

__all__ = ["BUILTIN", "DEFAULT", "Recipe", "load", "parse"]
