"""Scores of a submission folder as XTREME's `evaluate.py` gives them, and such a folder from a store.

`xh.results.benchmark` (what is scored) <- `formats` (how files are read and compared) <- `submission` (all files of two
folders) <- `report` (means). `export` goes the other way.
"""
