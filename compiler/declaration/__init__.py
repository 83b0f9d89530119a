"""Read archives.toml, the one file that a team edits."""
