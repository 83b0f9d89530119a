"""From archives.toml and the live catalog to SQL."""
