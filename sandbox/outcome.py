"""Read from the database what became of a shop's orders, and say what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bygones.sandbox.oracle import compare

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pymysql
    from pymysql.cursors import Cursor

    from bygones.sandbox.shop import Shop

# Each CALL that copied, by the log that it wrote in its own transaction.
_CHUNKS = """
SELECT
    COUNT(c.id),
    COALESCE(SUM(c.roots), 0),
    COALESCE(SUM(c.roots + c.related_rows), 0),
    COALESCE(SUM(c.seconds), 0)
FROM chunk AS c
"""
_WAITING = "SELECT COUNT(w.root_key) FROM waiting AS w WHERE w.reason = %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Hold what the oracle and the control tables say; `seconds` are the CALLs' own."""

    finished: int
    missing: int
    different: int
    surplus: int
    copied: int
    quarantined: int
    unfinished: int
    calls: int
    rows: int
    seconds: float
    rows_expected: int
    examples: tuple[str, ...]

    def as_facts(self) -> dict[str, int | float]:
        """Return what the demo's last line says first."""
        return {
            "finished": self.finished,
            "missing": self.missing,
            "different": self.different,
            "copied": self.copied,
            "quarantined": self.quarantined,
            "calls": self.calls,
            "rows": self.rows,
            "seconds": self.seconds,
        }

    def complaints(self) -> Iterator[str]:
        """Say in plain sentences what keeps history from being the finished orders."""
        if self.copied != self.finished:
            yield (
                f"{self.finished:,} orders are finished, but {self.copied:,} were "
                "copied."
            )
        if self.rows != self.rows_expected:
            yield (
                f"{self.rows_expected:,} rows belong into history, but {self.rows:,} "
                "were copied."
            )
        if self.missing:
            yield f"Rows of the source that history lacks: {self.missing:,}."
        if self.different:
            yield f"Rows of history that differ from the source: {self.different:,}."
        if self.surplus:
            yield f"Rows of history that the source lacks: {self.surplus:,}."
        for example in self.examples:
            yield f"The oracle says: {example}."
        if self.quarantined:
            yield f"Orders that are quarantined: {self.quarantined:,}."


def measure(shop: Shop, admin: pymysql.Connection[Cursor]) -> Outcome:
    """Let the oracle compare, and add up the chunks; `admin` is a superuser's."""
    verdict = compare(admin, shop.source, shop.history)
    admin.select_db(shop.history)
    with admin.cursor() as cursor:
        cursor.execute(_CHUNKS)
        [(calls, copied, rows, seconds)] = cursor.fetchall()
        waiting = {}
        for reason in ("quarantined", "unfinished"):
            cursor.execute(_WAITING, (reason,))
            [(waiting[reason],)] = cursor.fetchall()
    return Outcome(
        finished=verdict.finished,
        missing=verdict.missing,
        different=verdict.different,
        surplus=verdict.surplus,
        copied=int(copied),
        calls=int(calls),
        rows=int(rows),
        seconds=round(float(seconds), 3),
        rows_expected=verdict.rows,
        examples=verdict.examples,
        **waiting,
    )
