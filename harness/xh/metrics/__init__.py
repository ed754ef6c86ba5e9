"""The official scorers, in percent (0..100), without any heavy dependency; import the module you need."""
