"""Runs: who carries stages out, and where."""
