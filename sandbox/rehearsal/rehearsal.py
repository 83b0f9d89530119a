"""Go the whole way with a team's tables: load, fill, generate, install, copy, tell."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bygones.compiler.catalog.reading import read_catalog
from bygones.sandbox.errors import SandboxError
from bygones.sandbox.families import FAMILIES
from bygones.sandbox.rehearsal.copying import copy_all, install
from bygones.sandbox.rehearsal.declaring import (
    begin_project,
    propose_declaration,
    resolve_declaration,
    take_declaration,
)
from bygones.sandbox.rehearsal.dump import HOW, read_dump
from bygones.sandbox.rehearsal.filling import fill
from bygones.sandbox.rehearsal.links import find_links
from bygones.sandbox.rehearsal.measures import analyze, count_finished
from bygones.sandbox.rehearsal.report import Copied, report
from bygones.sandbox.rehearsal.rules import read_rules
from bygones.sandbox.rehearsal.stage import counted, stage_on
from bygones.sandbox.server import find_server

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pymysql
    from pymysql.cursors import Cursor

    from bygones.compiler.aggregate.model import Aggregate
    from bygones.compiler.catalog.model import Catalog
    from bygones.compiler.project import Project
    from bygones.sandbox.narrator import Narrator
    from bygones.sandbox.rehearsal.dump import Dump
    from bygones.sandbox.rehearsal.stage import Stage
    from bygones.sandbox.server import Server

# A root has been at rest for longer than it must by so much, or by more.
DAYS_AT_REST = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be rehearsed: a dump, and by which archives."""

    schema: str | None
    roots: int
    # The table to propose an archive of; those of archives.toml if there is none.
    root: str | None = None
    # The family of servers; that of the dump if none is asked for.
    family: str | None = None
    project: Project


def rehearse(wanted: Wanted, narrator: Narrator, facts: dict[str, object]) -> None:
    """Go step by step, and add what was measured to the facts."""
    dump = _read(wanted)
    with ExitStack() as stack:
        narrator.step("A throwaway server")
        server = _start(wanted, dump, stack, narrator)
        stage = stack.enter_context(stage_on(server, narrator))

        narrator.step(f"The tables of {dump.path.name}")
        _load(dump, stage)

        folder = stack.enter_context(TemporaryDirectory(prefix="bygones-"))
        project = begin_project(Path(folder))
        declaration = (
            propose_declaration(wanted.root, project, stage)
            if wanted.root
            else take_declaration(wanted.project, project, stage)
        )
        aggregates, catalog = resolve_declaration(declaration, stage)

        narrator.step("Made-up rows")
        _fill(aggregates, catalog, wanted.roots, stage)

        narrator.step("alembic revision --autogenerate, alembic upgrade head")
        install(project, stage)

        narrator.step("bygones run, as the caller who may EXECUTE and no more")
        names = [aggregate.name for aggregate in aggregates]
        idle, progress = copy_all(names, wanted.roots, stage)
        facts["server"] = stage.title
        if progress:
            copied = Copied(
                aggregates=aggregates,
                catalog=catalog,
                source=(wanted.root and dump.schema) or declaration.source,
                idle=idle,
                progress=progress,
            )
            facts["archives"] = report(copied, stage)


def _read(wanted: Wanted) -> Dump:
    """Read the dump, if there is something to rehearse on it."""
    if not wanted.schema:
        raise SandboxError(
            f"No dump is named: make rehearse SCHEMA=dump.sql; make one by: {HOW}"
        )
    if not wanted.root and not wanted.project.archives.is_file():
        raise SandboxError(
            "archives.toml isn't there, so nothing is declared; name the table of your "
            "roots, ROOT=orders, to rehearse what can be proposed for it, or write the "
            "file first: bygones propose orders --output archives.toml"
        )
    return read_dump(Path(wanted.schema))


def _start(wanted: Wanted, dump: Dump, stack: ExitStack, narrator: Narrator) -> Server:
    """Take a server of the family that was dumped, unless another is asked for."""
    is_chosen = {"BYGONES_TEST_URL", "BYGONES_TEST_SERVER"}.intersection(os.environ)
    family = wanted.family or (None if is_chosen else dump.family)
    with narrator.waiting("Getting a server; the first time it is downloaded"):
        server = stack.enter_context(find_server(family))
    narrator.say(f"{FAMILIES[server.family].title} {server.version} answers.")
    if dump.family and dump.family != server.family:
        title = FAMILIES[dump.family].title
        narrator.say(f"The dump is {title}'s: what {title} alone has is refused here.")
    return server


def _load(dump: Dump, stage: Stage) -> None:
    with stage.session(stage.shop.source) as admin:
        dump.load(admin)
        catalog = read_catalog(admin, stage.shop.source)
    tables = [table for table in catalog.tables.values() if not table.is_view]
    stage.narrator.say(f"{counted(len(tables), 'table')}, all of them empty.")
    if dump.left_out:
        left_out = [counted(count, kind) for kind, count in dump.left_out.items()]
        stage.narrator.say(f"Left out of the dump: {', '.join(left_out)}.")


def _fill(
    aggregates: Sequence[Aggregate], catalog: Catalog, roots: int, stage: Stage
) -> None:
    began = time.monotonic()
    days = max(aggregate.settled_days for aggregate in aggregates) + DAYS_AT_REST
    with stage.session(stage.shop.source) as admin:
        with stage.narrator.waiting("Making up rows"):
            results = fill(
                admin,
                find_links(aggregates, catalog),
                read_rules(admin, catalog),
                roots=roots,
                newest=(datetime.now(UTC) - timedelta(days=days)).date(),
            )
            analyze(admin, stage.shop.source, [result.table for result in results])
        listed = ", ".join(f"{result.table} {result.rows:,}" for result in results)
        rows = sum(result.rows for result in results)
        seconds = time.monotonic() - began
        stage.narrator.say(f"{rows:,} rows in {seconds:.1f} s: {listed}.")
        for result in results:
            if result.refused:
                stage.narrator.say(
                    f"{result.wanted - result.rows:,} more of {result.table} didn't "
                    f"fit: {result.refused}."
                )
        for aggregate in aggregates:
            _judge(aggregate, admin, stage)


def _judge(
    aggregate: Aggregate, admin: pymysql.Connection[Cursor], stage: Stage
) -> None:
    """Tell how many roots are finished; with too few, chunks would be small."""
    roots, finished = count_finished(admin, stage.shop.source, aggregate)
    table = aggregate.root.table.name
    stage.narrator.say(f"{finished:,} of {roots:,} rows of {table} are finished.")
    if 2 * finished < roots:
        names = dict.fromkeys(each.column for each in aggregate.finished.references())
        if aggregate.settled:
            names[aggregate.settled.name] = None
        stage.narrator.complain(
            f"No values were found for {', '.join(names)} by which most of {table} "
            f"would be finished: {aggregate.archive.finished}",
            unless=False,
        )
