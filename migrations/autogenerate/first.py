"""Help a team that begins: nothing may be declared yet, nothing may be installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bygones.compiler.errors import MigrationError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from alembic.runtime.migration import MigrationContext

    from bygones.compiler.declaration.model import Declaration

UNTOUCHED = "bygones_untouched"


def declared(options: Mapping[str, Any]) -> Declaration:
    """Return what is declared, or tell how to declare something."""
    declaration: Declaration | None = options["bygones_declaration"]
    if declaration is None:
        path = options["bygones_project"].archives
        raise MigrationError(
            f"{path} isn't there, so nothing is declared; `bygones propose orders "
            "--output archives.toml` writes one for the table orders and all that "
            "belongs to it"
        )
    return declaration


def is_untouched(options: Mapping[str, Any], archives: Collection[str]) -> bool:
    """Tell a database in which no revision has run; none may install an archive."""
    if UNTOUCHED in options and archives:
        raise MigrationError(
            "no revision has run in this database, so there is no history of "
            f"{', '.join(sorted(archives))} to compare; run alembic upgrade head first"
        )
    return UNTOUCHED in options


def admit_untouched(context: MigrationContext) -> None:
    """Let a revision be written for a database in which none has run yet.

    Alembic compares only with a database that is up to date. Here nothing can differ
    from what the revisions say, for the next upgrade brings all of it.
    """
    opts = context.opts
    if "revision_context" in opts and not context.get_current_heads():
        heads = tuple(opts["script"].get_heads())
        opts[UNTOUCHED] = True
        context.get_current_heads = lambda: heads  # type: ignore[method-assign]
