"""Declare for a rehearsal what archives.toml does, or what can be proposed."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from bygones.cli.beginning import begin
from bygones.cli.proposal.finishing import EDIT_ME
from bygones.cli.proposal.proposing import propose
from bygones.compiler.aggregate.resolving import resolve
from bygones.compiler.catalog.reading import read_catalog
from bygones.compiler.declaration.reading import read_declaration
from bygones.compiler.declaration.table import quoted
from bygones.compiler.names import quote
from bygones.compiler.project import Project
from bygones.runner.connection import parse_url
from bygones.sandbox.sample import SAMPLE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bygones.compiler.aggregate.model import Aggregate
    from bygones.compiler.catalog.model import Catalog
    from bygones.compiler.declaration.model import Declaration
    from bygones.sandbox.rehearsal.stage import Stage


def begin_project(folder: Path) -> Project:
    """Make a project of its own, in which nothing is declared yet."""
    project = Project(folder)
    begin(project, proposal=None, aws=False)
    return project


def take_declaration(theirs: Project, project: Project, stage: Stage) -> Declaration:
    """Declare what the team does."""
    stage.narrator.step("What archives.toml declares")
    if theirs.root == SAMPLE.root:
        stage.narrator.say(
            "It is the sample's, for the pharmacy; ROOT=orders proposes one for a "
            "rehearsal."
        )
    shutil.copy(theirs.archives, project.archives)
    return read_declaration(project.archives)


def propose_declaration(root: str, project: Project, stage: Stage) -> Declaration:
    """Declare what can be proposed for a root."""
    stage.narrator.step(f"What can be proposed for {root}")
    text = propose(parse_url(stage.url), [root]).text
    if quoted(EDIT_ME) in text:
        with stage.session() as admin:
            table = read_catalog(admin, stage.shop.source).tables[root]
        is_there = f"{quote(table.primary_key[0])} IS NOT NULL"
        text = text.replace(quoted(EDIT_ME), quoted(is_there))
        stage.narrator.say(
            f"Nothing tells which rows of {root} are finished; here all of them are."
        )
    project.archives.write_text(text, encoding="utf-8")
    return read_declaration(project.archives)


def resolve_declaration(
    declaration: Declaration, stage: Stage
) -> tuple[Sequence[Aggregate], Catalog]:
    """Find what is declared among the tables of the dump."""
    with stage.session() as admin:
        catalog = read_catalog(admin, stage.shop.source)
        aggregates = resolve(declaration, catalog, admin)
    for aggregate in aggregates:
        names = [relation.name for relation in aggregate.relations]
        relations = f"with {', '.join(names)}" if names else "without relations"
        stage.narrator.say(
            f"{aggregate.name}: the rows of {aggregate.root.table.name} where "
            f"{aggregate.archive.finished}; {relations}."
        )
    return aggregates, catalog
