"""One training: what it is made of, its batches, its dev evaluations, its checkpoints. Heavy."""

from xh.model import unused as unused  # before anything of transformers
