"""Compare what's declared with what's installed: alembic revision --autogenerate."""
