r"""Say what the accounts may do: the GRANTs that a superuser runs on either family.

On a whole schema, a name is a pattern in which _ and % stand for anything, and \ makes
them mean themselves; but not with partial_revokes, where they do and \ means itself. On
one table, a name is a name.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bygones.compiler.names import Schemas, quote
from bygones.compiler.project import CONTROL
from bygones.runner.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

# What the server takes for a name in an account: quoted, or without what needs it.
PART = r"'[^']+'|`[^`]+`|\"[^\"]+\"|[^@'`\"\s]+"
ACCOUNT = re.compile(rf"({PART})(?:@({PART}))?")

HEAD = """\
-- What the accounts of bygones may do, on MySQL and on MariaDB. A superuser runs this
-- before the first `alembic upgrade head`, and again after a release with new control
-- tables; to repeat it does no harm. On MySQL with partial_revokes = ON, where the name
-- of a schema is no pattern, write _ for \\_ and % for \\%.
--
-- The accounts have to be there:
"""

INSTALLING = (
    "SELECT, INSERT, EXECUTE, CREATE, ALTER, DROP, INDEX, CREATE VIEW, SHOW VIEW,"
    " CREATE ROUTINE, ALTER ROUTINE, TRIGGER"
)
# The control tables that an operator changes: by pausing, and by tuning.
OPERATED = {"archive", "setting"}
# The view of what waits, for people.
WAITING = "waiting"
BEFORE_THEY_ARE_THERE = "CREATE lets it be granted before the tables are there."


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Name an account of the server."""

    user: str
    host: str = "%"

    def __str__(self) -> str:
        """Write it for SQL, in any sql_mode."""
        return f"{quote(self.user)}@{quote(self.host)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Say why something is needed, and the statements that give it."""

    why: str
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What one account is for, all that it needs, and what it can do without."""

    account: Account
    purpose: str
    grants: tuple[Grant, ...]
    optional: tuple[Grant, ...] = ()

    @property
    def statements(self) -> Iterator[str]:
        """The statements alone, of what it needs."""
        for grant in self.grants:
            yield from grant.statements


def roles_for(
    source: str, *, owner: Account, caller: Account, operator: Account
) -> tuple[Role, ...]:
    """Return what each of the accounts of an installation may do."""
    if len({owner, caller, operator}) < len((owner, caller, operator)):
        raise ConfigurationError(
            f"Owner {owner}, caller {caller} and operator {operator} have to be three "
            "accounts: the caller may hold EXECUTE and nothing else"
        )
    return (
        owner_of(source, owner),
        caller_of(source, caller),
        operator_of(source, operator),
    )


def owner_of(source: str, account: Account) -> Role:
    """Return what the account needs that installs, and that procedures run as."""
    schemas = Schemas(source)
    history = _pattern(schemas.history)
    return Role(
        account=account,
        purpose="The owner runs alembic, and what is scheduled runs with its rights: "
        "it has to last.",
        grants=(
            Grant(
                why="Reads what is copied, and how it is defined.",
                statements=(f"GRANT SELECT ON {_pattern(source)}.* TO {account}",),
            ),
            Grant(
                why="Installs, and adds to history; nobody may UPDATE or DELETE there. "
                "Functions and triggers need log_bin_trust_function_creators = 1 as "
                "well, where the binary log is on.",
                statements=(f"GRANT {INSTALLING} ON {history}.* TO {account}",),
            ),
            Grant(
                why="Installs an event for the server's own scheduler, disabled. "
                "Without this the upgrade leaves it out and says so.",
                statements=(f"GRANT EVENT ON {history}.* TO {account}",),
            ),
            Grant(
                why=f"Writes down what it does and what waits. {BEFORE_THEY_ARE_THERE}",
                statements=tuple(
                    "GRANT CREATE, UPDATE, DELETE"
                    f" ON {_table(schemas, name)} TO {account}"
                    for name in sorted({"alembic_version"} | control_tables())
                ),
            ),
        ),
        optional=(
            Grant(
                why="Optional, on MySQL: sees how much InnoDB has yet to purge, so "
                "that chunks wait while that is too much (max_history_list_length). "
                "Without it nobody watches that, and the upgrade says so. MariaDB "
                "tells anybody.",
                statements=(f"GRANT PROCESS ON *.* TO {account}",),
            ),
        ),
    )


def caller_of(source: str, account: Account) -> Role:
    """Return what the account of the Lambda and of `bygones run` needs."""
    history = _pattern(Schemas(source).history)
    return Role(
        account=account,
        purpose="The caller copies, as the Lambda or by `bygones run`, and can read "
        "no row of what it copies.",
        grants=(
            Grant(
                why="Calls procedures, and that is all. It must not hold CREATE "
                "TEMPORARY TABLES here, nor on *.*, where applications' accounts often "
                "do: a table of its own would take the place of a history table. SHOW "
                "GRANTS tells.",
                statements=(f"GRANT EXECUTE ON {history}.* TO {account}",),
            ),
        ),
        optional=(
            Grant(
                why="Optional, for BYGONES_REPLICA_URLS: an account that sees how far "
                "a replica is behind, the first on MySQL and the second on MariaDB. It "
                "needs nothing else, so it need not be the caller.",
                statements=(
                    "GRANT REPLICATION CLIENT ON *.* TO 'bygones_watcher'@'%'",
                    "GRANT SLAVE MONITOR ON *.* TO 'bygones_watcher'@'%'",
                ),
            ),
        ),
    )


def operator_of(source: str, account: Account) -> Role:
    """Return what the account of a person needs who pauses and looks."""
    schemas = Schemas(source)
    history = _pattern(schemas.history)
    archive, setting = (_table(schemas, name) for name in sorted(OPERATED))
    others = sorted(control_tables() - OPERATED | {WAITING})
    return Role(
        account=account,
        purpose="The operator pauses and resumes archives, and looks at what CALLs "
        "did; it can read no history either. Procedures for operators run with the "
        "rights of who calls them.",
        grants=(
            Grant(
                why="Calls procedures.",
                statements=(f"GRANT EXECUTE ON {history}.* TO {account}",),
            ),
            Grant(
                why="Pauses, resumes, tunes, and has quarantined roots tried again. "
                f"{BEFORE_THEY_ARE_THERE}",
                statements=(
                    f"GRANT CREATE, SELECT, UPDATE ON {archive} TO {account}",
                    f"GRANT CREATE, SELECT, INSERT, UPDATE ON {setting} TO {account}",
                ),
            ),
            Grant(
                why="Looks at what was done, and at what waits; the server's message "
                "about a quarantined root, in waiting, may hold values of it.",
                statements=tuple(
                    f"GRANT CREATE, SELECT ON {_table(schemas, name)} TO {account}"
                    for name in others
                ),
            ),
        ),
        optional=(
            Grant(
                why="Optional: sees who sleeps in a transaction that holds a lane "
                "(information_schema.innodb_trx, SHOW PROCESSLIST), and what everybody "
                "on the server is running.",
                statements=(f"GRANT PROCESS ON *.* TO {account}",),
            ),
            Grant(
                why="Optional: ends a session that holds a lane, by KILL; any session, "
                "but on MySQL those of accounts with SYSTEM_USER, such as root. The "
                "first on MySQL and the second on MariaDB. On RDS whoever may CALL "
                "mysql.rds_kill does it.",
                statements=(
                    f"GRANT CONNECTION_ADMIN ON *.* TO {account}",
                    f"GRANT CONNECTION ADMIN ON *.* TO {account}",
                ),
            ),
        ),
    )


def control_tables() -> set[str]:
    """Name the tables that all archives share."""
    files = (CONTROL / "tables").glob("*.sql")
    return {path.stem.rpartition("_v")[0] for path in files}


def script(roles: tuple[Role, ...]) -> str:
    """Write the statements, one a line, with the reasons above them."""
    lines = [HEAD.rstrip()]
    lines += [f"-- CREATE USER {role.account} IDENTIFIED BY '...';" for role in roles]
    for role in roles:
        lines += ["", *_comment(role.purpose), ""]
        for grant in role.grants:
            lines += _comment(grant.why)
            lines += [f"{statement};" for statement in grant.statements]
        for grant in role.optional:
            lines += _comment(grant.why)
            lines += [f"-- {statement};" for statement in grant.statements]
    return "\n".join(lines) + "\n"


def parse_account(text: str) -> Account:
    """Read 'name'@'host' as SQL writes it, with quotes or without."""
    match = ACCOUNT.fullmatch(text)
    if match is None or not text.isprintable():
        raise ConfigurationError(
            f"{text!r} isn't an account; "
            "expected name@host, such as 'bygones_owner'@'%'"
        )
    user, host = (_bare(part) for part in match.groups("%"))
    return Account(user=user, host=host)


def _bare(part: str) -> str:
    return part[1:-1] if part[0] in "'`\"" else part


def _pattern(schema: str) -> str:
    """Write the name of a whole schema."""
    return quote(re.sub(r"([\\_%])", r"\\\1", schema))


def _table(schemas: Schemas, name: str) -> str:
    """Write the name of a table of the history schema."""
    return f"{quote(schemas.history)}.{name}"


def _comment(text: str) -> list[str]:
    return [f"-- {line}" for line in textwrap.wrap(text, width=85)]
