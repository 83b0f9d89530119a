"""The command line: what an operator and a team type."""
