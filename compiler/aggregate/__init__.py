"""Resolve what archives.toml declares against the live source, and check it."""
