"""Inside a stage: load, train, evaluate, commit. Heavy."""
