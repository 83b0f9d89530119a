"""Have the server probed before anything of an archive is created."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import sqlalchemy.exc

from bygones.compiler.errors import MigrationError
from bygones.migrations.operations.base import in_history
from bygones.migrations.session import VERBATIM
from bygones.runner.connection import connect
from bygones.runner.errors import NOT_PROBED, BygonesError
from bygones.runner.probe import probe
from bygones.runner.procedures import MISSING, Procedures

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

log = logging.getLogger("alembic.bygones")

# Much longer than the two sides of a probe wait for each other.
ANSWER_SECONDS = 60.0


def require_one_view(context: MigrationContext) -> None:
    """Probe the server, unless it was; refuse to go on without one view."""
    connection, database = context.connection, context.opts["bygones_database"]
    assert connection is not None  # noqa: S101 - scripts have no use for this
    check = f"CALL {in_history(context, '_check_probe')}()"
    try:
        connection.exec_driver_sql(check, execution_options=VERBATIM)
    except sqlalchemy.exc.DBAPIError as error:
        errno = error.orig.args[0] if error.orig else None
        # Before the first step, or after one that ended half-way: a later one asks.
        if errno == MISSING:
            return
        if errno != NOT_PROBED:
            raise
    else:
        return
    try:
        probed = probe(
            lambda: Procedures(
                lambda: connect(
                    database, schema=database.history, seconds=ANSWER_SECONDS
                )
            )
        )
    except BygonesError as error:
        if error.errno == MISSING:
            return
        raise
    if probed.verdict == "not shared":
        raise MigrationError(
            f"this server can't copy at one instant; the probe found {probed} "
            "(docs/errors.md)"
        )
    if probed.verdict == "inconclusive":
        log.warning(
            "the probe was %s; nothing is copied until it finds `shared`: bygones "
            "probe (docs/errors.md)",
            probed,
        )
