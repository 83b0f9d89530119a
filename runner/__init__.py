"""Call the procedures that copy, for as long as there is time."""
