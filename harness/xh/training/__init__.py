"""One training: what it is made of, its batches, its dev evaluations, its checkpoints. Heavy."""
