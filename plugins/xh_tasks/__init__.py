"""The built-in tasks, one file each; they reach the harness as anybody's plugin does."""
