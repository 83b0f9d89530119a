"""Stop CALLs right before a statement, kill them there, and see what became of them."""

from __future__ import annotations

import socket
from collections import defaultdict
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pymysql

from bygones.sandbox.oracle import compare
from tests.support.kills.breakpoints import PUBLIC, instrument
from tests.support.kills.scenarios import FIRST, LAST, PASS, Scenario
from tests.support.procedures import Call, connection_id, copy_all, query, until, value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bygones.sandbox.server import Server
    from bygones.sandbox.shop import Shop
    from tests.support.kills.breakpoints import Statement
    from tests.support.procedures import Connection

# What stays of a chunk. Left open is what a KILL QUERY may leave: a transaction that
# the session has to end, and that others find busy until then.
ROLLED_BACK = "nothing"
COMMITTED = "all"
LEFT_OPEN = "nothing, after ROLLBACK"
WAYS = {
    "server": "SIGKILL of the server",
    "connection": "KILL CONNECTION",
    "query": "KILL QUERY",
    "client": "the client gone",
}
MYSQL = "for MySQL alone"
RESTORED = "for a source that was restored: see test_key_reuse.py"
RIGHT = "an INSERT of one row has one row on every server"
SILENT = "for a session that tells no errors: see test_interrupted.py"
TEXTS = "for keys that are no single integer; it reads"
COPIED = "for a copy under another name: see test_backup.py"
UNREACHED_ON = {
    "mysql": {
        "CALL _raise( 30019": SILENT,
        "CALL _raise(30020": COPIED,
        "CALL _raise(30026": RIGHT,
        "_open_pass: SELECT MAX(COALESCE( ( SELECT w.root_text": TEXTS,
        "SET v_warning = CONCAT( 'the source has other roots": RESTORED,
    },
    "mariadb": {
        "CALL _raise( 30019": SILENT,
        "CALL _raise(30020": COPIED,
        "CALL _raise(30026": RIGHT,
        "_open_pass: SELECT MAX(COALESCE( ( SELECT w.root_text": TEXTS,
        "SET v_warning = CONCAT( 'the source has other roots": RESTORED,
        **{
            f"SET v_{each} = v_last_{each}": MYSQL
            for each in ("errno", "sqlstate", "named", "step", "told", "message")
        },
        "CALL _raise(30015": "MariaDB tells anybody every sign of load",
        "_read_load: SELECT MAX( CASE s.variable_name WHEN 'Threads_running'": MYSQL,
        "_read_load: IF in_is_history_wanted": MYSQL,
        "_read_load: BEGIN": MYSQL,
        "_read_load: SET out_history_list_length": MYSQL,
        "_read_load: SELECT MAX(m.count)": MYSQL,
    },
}


@dataclass
class Matrix:
    """A shop of which every procedure has breakpoints, and what kills came to."""

    shop: Shop
    server: Server
    public: str = PUBLIC
    outcomes: dict[int, dict[str, str]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    # In which scenario a statement is come to first.
    reached: dict[int, Scenario] = field(default_factory=dict)

    is_ready_for: Scenario | None = None

    def __post_init__(self) -> None:
        is_mariadb = self.server.family == "mariadb"
        self.statements = {
            each.number: each
            for each in instrument(self.shop, is_mariadb=is_mariadb, public=self.public)
        }
        self.admin = self.superuser()
        self.run(CONCLUDED)
        self.lanes = int(value(self.admin, "SELECT COUNT(*) FROM lane"))

    def superuser(self) -> Connection:
        connection = self.shop.connect()
        # The pharmacy has zero dates, also as defaults.
        query(connection, "SET sql_mode = 'STRICT_TRANS_TABLES,NO_AUTO_VALUE_ON_ZERO'")
        return connection

    def scenarios(self) -> Iterator[tuple[Scenario, list[int]]]:
        """Go through the scenarios; give the statements that each is first to reach."""
        for scenario in (*FIRST, None, *LAST):
            if scenario is None:
                self.complete()
                continue
            self.is_ready_for = None
            self.run(scenario.harm)
            yield scenario, self.first_reached(scenario)
            self.run(scenario.mend)
        self.complete()

    def first_reached(self, scenario: Scenario) -> list[int]:
        """CALL without a kill, and see what it comes to."""
        self.prepare(scenario)
        caller = self.caller(scenario)
        query(caller, "SET @stop = 0")
        with self.held(scenario):
            call = Call(caller, scenario.call)
            call.thread.join()
        self.unharmed = call.error or call.rows
        path = [int(n) for n in value(caller, "SELECT @reached").split()]
        caller.close()
        self.is_ready_for = None
        self.path = list(dict.fromkeys(path))
        new = [number for number in self.path if number not in self.reached]
        self.reached |= dict.fromkeys(new, scenario)
        return new

    def is_after_commit(self, number: int) -> bool:
        """Tell whether a CALL has committed before it comes to a statement."""
        before = self.path[: self.path.index(number)]
        return any(self._commits(self.statements[each]) for each in before)

    def does_commit(self) -> bool:
        """Tell whether a CALL that nobody kills commits."""
        return any(self._commits(self.statements[each]) for each in self.path)

    @staticmethod
    def _commits(statement: Statement) -> bool:
        return statement.procedure == PUBLIC and statement.text.startswith("COMMIT")

    def unreached(self) -> list[str]:
        """List the statements that no scenario came to, and that one should."""
        return [
            str(each)
            for number, each in self.statements.items()
            if (number in self.reached) == (self.why(each) is not None)
        ]

    def why(self, statement: Statement) -> str | None:
        """Say why no CALL stands before a statement; None if one should."""
        if not statement.can_be_stopped_before:
            return "a breakpoint would change what it reads"
        known = UNREACHED_ON[self.server.family]
        found = (why for text, why in known.items() if text in str(statement))
        return next(found, None)

    def number_of(self, words: str, *, place: int = 0) -> int:
        """Find a statement by how it begins, of several the one at a place."""
        return [n for n, each in self.statements.items() if words in str(each)][place]

    def kill_connection(self, scenario: Scenario, number: int) -> None:
        """KILL the session that stands before a statement."""
        with self.standing(scenario, number) as (caller, _):
            query(self.admin, f"KILL {connection_id(caller)}")
            self.wait_for_end(caller)
        self.judge("connection", number)

    def kill_query(self, scenario: Scenario, number: int) -> None:
        """KILL what a session runs that stands before a statement."""
        with self.standing(scenario, number) as (caller, call):
            session = connection_id(caller)
            while call.thread.is_alive():
                query(self.admin, f"KILL QUERY {session}")
                # MariaDB forgets one that comes between two statements, and one that
                # comes too many would hit the handler that the first one called.
                call.thread.join(0.2)
        is_open = self.has_open_transaction(caller)
        if is_open:
            self.see_who_holds(session, number)
            caller.rollback()
        self.judge("query", number, LEFT_OPEN if is_open else ROLLED_BACK)
        caller.close()

    def kill_client(self, scenario: Scenario, number: int) -> None:
        """Close the socket of a session that stands before a statement."""
        with self.standing(scenario, number) as (caller, call):
            hang_up(caller)
            call.thread.join()
            assert self.is_standing(caller), "the server saw that the client is gone"
        self.wait_for_end(caller)
        self.judge("client", number, is_finished=True)

    def kill_server(self, scenario: Scenario, numbers: Sequence[int]) -> None:
        """SIGKILL the server while a session stands before each of some statements."""
        self.prepare(scenario)
        callers = [self.caller(scenario) for _ in numbers]
        self.before = self.progress()
        with self.held(scenario), self.hold():
            calls = []
            for caller, number in zip(callers, numbers, strict=True):
                query(caller, "SET @is_asleep = 1")
                calls.append(self.stand(caller, scenario, number))
            self.server.crash()
            for call in calls:
                call.thread.join()
        self.server.start()
        self.admin = self.superuser()
        self.is_ready_for = None
        late = [number for number in numbers if self.is_after_commit(number)]
        assert self.progress() == self.before + len(late), self.named(numbers)
        assert self.free_lanes() == self.lanes, self.named(numbers)
        for number in numbers:
            self.outcomes[number]["server"] = (
                COMMITTED if number in late else ROLLED_BACK
            )

    def judge(
        self,
        way: str,
        number: int,
        otherwise: str = ROLLED_BACK,
        *,
        is_finished: bool = False,
    ) -> None:
        """See that a killed CALL did all or nothing, whichever is right, and let go."""
        done = self.progress() - self.before
        if done or is_finished:
            self.is_ready_for = None
        due = self.does_commit() if is_finished else self.is_after_commit(number)
        assert done == due, (
            f"{way} killed, {self.reached[number].name}: {self.named([number])}: "
            f"{done} and not {due}; unharmed it gave {self.unharmed}"
        )
        assert self.free_lanes() == self.lanes, f"{way} killed: {self.named([number])}"
        self.outcomes[number][way] = COMMITTED if done else otherwise

    @contextmanager
    def standing(
        self, scenario: Scenario, number: int
    ) -> Iterator[tuple[Connection, Call]]:
        """Give a session whose CALL stands before a statement."""
        self.prepare(scenario)
        self.before = self.progress()
        caller = self.caller(scenario)
        with self.held(scenario), self.hold():
            yield caller, self.stand(caller, scenario, number)

    def stand(self, caller: Connection, scenario: Scenario, number: int) -> Call:
        """CALL and wait until that stands before a statement."""
        query(caller, f"SET @stop = {number}")
        call = Call(caller, scenario.call)
        until(
            lambda: self.is_standing(caller) or not call.thread.is_alive(),
            f"a CALL comes to {self.named([number])}",
        )
        assert self.is_standing(caller), (
            f"{scenario.name}: a CALL ends before {self.named([number])}: "
            f"{call.error or call.rows}"
        )
        return call

    def prepare(self, scenario: Scenario) -> None:
        """Make the shop ready, unless it still is: of the last CALL nothing stayed."""
        if self.is_ready_for is not scenario or not scenario.stays_ready:
            self.run(scenario.prepare)
            self.is_ready_for = scenario

    def run(self, script: str) -> None:
        for statement in script.replace("{s}", self.shop.source).split(";"):
            if statement.strip():
                query(self.admin, statement)

    def caller(self, scenario: Scenario) -> Connection:
        """Open a session, ready for a CALL; its lock tells when it has ended."""
        caller = self.shop.connect(self.shop.caller_url)
        query(caller, "DO GET_LOCK(CONCAT('alive ', CONNECTION_ID()), 0)")
        if scenario.session:
            query(caller, scenario.session)
        return caller

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Let every session stand that comes to where it is to stop."""
        lock = f"hold {self.shop.history}"
        query(self.admin, "DO GET_LOCK(%s, 0)", lock)
        yield
        with suppress(pymysql.Error):  # the server was killed
            query(self.admin, "DO RELEASE_LOCK(%s)", lock)

    @contextmanager
    def held(self, scenario: Scenario) -> Iterator[None]:
        """Lock what another session has locked in this scenario."""
        holder = self.shop.connect() if scenario.held else None
        if holder:
            holder.begin()
            query(holder, scenario.held)
        yield
        if holder:
            with suppress(pymysql.Error):  # the server was killed
                holder.rollback()
            holder.close()

    def is_standing(self, caller: Connection) -> bool:
        lock = f"stand {connection_id(caller)}"
        return value(self.admin, "SELECT IS_USED_LOCK(%s)", lock) is not None

    def wait_for_end(self, caller: Connection) -> None:
        lock = f"alive {connection_id(caller)}"
        until(
            lambda: value(self.admin, "SELECT IS_USED_LOCK(%s)", lock) is None,
            "the server ends a session",
        )

    def progress(self) -> int:
        """Count who has committed: done with a lane, or opened a pass."""
        return int(
            value(
                self.admin,
                "SELECT (SELECT COUNT(DISTINCT connection_id) FROM concluded)"
                " + (SELECT SUM(pass) FROM archive)",
            )
        )

    def free_lanes(self) -> int:
        """Count the lanes that nobody holds."""
        self.admin.begin()
        free = query(
            self.admin,
            "SELECT holder_id FROM lane WHERE holder_id IS NULL FOR UPDATE SKIP LOCKED",
        )
        self.admin.rollback()
        return len(free)

    def has_open_transaction(self, caller: Connection) -> bool:
        """Tell by the error of a CALL that does nothing."""
        query(caller, "SET @stop = NULL, timestamp = DEFAULT")
        try:
            query(caller, f"CALL {PUBLIC}(0)")
        except pymysql.Error as error:
            return bool(error.args[0] == 30001)
        raise AssertionError("a CALL with a wrong argument went through")

    def see_who_holds(self, session: int, number: int) -> None:
        """See that others are told who holds the lane, if it was claimed."""
        if self.free_lanes() < self.lanes == 1:
            other = self.caller(Scenario(name="another"))
            (row,) = query(other, f"CALL {PUBLIC}(NULL)")
            other.close()
            assert row["state"] == "busy", self.named([number])
            # It writes its name a moment after it has the lane, and takes it off a
            # moment before it commits.
            assert any(
                words in row["reason"]
                for words in (
                    f"held by connection {session} for",
                    "idle in a transaction",
                )
            )

    def complete(self) -> None:
        """Copy what is left, and ask the oracle about all of it."""
        self.run(f"{PASS}; UPDATE archive SET max_size = 10000, quarantine_cycle = 2")
        caller = self.shop.connect(self.shop.caller_url)
        copy_all(caller)
        caller.close()
        verdict = compare(self.admin, self.shop.source, self.shop.history)
        assert verdict.complete, verdict.examples
        assert query(self.admin, TOTALS) == []

    def named(self, numbers: Sequence[int]) -> str:
        return "; ".join(str(self.statements[number]) for number in numbers)

    def table(self) -> str:
        """Tell of every statement what became of a chunk that was killed there."""
        lines = [
            f"| {' | '.join(('before', 'in', *WAYS.values()))} |",
            f"|{'---|' * (len(WAYS) + 2)}",
        ]
        for number, statement in self.statements.items():
            text = str(statement).replace("|", "\\|")
            if number in self.reached:
                outcomes = (self.outcomes[number][way] for way in WAYS)
                cells = (self.reached[number].name, *outcomes)
            else:
                cells = (f"never: {self.why(statement)}", *[""] * len(WAYS))
            lines.append(f"| `{text}` | {' | '.join(cells)} |")
        return "\n".join(lines)


def hang_up(caller: Connection) -> None:
    """End a connection as a killed process does, without a goodbye."""
    wire = caller._sock  # type: ignore[attr-defined] # noqa: SLF001 - no other way
    wire.shutdown(socket.SHUT_RDWR)


# Written in the transaction of the CALL that takes its name off a lane.
CONCLUDED = """
CREATE TABLE concluded (connection_id BIGINT UNSIGNED NOT NULL, KEY (connection_id));
CREATE TRIGGER concluded AFTER UPDATE ON lane FOR EACH ROW
    INSERT INTO concluded
    SELECT OLD.holder_id FROM (SELECT 1) AS one
    WHERE OLD.holder_id IS NOT NULL AND NEW.holder_id IS NULL
"""
# Of lanes, of chunks and of history; a root twice would be an error of its key.
TOTALS = """
SELECT 1 FROM (
    SELECT
        (SELECT SUM(roots) FROM lane) AS lanes,
        (SELECT SUM(roots) FROM chunk) AS chunks,
        (SELECT COUNT(*) FROM orders_history) AS history
) AS t
WHERE t.lanes <> t.chunks OR t.chunks <> t.history
UNION ALL
SELECT h.history_chunk
FROM orders_history AS h LEFT JOIN chunk AS c ON c.id = h.history_chunk
GROUP BY h.history_chunk
HAVING COALESCE(MAX(c.roots), 0) <> COUNT(*)
"""
