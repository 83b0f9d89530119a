"""Tell on stdout what happens, step by step, and keep what should have been otherwise.

What moves is drawn on stderr, and only on a terminal; a file gets plain lines.
"""

from __future__ import annotations

import itertools
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from bygones.compiler.declaration.table import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


class Narrator:
    """Number the steps and remember complaints."""

    def __init__(self) -> None:
        """Begin before the first step."""
        self._story = Console(highlight=False, soft_wrap=True)
        self._screen = Console(stderr=True, highlight=False)
        self._numbers = itertools.count(1)
        self.complaints: list[str] = []
        # What to conclude without any.
        self.held = "Everything held."

    def title(self, title: str) -> None:
        """Say what this is."""
        self._print(title, style="bold")

    def step(self, title: str) -> None:
        """Begin the next step."""
        self._print(f"\n{next(self._numbers)}. {title}", style="bold")

    def say(self, line: str) -> None:
        """Tell one fact of the step."""
        self._print(f"   {line}")

    def complain(self, sentence: str, *, unless: bool) -> None:
        """Keep a sentence about what should have been otherwise."""
        if not unless:
            self.complaints.append(sentence)
            self._print(f"   Not as it should be: {sentence}", style="bold red")

    def _print(self, text: str, *, style: str | None = None) -> None:
        """Print what may hold names and messages that somebody else has chosen."""
        lines = "\n".join(map(printable, text.split("\n")))
        self._story.print(lines, style=style, markup=False)

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Show that something takes a while."""
        if not self._screen.is_terminal:
            yield
            return
        with self._screen.status(what):
            yield

    @contextmanager
    def counting(self, what: str, total: int) -> Iterator[Callable[[int], None]]:
        """Show a bar, and give what moves it."""
        columns = (
            TextColumn("   {task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
        )
        with Progress(
            *columns,
            console=self._screen,
            transient=True,
            disable=not self._screen.is_terminal,
        ) as progress:
            task = progress.add_task(what, total=total)
            yield lambda done: progress.update(task, completed=done)

    def end(self, facts: Mapping[str, object]) -> int:
        """Conclude, give the facts as the last line, and return the exit code."""
        self._story.print()
        if self.complaints:
            self.title(f"Not everything held, {len(self.complaints)} in all:")
            for sentence in self.complaints:
                self.say(sentence)
        else:
            self.title(self.held)
        if self.complaints:
            facts = {**facts, "complaints": self.complaints}
        self._story.out(json.dumps(facts), highlight=False)
        return 1 if self.complaints else 0
