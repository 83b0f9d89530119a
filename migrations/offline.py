"""Write the script that a DBA applies by hand so that it can be applied again."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from bygones.compiler.names import literal, quote
from bygones.migrations.autogenerate.replay import created_kinds
from bygones.migrations.sending import send
from bygones.migrations.trusting import KINDS, WHAT_TO_SET, require_trust

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.runtime.migration import MigrationContext, RevisionStep

CHECK = """\
CREATE PROCEDURE {check} ()
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Refuse to apply a script to another revision than it was written for.'
check_revision: BEGIN
    DECLARE v_message VARCHAR(128);
    DECLARE v_revision VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    -- Without a log nothing was copied.
    DECLARE EXIT HANDLER FOR 1146 BEGIN END;

    SELECT COALESCE(MAX(version_num), 'base')
    INTO v_revision
    FROM alembic_version;

    IF v_revision = {start} THEN
        LEAVE check_revision;
    END IF;

    SET v_message = CONCAT(
        'this script leads from ', {start}, ' to ', {end}, ', and ', v_revision,
        ' is installed'
    );

    -- To go through revisions again that are done is for an archive that is empty:
    -- chunks that are copied meanwhile would be half of the one and half of the other.
    IF v_revision IN ({middle}) THEN
        IF NOT EXISTS (SELECT 1 FROM chunk WHERE roots > 0) THEN
            LEAVE check_revision;
        END IF;

        IF v_revision <> {end} THEN
            SET v_message = LEFT(CONCAT(
                v_message, ': alembic {way} ', v_revision, ':', {end},
                ' --sql writes the rest'
            ), 128);
        END IF;
    END IF;

    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = v_message;
END;
"""

FUNCTIONS = "\n".join(
    textwrap.wrap(
        "May functions be created? Where the server answers 1418 or 1419, nothing is "
        f"changed yet: {WHAT_TO_SET}. Then apply this script again.",
        width=86,
        initial_indent="-- ",
        subsequent_indent="-- ",
    )
)
EVENTS = """\
-- May events be created? Where the server answers 1044, nothing is changed yet: grant
-- EVENT, then apply this script again; or let `alembic` itself go on without them.
"""

FIRST_VERSION = re.compile(r"INSERT INTO (\S+) \(version_num\) VALUES \(('.*')\);")


def begin(
    context: MigrationContext, heads: Sequence[str], steps: Sequence[RevisionStep]
) -> None:
    """Have the script refuse before its first step what it would end at half-way."""
    if not steps:
        return
    history = quote(context.opts["bygones_installed"].history)
    _let_versions_be_there(context, steps)
    context._version.create(context.connection)  # type: ignore[arg-type] # noqa: SLF001
    is_upgrade = steps[0].is_upgrade
    start = ", ".join(heads) or "base"
    ends = [", ".join(step.to_revisions) or "base" for step in steps]
    check = f"{history}._check_revision"
    create = CHECK.format(
        check=check,
        start=literal(start),
        middle=", ".join(map(literal, ends)),
        end=literal(ends[-1]),
        way="upgrade" if is_upgrade else "downgrade",
    )
    drop = f"DROP PROCEDURE IF EXISTS {check};\n"
    for each in (drop, create, f"CALL {check}();\n", drop):
        send(context, each)
    _ask(context, history, steps)


def _let_versions_be_there(
    context: MigrationContext, steps: Sequence[RevisionStep]
) -> None:
    """Have Alembic say of its own table what can be said again."""
    write = context.impl.static_output
    revisions = ", ".join(literal(step.revision.revision) for step in steps)

    def repeatable(text: str) -> None:
        if text.startswith("CREATE TABLE "):
            text = text.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1)
        if found := FIRST_VERSION.fullmatch(text):
            table, revision = found.groups()
            text = (
                f"INSERT INTO {table} (version_num) SELECT {revision} FROM DUAL"  # noqa: S608 - Alembic's own words
                f" WHERE NOT EXISTS (SELECT 1 FROM {table}"
                f" WHERE version_num IN ({revisions}));"
            )
        write(text)

    context.impl.static_output = repeatable  # type: ignore[method-assign]


def _ask(
    context: MigrationContext, history: str, steps: Sequence[RevisionStep]
) -> None:
    """Ask what the server may refuse: then it does so before anything is changed."""
    kinds = created_kinds(steps)
    if kinds & KINDS:
        context.impl.static_output(FUNCTIONS)
        require_trust(context)
    if "event" in kinds:
        context.impl.static_output(EVENTS)
        send(context, f"SHOW EVENTS FROM {history};\n")
