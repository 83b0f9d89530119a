"""Install a rehearsal's archives, and copy all of them as the runner does."""

from __future__ import annotations

import io
import logging
import time
from contextlib import closing, contextmanager, redirect_stdout
from typing import TYPE_CHECKING

import alembic.command

from bygones.runner.archives import run_in_turn
from bygones.runner.connection import connect, parse_url
from bygones.runner.loop import Loop
from bygones.runner.procedures import Procedures
from bygones.sandbox.rehearsal.measures import time_idle_calls
from bygones.sandbox.rehearsal.stage import SECONDS
from bygones.sandbox.shop import configuration, upgrade

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bygones.compiler.project import Project
    from bygones.runner.calls import Answer
    from bygones.runner.procedures import Row
    from bygones.sandbox.rehearsal.stage import Stage


def install(project: Project, stage: Stage) -> None:
    """Have Alembic write the SQL of a project, and install it."""
    began = time.monotonic()
    with _quietly(), stage.narrator.waiting("Writing SQL, and installing it"):
        config = configuration(stage.shop, project.root)
        alembic.command.revision(config, message="rehearse", autogenerate=True)
        upgrade(stage.shop, "head", project.root)
    files = len(list(project.sql.rglob("*.sql")))
    seconds = time.monotonic() - began
    stage.narrator.say(f"{files} SQL files, written and installed in {seconds:.1f} s.")


def copy_all(
    names: Sequence[str], roots: int, stage: Stage
) -> tuple[dict[str, float], dict[str, Row]]:
    """Copy everything; return the seconds of idle CALLs, and what progress says."""
    database = parse_url(stage.shop.caller_url)
    procedures = Procedures(
        lambda: connect(database, schema=stage.shop.history, seconds=SECONDS)
    )
    with closing(procedures):
        with stage.narrator.counting("copying", roots * len(names)) as show:
            loop = Loop(calls=procedures, on_chunk=_adding_up(show))
            errors = run_in_turn(loop, list(names)).errors
        for error in errors:
            stage.narrator.complain(str(error), unless=False)
        if errors:
            return {}, {}
        idle = {name: time_idle_calls(procedures, name) for name in names}
        return idle, {str(row["archive"]): row for row in procedures.progress()}


def _adding_up(show: Callable[[int], None]) -> Callable[[Answer], None]:
    copied = 0

    def add(chunk: Answer) -> None:
        nonlocal copied
        copied += chunk.roots
        show(copied)

    return add


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep to itself what Alembic says to those who type its commands."""
    logging.disable(logging.WARNING)
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(logging.NOTSET)
