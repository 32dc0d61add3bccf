"""Engines beside the local one: a cluster that others schedule, with the same rows and the same version as here."""
