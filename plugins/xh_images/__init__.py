"""Pictures as an intermediate task: a text encoder learns from captions what a locked vision tower sees."""
