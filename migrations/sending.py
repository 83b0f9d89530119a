"""Send a statement to the server, or write it into the offline script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from migrations.session import VERBATIM

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import CursorResult

DELIMITER = "$$"


def send(context: MigrationContext, sql: str) -> CursorResult[Any] | None:
    """Run one statement, or write it into the offline script, letter for letter."""
    text = sql.rstrip().removesuffix(";")
    if context.as_sql:
        context.impl.static_output(delimited(text))
        return None
    assert context.connection is not None  # noqa: S101 - online has one
    return context.connection.exec_driver_sql(text, execution_options=VERBATIM)


def delimited(text: str) -> str:
    """Say it so that the client takes it for one statement, whatever `;` it holds."""
    delimiter = DELIMITER
    while delimiter in text:
        delimiter += DELIMITER[0]
    return f"DELIMITER {delimiter}\n{text}\n{delimiter}\nDELIMITER ;\n"
