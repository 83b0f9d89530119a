"""Install bygones into a database: what Alembic runs."""
