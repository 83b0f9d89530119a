"""Tell a person in one line why a migration can't go on."""

from alembic.util import CommandError


class MigrationError(CommandError):
    """The command `alembic` prints it as FAILED: ..., without a traceback."""
