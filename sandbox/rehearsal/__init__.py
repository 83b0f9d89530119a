"""Rehearse a team's own archives: its schema without rows, filled with made-up ones."""
