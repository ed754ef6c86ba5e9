"""The embedded encoder and sample set, both made by the authors of xh."""

from pathlib import Path

ENCODER = Path(__file__).parent / "encoder"
SAMPLE = Path(__file__).parent / "sample"
