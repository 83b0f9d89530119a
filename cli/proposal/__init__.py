"""Propose archives.toml for a live schema: `bygones propose orders`."""
