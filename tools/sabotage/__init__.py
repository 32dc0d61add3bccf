"""Sabotage: break the source on purpose, one line at a time, and demand that the tests notice. `make sabotage`."""
