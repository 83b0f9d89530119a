"""Send a statement to the server, or write it into the offline script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bygones.compiler.names import literal, quote
from bygones.migrations.session import VERBATIM

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import CursorResult

DELIMITER = "$$"

# In the offline script, which a DBA repeats as a whole.
ONCE = """\
CREATE PROCEDURE {procedure} ()
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Do what can be done once, however often the script is repeated.'
BEGIN
    -- A column that is there, or gone: an earlier attempt got so far already.
    DECLARE CONTINUE HANDLER FOR 1060, 1091 BEGIN END;

    IF {is_due} THEN
        {statement};
    END IF;
END;
"""


def send(context: MigrationContext, sql: str) -> CursorResult[Any] | None:
    """Run one statement, or write it into the offline script, letter for letter."""
    text = sql.rstrip().removesuffix(";")
    if context.as_sql:
        context.impl.static_output(delimited(text))
        return None
    assert context.connection is not None  # noqa: S101 - online has one
    return context.connection.exec_driver_sql(text, execution_options=VERBATIM)


def send_once(context: MigrationContext, sql: str) -> CursorResult[Any] | None:
    """Send what must not be repeated once the revision is done.

    Online nothing is; the script as a whole begins anew after a failure.
    """
    if not context.as_sql:
        return send(context, sql)
    before = " AND ".join(
        f"EXISTS (SELECT 1 FROM alembic_version WHERE version_num = {literal(each)})"  # noqa: S608 - quoted
        for each in context.opts["bygones_step"].from_revisions_no_deps
    )
    procedure = f"{quote(context.opts['bygones_installed'].history)}._run_once"
    create = ONCE.format(
        procedure=procedure,
        is_due=before or "NOT EXISTS (SELECT 1 FROM alembic_version)",
        statement=sql.rstrip().removesuffix(";"),
    )
    drop = f"DROP PROCEDURE IF EXISTS {procedure};\n"
    for each in (drop, create, f"CALL {procedure}();\n", drop):
        send(context, each)
    return None


def delimited(text: str) -> str:
    """Say it so that the client takes it for one statement, whatever `;` it holds."""
    delimiter = DELIMITER
    while delimiter in text:
        delimiter += DELIMITER[0]
    return f"DELIMITER {delimiter}\n{text}\n{delimiter}\nDELIMITER ;\n"
