"""Marathi text in Devanagari: one canonical spelling of code points, and a key for comparing texts."""

from datakit.devanagari.column import Touched, normalize_series, normalize_with_rules, rule_lists
from datakit.devanagari.engine import Change, explain, normalize
from datakit.devanagari.key import dedup_key, dedup_keys
from datakit.devanagari.policy import Policy

__all__ = [
    "Change",
    "Policy",
    "Touched",
    "dedup_key",
    "dedup_keys",
    "explain",
    "normalize",
    "normalize_series",
    "normalize_with_rules",
    "rule_lists",
]
