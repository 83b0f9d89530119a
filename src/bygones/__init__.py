"""Let finished orders be history."""
