"""Encoders: their weights, bodies, heads, number formats and batches. Heavy."""
