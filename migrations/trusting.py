"""Refuse to go up or down where the server lets the account create no function."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy.exc

from bygones.compiler.errors import MigrationError
from bygones.migrations.operations.base import in_history
from bygones.migrations.sending import send

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

# What a server with a binary log may trust nobody with: it asks for SUPER, or for
# log_bin_trust_function_creators. Once created, they need neither.
KINDS = {"function", "trigger"}

# What creates no table and no routine that stays: it tells whether a function may be
# created, which depends on the account, on two settings and on the family.
TRIAL = (
    "DROP FUNCTION IF EXISTS {name};\n",
    "CREATE FUNCTION {name} () RETURNS INT MODIFIES SQL DATA RETURN 1;\n",
    "DROP FUNCTION {name};\n",
)
# The binary log is on and log_bin_trust_function_creators off: such a function is
# refused to everybody, and any function to all but superusers.
NOT_TRUSTED = {1418, 1419}

WHAT_TO_SET = (
    "log_bin_trust_function_creators = 1 is needed while revisions are applied, and "
    "not afterwards, for the function that copies a chunk at one instant and the "
    "triggers that keep history unchangeable: SET GLOBAL or my.cnf, in RDS and Aurora "
    "the parameter group, in Cloud SQL a database flag, in Azure a server parameter"
)


def require_trust(context: MigrationContext) -> None:
    """Create a function and drop it again; online, say what to set if that fails."""
    name = in_history(context, "_trial")
    try:
        for statement in TRIAL:
            send(context, statement.format(name=name))
    except sqlalchemy.exc.DBAPIError as error:
        errno = error.orig.args[0] if error.orig else None
        if errno not in NOT_TRUSTED:
            raise
        raise MigrationError(
            f"the server lets this account create no function (errno {errno}): "
            f"{WHAT_TO_SET}; nothing was changed"
        ) from error
