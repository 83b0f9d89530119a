"""What a live schema looks like: tables, columns, keys, indexes and foreign keys."""
