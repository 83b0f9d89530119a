"""Check that the server, the session and the account are ready for copying.

What an account without a right to read anything can tell, so that the Lambda can. Who
may read the source as well learns more, by `bygones doctor`.
"""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import pymysql
from pymysql.cursors import DictCursor

from bygones.runner import log
from bygones.runner.archives import TO_INSTALL
from bygones.runner.errors import RESTORED, BygonesError, StopError, from_driver
from bygones.runner.procedures import Procedures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pymysql.cursors import Cursor

    from bygones.runner.connection import Database
    from bygones.runner.credentials import Login
    from bygones.runner.probe import Probed
    from bygones.runner.procedures import Row

Verdict = Literal["OK", "warn", "stop"]
WORST: tuple[Verdict, ...] = ("OK", "warn", "stop")

Version = tuple[int, int]

# The first with FOR UPDATE SKIP LOCKED, and those that .ci/run runs.
OLDEST: dict[str, Version] = {"MySQL": (8, 0), "MariaDB": (10, 6)}
TESTED: dict[str, tuple[Version, ...]] = {
    "MySQL": ((9, 7),),
    "MariaDB": ((10, 11), (11, 8)),
}
NO_SKIP = "can't skip locks (FOR UPDATE SKIP LOCKED)"
UTC = {"UTC", "+00:00", "GMT", "Etc/UTC"}
HARMLESS = {"USAGE", "EXECUTE"}
# A line of SHOW GRANTS that gives no more than that, in a schema or nowhere.
NARROW = re.compile(
    r"GRANT (USAGE ON \*\.\*|EXECUTE ON `[^.]*`\.\*) TO (?!.* WITH (?!MAX))", re.DOTALL
)
TEMPORARY = "CREATE TEMPORARY TABLES"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Say what was looked at, what was found, and what to do about it."""

    name: str
    verdict: Verdict
    found: str
    todo: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return what JSON can hold."""
        return asdict(self)


def worst(checks: Sequence[Check]) -> Verdict:
    """Return what all of it amounts to."""
    return max((check.verdict for check in checks), key=WORST.index, default="OK")


def as_report(checks: Sequence[Check]) -> dict[str, object]:
    """Return what an invocation replies."""
    return {"verdict": worst(checks), "checks": [each.as_dict() for each in checks]}


class Doctor:
    """Look at one database over one session."""

    def __init__(
        self, connection: pymysql.Connection[Cursor], database: Database
    ) -> None:
        """Read the server's settings at once."""
        self._connection = connection
        self._database = database
        self.settings: dict[str, str] = {
            str(row["Variable_name"]): str(row["Value"])
            for row in self.rows("SHOW GLOBAL VARIABLES")
        }

    def rows(self, sql: str, *arguments: object) -> list[Row]:
        """Run a statement that reads, of the server and not of the source's rows."""
        try:
            with self._connection.cursor(DictCursor) as cursor:
                cursor.execute(sql, arguments or None)
                return [dict(row) for row in cursor.fetchall()]
        except (pymysql.Error, OSError) as error:
            raise from_driver(error, "The doctor's look at the server") from None

    def value(self, sql: str, *arguments: object) -> Any:  # noqa: ANN401 - a column's
        """Return the one column of the one row; None without a row."""
        for row in self.rows(sql, *arguments):
            return next(iter(row.values()))
        return None

    def server(self) -> Iterator[Check]:
        """Look at the version, and at settings that copying depends on."""
        yield self._version()
        yield self._read_only()
        yield self._binary_log()
        yield self._isolation()
        yield self._durability()
        yield self._time_zone()
        yield self._functions()

    def session(self) -> Check:
        """Look at how the session is encrypted."""
        row = self.rows("SHOW SESSION STATUS LIKE 'Ssl_cipher'")[0]
        name = "TLS"
        if cipher := str(row["Value"]):
            found = f"verified, by {cipher}"
            return Check(name=name, verdict="OK", found=found)
        if self._database.unix_socket:
            return Check(name=name, verdict="OK", found="none, over a local socket")
        return Check(
            name=name,
            verdict="warn",
            found="none: whatever is sent can be read on the way",
            todo="take tls=off out of the URL, and name the server's CA by ssl_ca",
        )

    def caller(self) -> Iterator[Check]:
        """Look at the rights of an account that is to hold EXECUTE alone."""
        name, history = "account", self._database.history
        held = self.privileges(history)
        account = self.account
        if "EXECUTE" not in held:
            yield Check(
                name=name,
                verdict="stop",
                found=f"{account} may not EXECUTE on {history}",
                todo="grant what `bygones grants` prints",
            )
        elif TEMPORARY in held:
            yield Check(
                name=name,
                verdict="stop",
                found=f"{account} holds {TEMPORARY}: its table could take the place of "
                "a history table",
                todo=f"revoke it, on *.* as well as on {history}",
            )
        elif more := sorted((held | self.privileges(self._database.source)) - HARMLESS):
            yield Check(
                name=name,
                verdict="warn",
                found=f"{account} holds more than EXECUTE: {', '.join(more)}",
                todo="give the runner an account of its own: `bygones grants`",
            )
        else:
            yield self._narrow(account)

    def _narrow(self, account: str) -> Check:
        """Look for what comes by roles, or on single tables, columns and routines."""
        grants = [str(*row.values()) for row in self.rows("SHOW GRANTS")]
        more = [
            grant.partition(" TO ")[0].partition(" IDENTIFIED ")[0]
            for grant in grants
            if not NARROW.match(grant)
        ]
        if not more:
            found = f"{account} holds EXECUTE and nothing else"
            return Check(name="account", verdict="OK", found=found)
        return Check(
            name="account",
            verdict="warn",
            found=f"{account} holds more than EXECUTE: {'; '.join(more)}",
            todo="give the runner an account of its own: `bygones grants`",
        )

    @property
    def account(self) -> str:
        """The account that the server took the user for."""
        return str(self.value("SELECT CURRENT_USER()"))

    def privileges(self, schema: str) -> set[str]:
        """Return what the account may do in a whole schema, roles left out."""
        user, _, host = self.account.rpartition("@")
        grantee = f"'{user}'@'{host}'"
        everywhere = self.rows(
            "SELECT privilege_type AS p FROM information_schema.user_privileges"
            " WHERE grantee = %s",
            grantee,
        )
        here = self.rows(
            "SELECT privilege_type AS p, table_schema AS s"
            " FROM information_schema.schema_privileges WHERE grantee = %s",
            grantee,
        )
        return {str(row["p"]).upper() for row in everywhere} | {
            str(row["p"]).upper() for row in here if is_like(schema, str(row["s"]))
        }

    def installed(self, progress: Sequence[Row]) -> Iterator[Check]:
        """Look at the archives, as progress() tells of them."""
        if not progress:
            yield Check(
                name="archives",
                verdict="stop",
                found="none is installed",
                todo=TO_INSTALL,
            )
        for row in progress:
            yield _archive(row)

    @property
    def family(self) -> str:
        """Which of the two families the server is of."""
        return family_of(self.settings["version"])

    def _is_on(self, setting: str) -> bool:
        return self.settings.get(setting, "OFF") in {"ON", "1"}

    @property
    def is_too_old(self) -> bool:
        """Whether the server lacks what the procedures and the catalog are read by."""
        return is_older(self.settings["version"])

    def _version(self) -> Check:
        text = self.settings["version"]
        family = self.family
        found, name = f"{family} {text}", "version"
        if self.is_too_old:
            todo = f"upgrade to {family} {_oldest(text)} or newer: this one {NO_SKIP}"
            return Check(name=name, verdict="stop", found=found, todo=todo)
        if _number(text) not in TESTED[family]:
            todo = "run the tests on it once: BYGONES_TEST_URL=... make test"
            return Check(
                name=name, verdict="warn", found=f"{found}, not tested", todo=todo
            )
        return Check(name=name, verdict="OK", found=found)

    def _read_only(self) -> Check:
        names = ("read_only", "super_read_only", "innodb_read_only")
        on = [name for name in names if self._is_on(name)]
        if on:
            return Check(
                name="writable",
                verdict="stop",
                found=f"{', '.join(on)} is on: a replica, or a reader",
                todo="name the primary in the URL: on Aurora, the cluster's endpoint",
            )
        return Check(name="writable", verdict="OK", found="yes")

    def _binary_log(self) -> Check:
        name, form = "binary log", self.settings.get("binlog_format", "ROW")
        if not self._is_on("log_bin"):
            return Check(name=name, verdict="OK", found="off")
        if form == "STATEMENT":
            return Check(
                name=name,
                verdict="stop",
                found="binlog_format is STATEMENT, which refuses READ COMMITTED (1665)",
                todo="SET GLOBAL binlog_format = 'ROW'",
            )
        return Check(name=name, verdict="OK", found=f"binlog_format is {form}")

    def _isolation(self) -> Check:
        level = self.settings.get("transaction_isolation") or self.settings.get(
            "tx_isolation", ""
        )
        name = "isolation"
        if self._is_on("innodb_snapshot_isolation"):
            return Check(
                name=name,
                verdict="OK",
                found="innodb_snapshot_isolation is on: a CALL that meets a change by "
                "another session may end with 1020, and is tried again",
            )
        return Check(
            name=name,
            verdict="OK",
            found=f"{level}; chunks take READ COMMITTED for themselves",
        )

    def _durability(self) -> Check:
        name = "durability"
        each = ("innodb_flush_log_at_trx_commit", "sync_binlog")
        loose = [
            f"{setting} is {self.settings[setting]}"
            for setting in each
            if self.settings.get(setting, "1") != "1"
            and (setting != "sync_binlog" or self._is_on("log_bin"))
        ]
        if loose:
            return Check(
                name=name,
                verdict="warn",
                found=f"{', '.join(loose)}: a crash may lose the last chunks, or a "
                "replica may miss them",
                todo="set to 1; bygones itself goes on from what is there",
            )
        return Check(name=name, verdict="OK", found="each COMMIT is on disk")

    def _time_zone(self) -> Check:
        zone = self.settings.get("time_zone", "SYSTEM")
        if zone == "SYSTEM":
            zone = self.settings.get("system_time_zone", "")
        if zone in UTC:
            return Check(name="time zone", verdict="OK", found=zone)
        return Check(
            name="time zone",
            verdict="warn",
            found=f"{zone}; the runner's sessions are in UTC, others are not",
            todo="SET time_zone = '+00:00' before a CALL by hand",
        )

    def _functions(self) -> Check:
        is_trusted = self._is_on("log_bin_trust_function_creators")
        found = (
            "may be created"
            if is_trusted or not self._is_on("log_bin")
            else "log_bin_trust_function_creators is off: an upgrade will ask for it, "
            "copying doesn't"
        )
        return Check(name="functions", verdict="OK", found=found)


def examine(login: Login, seconds: float) -> dict[str, object]:
    """Look at what the account can see, and return a report."""
    answer = max(1.0, seconds - 1)
    with closing(login.connect(seconds=answer)) as connection:
        doctor = Doctor(connection, login.database())
        checks = [*doctor.server(), doctor.session(), *doctor.caller()]
    with closing(Procedures(lambda: login.connect(seconds=answer))) as procedures:
        checks += installed_archives(doctor, procedures)
    report = as_report(checks)
    log.examined(report)
    return report


def installed_archives(doctor: Doctor, procedures: Procedures) -> list[Check]:
    """Look at the archives, or say why no procedure tells of them."""
    try:
        archives = list(doctor.installed(procedures.progress()))
        return [_one_view(procedures.probe()), *archives]
    except BygonesError as error:
        if error.errno not in RESTORED:
            raise
        return [
            Check(
                name="installed",
                verdict="stop",
                found=str(error.args[0]),
                todo="as the owner, alembic upgrade head (docs/operate.md, Backup, "
                "restore, staging copies)",
            )
        ]


def _one_view(probed: Probed) -> Check:
    """Judge what a probe of this server has just found."""
    name = "one view"
    if probed.verdict == "shared":
        found = "a chunk is read at one instant, and locks no row"
        return Check(name=name, verdict="OK", found=found)
    is_known = probed.verdict == "not shared"
    return Check(
        name=name,
        verdict="stop" if is_known else "warn",
        found=f"the probe found {probed}",
        todo="docs/errors.md" if is_known else "bygones probe",
    )


def refuse_old(version: str) -> None:
    """Raise StopError where VERSION() is of a server that bygones can't work on."""
    if is_older(version):
        raise StopError(
            f"The server is {family_of(version)} {version}, which {NO_SKIP}; bygones "
            f"needs {family_of(version)} {_oldest(version)} or newer, and has "
            "changed nothing"
        )


def is_older(version: str) -> bool:
    """Tell whether a server lacks FOR UPDATE SKIP LOCKED."""
    return _number(version) < OLDEST[family_of(version)]


def family_of(version: str) -> str:
    """Tell which of the two families a server is of, by its VERSION()."""
    return "MariaDB" if "mariadb" in version.lower() else "MySQL"


def _number(version: str) -> Version:
    major, minor = map(int, re.findall(r"\d+", version)[:2])
    return major, minor


def _oldest(version: str) -> str:
    return ".".join(map(str, OLDEST[family_of(version)]))


def is_like(name: str, pattern: str) -> bool:
    """Tell whether a grant's pattern of a schema is about this one."""
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    expression = "".join(wild.get(p) or re.escape(p.removeprefix("\\")) for p in parts)
    return re.fullmatch(expression, name, re.DOTALL) is not None


def _archive(row: Row) -> Check:
    """Judge what progress() says of an archive: the first thing that's wrong."""
    name = f"archive {row['archive']}"
    found = f"{row['roots']} orders copied, {row['unfinished']} unfinished"
    wrong = (
        (
            row["paused_at"] is not None,
            f"paused by {row['paused_by']}: {row['pause_reason']}",
            f"CALL resume_archive('{row['archive']}'), when it's time",
        ),
        (
            row["last_error"] is not None,
            f"the last CALL failed: {row['last_error']}",
            "docs/errors.md",
        ),
        (
            row.get("key_warning") is not None,
            str(row.get("key_warning")),
            "README, Risks: a key stands for one order for ever",
        ),
        (
            bool(row["quarantined"]),
            f"{found}; {row['quarantined']} can't be copied",
            "waiting names them",
        ),
        (
            bool(row.get("findings")),
            f"{found}; {row.get('findings')} differ from the source of today",
            "the table finding names them",
        ),
        (
            row["not_watched"] is not None,
            f"{found}; not watched: {row['not_watched']}",
            "docs/operate.md, Kind to a busy server",
        ),
    )
    for is_so, what, todo in wrong:
        if is_so:
            return Check(name=name, verdict="warn", found=what, todo=todo)
    return Check(name=name, verdict="OK", found=found)
