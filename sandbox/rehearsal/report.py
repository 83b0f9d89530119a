"""Tell what a rehearsal measured, and what it can't know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bygones.compiler.aggregate.indexes import missing_indexes
from bygones.compiler.names import Schemas, quote, rename
from bygones.sandbox.rehearsal.measures import (
    analyze,
    count_finished,
    read_chunks,
    read_sizes,
)
from bygones.sandbox.rehearsal.stage import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pymysql
    from pymysql.cursors import Cursor

    from bygones.compiler.aggregate.model import Aggregate
    from bygones.compiler.catalog.model import Catalog
    from bygones.runner.procedures import Row
    from bygones.sandbox.narrator import Narrator
    from bygones.sandbox.rehearsal.stage import Stage

    Facts = dict[str, object]

# What a team wants to know the size of history for.
MANY = 1_000_000
BIGGEST = 3

UNKNOWN = """\
Your rows: how many belong to one root, how long texts are. These here are made up.
Your largest root: one with 10,000 rows takes as long as copying 10,000 rows takes.
Your hardware: this is a small server, and nobody else uses it.
Your load: nobody wrote meanwhile, nor read what the chunks read.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What was copied, and how the runner saw it."""

    aggregates: Sequence[Aggregate]
    catalog: Catalog
    # The schema as the team calls it.
    source: str
    # By archive: seconds of a CALL with nothing to do, and what `progress` says.
    idle: Mapping[str, float]
    progress: Mapping[str, Row]


def report(copied: Copied, stage: Stage) -> dict[str, Facts]:
    """Tell the facts of all archives in words, and return them."""
    narrator = stage.narrator
    facts: dict[str, Facts] = {}
    with stage.session(stage.shop.history, stage.shop.owner_url) as owner:
        for aggregate in copied.aggregates:
            facts[aggregate.name] = _tell_copied(copied, aggregate, owner, stage)

        narrator.step("Joins without an index")
        for aggregate in copied.aggregates:
            missing = _tell_joins(copied, aggregate, owner, narrator)
            facts[aggregate.name]["missing_indexes"] = missing

        narrator.step("The size of history")
        members = [m for aggregate in copied.aggregates for m in aggregate.members]
        analyze(owner, stage.shop.history, [member.history for member in members])
        sizes = read_sizes(owner, stage.shop.history)
        for aggregate in copied.aggregates:
            facts[aggregate.name] |= _tell_size(copied, aggregate, sizes, narrator)
    narrator.step("What this can't tell")
    for sentence in UNKNOWN.splitlines():
        narrator.say(sentence)
    narrator.held = _conclusion(facts)
    return facts


def _conclusion(facts: Mapping[str, Facts]) -> str:
    """Say of which archives everything held, and of which of their relations."""
    held = []
    for name, each in facts.items():
        names = each["relations"]
        assert isinstance(names, list)  # noqa: S101 - ours, from above
        relations = f"with {', '.join(names)}" if names else "which has no relations"
        held.append(f"{name}, {relations}")
    return f"Everything held: {'; '.join(held)}."


def _tell_copied(
    copied: Copied,
    aggregate: Aggregate,
    owner: pymysql.Connection[Cursor],
    stage: Stage,
) -> Facts:
    name = aggregate.name
    narrator = stage.narrator
    chunks = read_chunks(owner, name)
    seconds = sum(chunks.seconds)
    facts: Facts = {
        "copied": _number(copied.progress[name], "roots"),
        "rows": chunks.rows,
        "chunks": len(chunks.seconds),
        "seconds": round(seconds, 3),
        "rows_per_second": round(chunks.rows / seconds) if seconds else 0,
        "chunk_p50_ms": _milliseconds(chunks.slowest(50)),
        "chunk_p99_ms": _milliseconds(chunks.slowest(99)),
        "chunk_max_ms": _milliseconds(chunks.slowest(100)),
        "retried": chunks.retried,
        "idle_ms": _milliseconds(copied.idle[name]),
    }
    narrator.say(
        f"{name}: {counted(len(chunks.seconds), 'chunk')} copied {facts['copied']:,} "
        f"roots, which are {chunks.rows:,} rows, in {seconds:.1f} s: "
        f"{facts['rows_per_second']:,} rows a second."
    )
    narrator.say(
        f"A chunk took {facts['chunk_p50_ms']} ms; 99 of 100 no more than "
        f"{facts['chunk_p99_ms']} ms, the slowest {facts['chunk_max_ms']} ms. "
        f"{chunks.retried:,} were tried more than once."
    )
    narrator.say(f"A CALL with nothing to do takes {facts['idle_ms']} ms.")
    roots, finished = count_finished(owner, stage.shop.source, aggregate)
    _complain(name, roots, finished, copied.progress[name], narrator)
    reached = _reached(aggregate, owner)
    missed = [each.name for each in aggregate.relations if each.name not in reached]
    narrator.complain(
        f"{name}: not rehearsed: {', '.join(missed)}. No made-up row is joined by what "
        "archives.toml says of it.",
        unless=not missed,
    )
    return {
        "finished": finished,
        **facts,
        "relations": reached,
        "relations_not_rehearsed": missed,
    }


def _complain(
    name: str, roots: int, finished: int, progress: Row, narrator: Narrator
) -> None:
    """Say what isn't in history, and doesn't wait for its end either."""
    copied = _number(progress, "roots")
    narrator.complain(
        f"{name}: {finished:,} roots are finished, but {copied:,} were copied.",
        unless=copied == finished,
    )
    quarantined = _number(progress, "quarantined")
    narrator.complain(
        f"{name}: {quarantined:,} roots are quarantined.", unless=quarantined == 0
    )
    waiting = _number(progress, "unfinished")
    narrator.complain(
        f"{name}: {roots - finished:,} roots are unfinished, but {waiting:,} wait.",
        unless=waiting == roots - finished or _number(progress, "is_capped") == 1,
    )


def _reached(aggregate: Aggregate, owner: pymysql.Connection[Cursor]) -> list[str]:
    """Name the relations with a row in history; others were rehearsed for nothing."""
    reached = []
    with owner.cursor() as cursor:
        for relation in aggregate.relations:
            cursor.execute(f"SELECT 1 FROM {quote(relation.history)} LIMIT 1")  # noqa: S608 - quoted
            if cursor.fetchone():
                reached.append(relation.name)
    return reached


def _tell_joins(
    copied: Copied,
    aggregate: Aggregate,
    owner: pymysql.Connection[Cursor],
    narrator: Narrator,
) -> list[Facts]:
    facts: list[Facts] = []
    for missing in missing_indexes(aggregate, copied.catalog, owner):
        create = rename(
            missing.create,
            written=Schemas(copied.catalog.schema),
            installed=Schemas(copied.source),
        )
        narrator.say(
            f"{aggregate.name}: no index leads to the rows of {missing.relation}, so "
            f"each chunk reads all of {missing.table}, {missing.rows:,} rows here."
        )
        narrator.say(create)
        facts.append(
            {"relation": missing.relation, "rows": missing.rows, "create": create}
        )
    if not facts:
        narrator.say(f"{aggregate.name}: none.")
    return facts


def _tell_size(
    copied: Copied, aggregate: Aggregate, sizes: Mapping[str, int], narrator: Narrator
) -> Facts:
    roots = max(_number(copied.progress[aggregate.name], "roots"), 1)
    each = {member.name: sizes[member.history] / roots for member in aggregate.members}
    whole = round(sum(each.values()))
    biggest = sorted(each, key=lambda name: -each[name])[:BIGGEST]
    listed = ", ".join(f"{name} {round(each[name]):,}" for name in biggest)
    narrator.say(
        f"{aggregate.name}: {whole:,} bytes a root, with indexes; so "
        f"{whole * MANY / 2**30:,.1f} GB for {MANY:,} roots. Most of it: {listed}."
    )
    return {"bytes_per_root": whole, "bytes_per_million": whole * MANY}


def _number(row: Row, name: str) -> int:
    return int(str(row[name] or 0))


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)
