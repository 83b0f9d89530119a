"""Put a breakpoint before every statement of what a chunk runs.

That is procedures, and the function that copies: by the statement that calls it.

A breakpoint reads no table, takes no lock of InnoDB's and leaves ROW_COUNT() and the
diagnostics as they were, so that a CALL means the same with and without it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from bygones.compiler.definitions import as_mariadb_reads, words
from bygones.compiler.names import tokens
from bygones.sandbox.sample import SAMPLE, newest
from tests.support.procedures import COPY, IF_DRIFTED, define_procedure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bygones.compiler.definitions import Kind
    from bygones.sandbox.shop import Shop

PUBLIC = "copy_orders_chunk"
# A caller stands here until the lock `hold` is given back. It computes, as a chunk
# does: GET_LOCK looks after its client every second, and SLEEP hides a KILL QUERY.
# Where many stand at once, for the server to be killed, they sleep.
TEN = "JSON_TABLE('[1,1,1,1,1,1,1,1,1,1]', '$[*]' COLUMNS (n FOR ORDINALITY))"
TEN_THOUSAND = ", ".join(f"{TEN} AS {name}" for name in "abcd")
COME_TO = f"""
CREATE PROCEDURE pharmacy_history._come_to (IN in_number INT)
READS SQL DATA
SQL SECURITY INVOKER
BEGIN
    SET @reached = CONCAT_WS(' ', @reached, in_number);
    SET @standing = GET_LOCK(CONCAT('stand ', CONNECTION_ID()), 0);
    WHILE IS_USED_LOCK(CONCAT('hold ', DATABASE())) IS NOT NULL DO
        IF @is_asleep THEN
            DO SLEEP(0.01);
        ELSE
            SELECT COUNT(*) INTO @computed FROM {TEN_THOUSAND};
        END IF;
    END WHILE;
    SET @standing = RELEASE_LOCK(CONCAT('stand ', CONNECTION_ID()));
END;
"""
# At 0, every statement is taken down; at a number, only that one is stopped before.
BREAKPOINT = "IF @stop IN (0, {number}) THEN CALL _come_to({number}); END IF; "


# The word that ends what a statement says before those in it, and what ends these.
HEADS = {
    "BEGIN": "BEGIN",
    "LOOP": "LOOP",
    "REPEAT": "REPEAT",
    "WHILE": "DO",
    "IF": "THEN",
}
ENDS = {"REPEAT": ("UNTIL",), "IF": ("ELSEIF", "ELSE", "END")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of a procedure, and where a CALL stands to be just before it.

    Or of the function.
    """

    number: int
    procedure: str
    text: str
    can_be_stopped_before: bool = True

    def __str__(self) -> str:
        return f"{self.procedure}: {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a statement, and what stands before those in it, begins and ends."""

    start: int
    head: int
    is_whole_handler: bool


IF_SETTLED = "COALESCE(v_newest + 2 <= UNIX_TIMESTAMP(), FALSE)"


def instrument(
    shop: Shop, *, is_mariadb: bool, public: str = PUBLIC
) -> list[Statement]:
    """Install what a CALL runs with breakpoints; return all statements in order."""
    statements: list[Statement] = []
    define_procedure(shop, "_come_to", COME_TO)
    for name in procedures(public):
        text = text_of(name)
        text = as_mariadb_reads(text) if is_mariadb else text
        if name == "_check_definitions":
            # Scenarios do harm to history, which would be all that CALLs have to say.
            assert text.count(IF_DRIFTED) == 1
            text = text.replace(
                IF_DRIFTED, IF_DRIFTED.replace(" THEN", " AND @minds_drift THEN")
            )
        if name == "_sum_up_definitions":
            # What scenarios have just altered is noted at once: whether a CALL commits
            # must not hang on how long ago that was.
            assert text.count(IF_SETTLED) == 1
            text = text.replace(IF_SETTLED, "TRUE")
        places = split(text)
        lines = [in_a_line(text[place.start : place.head]) for place in places]
        numbered = [
            Statement(
                number=len(statements) + number,
                procedure=name,
                text=line,
                # A CALL would change what it reads.
                can_be_stopped_before=not line.startswith("GET DIAGNOSTICS"),
            )
            for number, line in enumerate(lines, 1)
        ]
        statements += numbered
        if name == public:
            last = Statement(number=len(statements) + 1, procedure=name, text="END")
            statements.append(last)
            end = text.rindex("END;")
            text = text[:end] + BREAKPOINT.format(number=last.number) + text[end:]
        define_procedure(shop, name, with_breakpoints(text, places, numbered))
    return statements


def procedures(public: str = PUBLIC) -> list[str]:
    """List what a CALL runs: the public procedure, and all that these call."""
    found = [public]
    for name in found:
        said = words(text_of(name))
        found += sorted(
            {
                called
                for call, called in pairwise(said)
                if (call == "CALL" or (call, called) == ("SELECT", COPY))
                and called not in found
            }
        )
    return found


def text_of(name: str) -> str:
    """Read a procedure, or the function, as its file has it."""
    kind: Kind = "function" if name == COPY else "procedure"
    return newest(kind, name).text(SAMPLE)


def with_breakpoints(
    text: str, places: list[_Place], statements: list[Statement]
) -> str:
    """Write a procedure anew, last statement first."""
    for place, statement in sorted(
        zip(places, statements, strict=True), key=lambda each: -each[0].start
    ):
        if not statement.can_be_stopped_before:
            continue
        before = BREAKPOINT.format(number=statement.number)
        after = ""
        said = text[place.start : place.head]
        if place.is_whole_handler:
            before, after = f"BEGIN {before}", " END;"
        if "ROW_COUNT()" in said:
            before = f"SET @row_count = ROW_COUNT(); {before}"
            said = said.replace("ROW_COUNT()", "@row_count")
        text = text[: place.start] + before + said + after + text[place.head :]
    return text


def split(text: str) -> list[_Place]:
    """Find every statement of a procedure, however deep; declarations are none."""
    return list(_Splitter(text).statements())


def in_a_line(text: str) -> str:
    """Say a statement in one short line."""
    line = " ".join(re.sub(r"--[^\n]*", "", text).split())
    return line if len(line) <= 70 else f"{line[:69]}…"


class _Splitter:
    """Read the statements of one procedure, by its tokens."""

    def __init__(self, text: str) -> None:
        self._words: list[tuple[str, int]] = []
        offset = 0
        for token, kind in tokens(text):
            if kind != "space":
                self._words.append((token, offset))
            offset += len(token)
        self._at = next(n for n, (word, _) in enumerate(self._words) if word == "BEGIN")

    def statements(self) -> Iterator[_Place]:
        self._at += 1
        yield from self._upto("END")

    def _upto(self, *ends: str) -> Iterator[_Place]:
        while self._word() not in ends:
            yield from self._statement()

    def _statement(self, *, is_handler: bool = False) -> Iterator[_Place]:
        start = self._words[self._at][1]
        if self._word() == "DECLARE":
            yield from self._declaration()
            return
        if self._word(1) == ":":
            self._at += 2
        kind = self._word()
        self._skip_past(HEADS.get(kind, ";"))
        head = self._end()
        inner = list(self._inner(kind))
        # What is in a handler's block has breakpoints of its own.
        if not (is_handler and kind == "BEGIN"):
            is_simple_handler = is_handler and kind not in HEADS
            assert is_simple_handler or not is_handler
            yield _Place(start=start, head=head, is_whole_handler=is_handler)
        yield from inner

    def _inner(self, kind: str) -> Iterator[_Place]:
        """Read on to the end of a statement; give those that are in it."""
        assert kind != "CASE", "a statement that begins with CASE isn't known here"
        if kind not in HEADS:
            return
        yield from self._upto(*ENDS.get(kind, ("END",)))
        while self._word() in ("ELSEIF", "ELSE"):
            self._skip_past("THEN" if self._word() == "ELSEIF" else "ELSE")
            yield from self._upto(*ENDS["IF"])
        self._skip_past(";")

    def _declaration(self) -> Iterator[_Place]:
        if self._word(2) != "HANDLER":
            self._skip_past(";")
            return
        self._skip_past("FOR")
        self._at += 2 if self._word() == "NOT" else 1
        while self._word() == ",":
            self._at += 2
        yield from self._statement(is_handler=True)

    def _skip_past(self, end: str) -> None:
        cases = 0
        while self._word() != end or (cases and end != ";"):
            cases += (self._word() == "CASE") - (self._word() == "END")
            self._at += 1
        self._at += 1

    def _word(self, ahead: int = 0) -> str:
        return self._words[self._at + ahead][0]

    def _end(self) -> int:
        word, start = self._words[self._at - 1]
        return start + len(word)
