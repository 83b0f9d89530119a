"""Number and word a new revision, and leave out one that would change nothing."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from migrations.autogenerate.comparison import REOPENED
from migrations.operations.changes import Close, refusals
from migrations.operations.objects import Create

if TYPE_CHECKING:
    from alembic.autogenerate.api import RevisionContext
    from alembic.operations.ops import MigrationScript
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

log = logging.getLogger("alembic.bygones")


def process_revision_directives(
    context: MigrationContext, _revision: object, directives: list[MigrationScript]
) -> None:
    """Do what Alembic leaves to env.py before it writes a revision."""
    revision: RevisionContext = context.opts["revision_context"]
    arguments = revision.command_args
    script = directives[0]
    if arguments["rev_id"] is None:
        script.rev_id = next_number(context.opts["script"])
    if script.downgrade_ops is not None:
        first = refusals(script.downgrade_ops.ops)
        script.downgrade_ops.ops[:0] = [first] if first else []
    if script.upgrade_ops is not None and _is_check(context, arguments):
        changes = [each for each in script.upgrade_ops.ops if not _is_door(each)]
        script.upgrade_ops.ops[:] = changes
    is_empty = script.upgrade_ops is None or script.upgrade_ops.is_empty()
    if arguments["autogenerate"] and is_empty and not _is_check(context, arguments):
        log.info("nothing changed: no revision is written")
        directives.clear()


def next_number(script: ScriptDirectory) -> str:
    """Return the number after that of the last revision."""
    names = [revision.revision for revision in script.walk_revisions()]
    numbers = [int(name) for name in names if name.isdecimal()]
    return f"{1 + max(numbers, default=0):04d}"


def docstring(message: str) -> str:
    """Word a message as a sentence for the first line of a revision."""
    sentence = message[:1].upper() + message[1:]
    if not sentence.endswith((".", "!", "?")):
        sentence += "."
    return sentence.replace("\\", "\\\\").replace('"', '\\"')


def body(commands: str) -> str:
    """Leave out what Alembic says around the operations."""
    lines = [
        line for line in commands.split("\n") if not line.lstrip().startswith("# ###")
    ]
    return "\n".join(lines).strip()


def _is_check(context: MigrationContext, arguments: dict[str, object]) -> bool:
    """Tell `alembic check` from `alembic revision`, which can be given a message."""
    assert context.config is not None  # noqa: S101 - there is env.py's
    has_message = hasattr(context.config.cmd_opts, "message")
    return not has_message and arguments["message"] is None


def _is_door(step: object) -> bool:
    """Tell what is done only for the sake of other changes."""
    return isinstance(step, Close) or (
        isinstance(step, Create) and step.why == REOPENED
    )
