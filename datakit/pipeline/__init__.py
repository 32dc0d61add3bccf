"""The pipeline: raw files in, one immutable version out. `curate.py` is where it begins.

Nothing is imported here: a worker process needs a few of these modules, and each import more costs .2 s of its start.
"""
