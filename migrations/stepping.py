"""Go through revisions so that a refusal comes before the first step."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import sqlalchemy.exc
from alembic.runtime.migration import RevisionStep

from bygones.compiler.errors import MigrationError
from bygones.migrations import offline
from bygones.migrations.autogenerate.replay import created_kinds, recorded
from bygones.migrations.operations.changes import refusals
from bygones.migrations.probing import require_one_view
from bygones.migrations.session import warn_of_galera
from bygones.migrations.trusting import KINDS, require_trust

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.runtime.migration import MigrationContext, MigrationStep

log = logging.getLogger("alembic.bygones")

# An error of ours: a downgrade would lose copied rows or values.
LOSS = 30011


def prepare_steps(context: MigrationContext, heads: tuple[str, ...]) -> None:
    """Look at all steps up or down before Alembic takes the first one."""
    find = context._migrations_fn  # noqa: SLF001 - Alembic has no other place for it
    if find is None or "destination_rev" not in context.opts:
        return
    steps: Sequence[MigrationStep] = list(find(() if context.purge else heads, context))
    if context.as_sql and all(isinstance(step, RevisionStep) for step in steps):
        offline.begin(context, heads, steps)  # type: ignore[arg-type]
    if context.connection is not None and not context.as_sql:
        warn_of_galera(context.connection)
        if created_kinds(steps) & KINDS:
            require_trust(context)
    _refuse_later_losses(context, steps)

    def take(*_: object) -> Iterator[MigrationStep]:
        for step in steps:
            # What probes comes with the first step, an archive with a later one.
            _probe(context)
            context.opts["bygones_step"] = step
            yield step
        _probe(context)

    context._migrations_fn = take  # type: ignore[assignment] # noqa: SLF001


def _probe(context: MigrationContext) -> None:
    """Have the server probed by an upgrade, also by one without a step."""
    if not context.as_sql and context.opts["fn"].__name__ == "upgrade":
        require_one_view(context)


def stand(context: MigrationContext, heads: tuple[str, ...]) -> str:
    """Tell where one is after a failure, if some steps were taken before it."""
    try:
        now = context.get_current_heads()
    except sqlalchemy.exc.SQLAlchemyError:  # the connection is gone
        return ""
    step = context.opts.get("bygones_step")
    if step is None or now == heads:
        return ""
    history = context.opts["bygones_installed"].history
    way = (
        "mend that, and upgrade again"
        if step.is_upgrade
        else f"alembic upgrade {', '.join(heads)} goes back"
    )
    return f"; {history} is at revision {', '.join(now) or 'base'} now: {way}"


def _refuse_later_losses(
    context: MigrationContext, steps: Sequence[MigrationStep]
) -> None:
    """Refuse a downgrade while nothing is changed yet; the first step does so itself.

    What a later one changes or drops is there before the first one as well.
    """
    history = context.opts["bygones_installed"].history
    for step in steps[1:]:
        if not isinstance(step, RevisionStep) or step.is_upgrade:
            continue
        asked = refusals(recorded(step.revision, "downgrade"))
        try:
            for each in asked.steps if asked else ():
                each.run(context)
        except sqlalchemy.exc.DBAPIError as error:
            if error.orig is None or error.orig.args[0] != LOSS:
                raise
            revision = step.revision.revision
            raise MigrationError(
                f"{error.orig.args[1]} (errno {LOSS}); that is by the step down from "
                f"{revision}, so none was taken: {history} is still at "
                f"{', '.join(steps[0].from_revisions_no_deps)}, and alembic downgrade "
                f"{revision} is as far as it goes"
            ) from error
