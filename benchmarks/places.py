"""Make the shops that are copied, and the history schemas that they are copied into."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import alembic.command

from benchmarks.data import lean
from benchmarks.machine import tell
from bygones.sandbox.expectations import PHARMACY, ExpectedRelation
from bygones.sandbox.oracle import compare
from bygones.sandbox.sample import SAMPLE
from bygones.sandbox.shop import close_shop, configuration, open_shop, upgrade
from tests.support.aggregates import tpch
from tests.support.aggregates.archiving import make_project
from tests.support.aggregates.foreign import open_foreign

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.machine import Machine
    from bygones.sandbox.expectations import Expectation
    from bygones.sandbox.oracle import Verdict
    from bygones.sandbox.shop import Shop
    from tests.support.aggregates.foreign import Foreign


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A shop on the machine, and what of it should be in history."""

    machine: Machine
    # As the peers know it, and as the report calls it.
    data: str
    title: str
    shop: Shop
    project: Path
    expectation: Expectation
    expected: dict[str, int]

    @property
    def roots(self) -> int:
        """How many roots are finished."""
        return self.expected[self.expectation.root]

    def install(self) -> None:
        """Install bygones afresh: a history that holds nothing."""
        install(self.machine, self.shop, self.project)

    def lay_out(self, history: str) -> None:
        """Create a schema with empty history tables that are like bygones' own."""
        rows = self.machine.rows
        self.drop(history)
        rows(f"CREATE SCHEMA `{history}`")
        for name in self.expected:
            rows(
                f"CREATE TABLE `{history}`.`{name}_history`"
                f" LIKE `{self.shop.history}`.`{name}_history`"
            )

    def drop(self, history: str) -> None:
        """Drop a history schema."""
        self.machine.rows(f"DROP SCHEMA IF EXISTS `{history}`")

    def found(self, history: str) -> dict[str, int]:
        """Count what is in history, by relation."""
        return {
            name: _count(self.machine, f"`{history}`.`{name}_history`")
            for name in self.expected
        }

    def judge(self, history: str) -> Verdict:
        """Let the oracle compare history with the source, byte for byte."""
        return compare(self.machine.admin, self.shop.source, history, self.expectation)


@contextmanager
def pharmacy(machine: Machine, finished: int) -> Iterator[Place]:
    """Open the sample pharmacy with so many finished orders."""
    tell(f"filling a pharmacy with {finished:,} finished orders")
    shop = open_shop(machine.server, source=f"pharmacy_{finished}", finished=finished)
    try:
        install(machine, shop, SAMPLE.root)
        yield Place(
            machine=machine,
            data="pharmacy",
            title=f"pharmacy, {finished:,} orders",
            shop=shop,
            project=SAMPLE.root,
            expectation=PHARMACY,
            expected=_expected(machine, shop.source, PHARMACY),
        )
    finally:
        close_shop(machine.server, shop)


@contextmanager
def tpc_h(machine: Machine, scale: float) -> Iterator[Place]:
    """Open TPC-H at a scale; 0.1 has about 73,000 finished orders."""
    tell(f"loading TPC-H at scale {scale:g}")
    with _foreign(machine, tpch.TPCH, f"tpch_{scale:g}".replace(".", "_")) as (
        shop,
        project,
    ):
        tpch.load(machine.admin, shop.source, scale)
        _generate(shop, project)
        yield Place(
            machine=machine,
            data="tpch",
            title=f"TPC-H, scale {scale:g}",
            shop=shop,
            project=project,
            expectation=tpch.EXPECTED,
            expected=_expected(machine, shop.source, tpch.EXPECTED),
        )


@contextmanager
def lean_shop(machine: Machine, finished: int, *, kind: lean.Kind) -> Iterator[Place]:
    """Open a shop with two relations, of one of its kinds."""
    tell(f"filling a lean shop, {kind.title}, with {finished:,} finished orders")
    name = f"lean_{kind.name}_{finished}"
    with _foreign(machine, lean.LEAN, name) as (shop, project):
        lean.fill(machine.admin, shop.source, finished, kind)
        _generate(shop, project)
        yield Place(
            machine=machine,
            data="lean",
            title=f"lean, {kind.title}, {finished:,} orders",
            shop=shop,
            project=project,
            expectation=lean.EXPECTED,
            expected=_expected(machine, shop.source, lean.EXPECTED),
        )


def install(machine: Machine, shop: Shop, project: Path) -> None:
    """Install bygones in a history schema of its own, in the place of an older one."""
    machine.rows(f"DROP SCHEMA IF EXISTS `{shop.history}`")
    upgrade(shop, "head", project)


@contextmanager
def _foreign(
    machine: Machine, foreign: Foreign, name: str
) -> Iterator[tuple[Shop, Path]]:
    shop = open_foreign(machine.server, foreign, name)
    try:
        with tempfile.TemporaryDirectory(prefix="bygones-") as folder:
            yield shop, make_project(Path(folder), foreign)
    finally:
        machine.admin.rollback()  # of a load that failed
        close_shop(machine.server, shop)


def _generate(shop: Shop, project: Path) -> None:
    """Have Alembic write the archive's SQL, and install it."""
    upgrade(shop, "bygones_0001", project)
    alembic.command.revision(
        configuration(shop, project), message="archive orders", autogenerate=True
    )
    upgrade(shop, "head", project)


def _expected(
    machine: Machine, source: str, expectation: Expectation
) -> dict[str, int]:
    """Count the rows that belong into history, as the oracle is told them."""
    root = ExpectedRelation(name=expectation.root, joined="", key=expectation.key)
    counts = {}
    for relation in (root, *expectation.relations):
        alias = "o" if relation is root else "r"
        keys = [f"o.{column}" for column in expectation.key]
        keys += [f"{alias}.{column}" for column in relation.key]
        joined = str(relation.joined).format(source=f"`{source}`")
        # By way of a third table a root can reach a row twice; it's kept once.
        distinct = "DISTINCT" if joined.count("JOIN") > 1 else ""
        counts[relation.name] = _count(
            machine,
            f"(SELECT {distinct} {', '.join(_named(keys))}"
            f" FROM `{source}`.{expectation.root} AS o {joined}"
            f" WHERE {expectation.finished}) AS e",
        )
    return counts


def _named(columns: list[str]) -> Iterator[str]:
    for number, column in enumerate(columns):
        yield f"{column} AS c{number}"


def _count(machine: Machine, rows: str) -> int:
    [(count,)] = machine.rows(f"SELECT COUNT(*) FROM {rows}")
    return int(str(count))
