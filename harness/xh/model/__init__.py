"""Encoders: their weights, bodies, heads, number formats and batches. Heavy."""

from xh.model import unused as unused
