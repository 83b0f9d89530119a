"""What is copied: its roots, and by which SELECTs a person would copy it by hand."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True, kw_only=True)
class Roots:
    """Say which rows of a root table are finished; its key is one integer."""

    table: str
    key: str
    finished: str

    def within(self, after: int | None = None, upto: int | None = None) -> str:
        """Write the condition of finished roots `o`, of a range of keys if any."""
        bounds = (
            "" if after is None else f" AND o.{self.key} > {after}",
            "" if upto is None else f" AND o.{self.key} <= {upto}",
        )
        return f"({self.finished}){''.join(bounds)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Select the rows of one history table, in the order of its columns."""

    table: str
    text: str

    def select(self, source: str, condition: str) -> str:
        """Complete the SELECT by the source schema and a condition on the roots."""
        return self.text.format(source=f"`{source}`", roots=condition)

    def insert(self, source: str, history: str, condition: str) -> str:
        """Write the INSERT … SELECT."""
        return f"INSERT INTO `{history}`.{self.table}\n{self.select(source, condition)}"


ROOTS = {
    "pharmacy": Roots(
        table="orders",
        key="id",
        finished="o.status IN ('uncollected', 'cancelled', 'dispensed')",
    ),
    "tpch": Roots(table="orders", key="o_orderkey", finished="o.o_orderstatus = 'F'"),
    "lean": Roots(table="orders", key="id", finished="o.status = 'done'"),
}


def selections(data: str) -> tuple[Selection, ...]:
    """Read the SELECTs of a data set, the root table's first."""
    text = files(__package__).joinpath(f"{data}.sql").read_text("utf-8")
    _, *parts = text.split("-- table ")
    return tuple(
        Selection(table=table, text=select.strip().removesuffix(";"))
        for table, _, select in (part.partition("\n") for part in parts)
    )
