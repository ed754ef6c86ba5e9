"""Rows, averages and report formats."""
