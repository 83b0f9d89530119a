"""What revisions are made of: operations that Alembic runs, writes and reverses."""
