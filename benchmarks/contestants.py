"""Who is measured."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bygones.sandbox.shop import PROJECT

if TYPE_CHECKING:
    from benchmarks.places import Place

EVERYTHING = ("pharmacy", "tpch", "lean")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """One way of copying: a module of benchmarks.peers, and its options."""

    name: str
    title: str
    module: str
    options: tuple[str, ...] = ()
    data: tuple[str, ...] = EVERYTHING
    # Where more would take hours.
    most_roots: int | None = None
    # Of bygones: how many, with a worker each.
    lanes: int = 1
    # Of bygones: what tune_archive is told.
    tuned: tuple[tuple[str, int], ...] = ()
    # Is asked beside a live workload alone.
    is_live_only: bool = False
    # Copies the root table alone.
    is_root_only: bool = False

    @property
    def is_ours(self) -> bool:
        """Tell whether it is bygones, which has a schema and an account of its own."""
        return self.module == "ours"

    def takes_part(self, place: Place) -> bool:
        """Tell whether it can copy that data, in a time that one can wait."""
        few = self.most_roots is None or place.roots <= self.most_roots
        return few and place.data in self.data

    def history(self, place: Place) -> str:
        """Name the schema that it copies into."""
        if self.is_ours:
            return place.shop.history
        return f"{place.shop.source}_{self.name}"

    def command(self, place: Place) -> list[str]:
        """Return its command line; bygones alone gets by with EXECUTE."""
        shop = place.shop
        return [
            sys.executable,
            "-m",
            f"benchmarks.peers.{self.module}",
            f"--url={shop.caller_url if self.is_ours else shop.url}",
            f"--source={shop.source}",
            f"--history={self.history(place)}",
            f"--data={place.data}",
            *self.options,
        ]

    def start(self, place: Place) -> subprocess.Popen[str]:
        """Start its process."""
        return subprocess.Popen(  # noqa: S603 - our own modules
            self.command(place),
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What a contestant's process said, or why it failed."""

    seconds: float = 0.0
    peak_bytes: int = 0
    error: str | None = None


def ended(process: subprocess.Popen[str]) -> Ended:
    """Wait for a contestant's process."""
    said, complaints = process.communicate()
    if process.returncode:
        return Ended(error=complaints.strip()[-500:])
    return Ended(**json.loads(said))


OURS = Contestant(name="ours", title="bygones, one lane", module="ours")

CONTESTANTS = (
    OURS,
    Contestant(
        name="ours_two",
        title="bygones, two lanes",
        module="ours",
        options=("--workers=2",),
        lanes=2,
    ),
    Contestant(
        name="ours_kind",
        title="bygones, pace 50",
        module="ours",
        tuned=(("pace", 50),),
        is_live_only=True,
    ),
    Contestant(
        name="big_insert", title="one big INSERT … SELECT a table", module="big_insert"
    ),
    Contestant(
        name="two_sessions",
        title="INSERT … SELECT by hand, two sessions",
        module="two_sessions",
    ),
    Contestant(
        name="pt_archiver",
        title="pt-archiver, root table alone",
        module="pt_archiver",
        is_root_only=True,
    ),
    Contestant(
        name="pt_archiver_bulk",
        title="pt-archiver --bulk-insert, root table alone",
        module="pt_archiver",
        options=("--bulk-insert",),
        is_root_only=True,
    ),
    Contestant(name="many_rows", title="PyMySQL's executemany", module="many_rows"),
    Contestant(
        name="orm",
        title="ORM loop, commit an entity",
        module="orm",
        data=("pharmacy",),
        most_roots=5_000,
    ),
    Contestant(
        name="orm_order",
        title="ORM loop, commit an order",
        module="orm",
        options=("--commit=order",),
        data=("pharmacy",),
        most_roots=5_000,
    ),
    Contestant(
        name="orm_page",
        title="ORM loop, commit a page",
        module="orm",
        options=("--commit=page",),
        data=("pharmacy",),
        most_roots=5_000,
    ),
)


def chosen(names: str | None) -> tuple[Contestant, ...]:
    """Return the contestants of these names, or all."""
    if names is None:
        return CONTESTANTS
    wanted = names.split(",")
    known = {contestant.name for contestant in CONTESTANTS}
    for name in wanted:
        if name not in known:
            raise SystemExit(
                f"No contestant is called {name!r}; there are: "
                f"{', '.join(sorted(known))}."
            )
    return tuple(each for each in CONTESTANTS if each.name in wanted)
