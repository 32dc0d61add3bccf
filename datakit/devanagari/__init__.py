"""Marathi text in Devanagari: one canonical spelling of code points, and a key for comparing texts."""

from datakit.devanagari.engine import normalize
from datakit.devanagari.key import dedup_key, dedup_keys

__all__ = ["dedup_key", "dedup_keys", "normalize"]
