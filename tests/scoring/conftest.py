"""Submissions as folders."""
