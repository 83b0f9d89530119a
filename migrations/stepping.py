"""Go through revisions so that a refusal comes before the first step."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import sqlalchemy.exc
from alembic.runtime.migration import RevisionStep

from migrations import offline
from migrations.autogenerate.replay import recorded
from migrations.errors import MigrationError
from migrations.operations.base import in_history
from migrations.operations.changes import refusals
from migrations.operations.objects import Create
from migrations.probing import require_one_view
from migrations.sending import send
from migrations.session import warn_of_galera

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.runtime.migration import MigrationContext, MigrationStep

log = logging.getLogger("alembic.bygones")

# What creates no table and no routine that stays: it tells whether a function may be
# created, which depends on the account, on two settings and on the family.
TRIAL = (
    "DROP FUNCTION IF EXISTS {name}",
    "CREATE FUNCTION {name} () RETURNS INT MODIFIES SQL DATA RETURN 1",
    "DROP FUNCTION {name}",
)
# The binary log is on and log_bin_trust_function_creators off: such a function is
# refused to everybody, and any function to all but superusers.
FUNCTIONS_ARE_NOT_TRUSTED = {1418, 1419}

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
        _refuse_functions(context, steps)
    _refuse_later_losses(context, steps)

    def take(*_: object) -> Iterator[MigrationStep]:
        for step in steps:
            # What probes comes with the first step, an archive with a later one.
            _probe(context)
            context.opts["bygones_step"] = step
            yield step
            _tell_left_out(context)
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


def _refuse_functions(
    context: MigrationContext, steps: Sequence[MigrationStep]
) -> None:
    """Refuse an upgrade that creates functions where the server takes none."""
    if not any(_creates_functions(step) for step in steps):
        return
    name = in_history(context, "_trial")
    try:
        for statement in TRIAL:
            send(context, statement.format(name=name))
    except sqlalchemy.exc.DBAPIError as error:
        if error.orig is None or error.orig.args[0] not in FUNCTIONS_ARE_NOT_TRUSTED:
            raise
        raise MigrationError(
            f"the server lets nobody create a function (errno {error.orig.args[0]}), "
            "and chunks are copied by one; SET GLOBAL log_bin_trust_function_creators "
            "= 1, in RDS by the parameter group, for the time of the upgrade; nothing "
            "was created"
        ) from error


def _creates_functions(step: MigrationStep) -> bool:
    if not isinstance(step, RevisionStep) or not step.is_upgrade:
        return False
    return any(
        isinstance(each, Create) and each.kind == "function"
        for each in recorded(step.revision, "upgrade")
    )


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


def _tell_left_out(context: MigrationContext) -> None:
    """Say once of all triggers that the server has refused how to have them."""
    left_out = context.opts.pop("bygones_left_out", [])
    if left_out:
        log.warning(
            "left out %d triggers, such as %s: the server answers 1419, so only "
            "missing privileges protect history; to have them, SET GLOBAL "
            "log_bin_trust_function_creators = 1, then alembic upgrade head",
            len(left_out),
            left_out[0],
        )
