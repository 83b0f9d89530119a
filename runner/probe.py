"""Ask a server, over two connections, whether a function's statements share a view.

A chunk is read at one instant because they do. No manual promises it, so each server is
asked anew; what it answers is kept in the table `probe`, and each CALL looks there.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from bygones.runner.procedures import Procedures

Answered = Literal["shared", "not shared", "inconclusive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """Hold what the reader's CALL has learned, and why it isn't `shared`."""

    verdict: Answered
    reason: str | None

    def __str__(self) -> str:
        """Say it in a line."""
        return f"{self.verdict}: {self.reason}" if self.reason else self.verdict

    def as_dict(self) -> dict[str, str | None]:
        """Return what JSON can hold."""
        return asdict(self)


def probe(connect: Callable[[], Procedures]) -> Probed:
    """Let a reader and a writer meet, each in a session of its own."""
    with (
        closing(connect()) as reader,
        closing(connect()) as writer,
        ThreadPoolExecutor(max_workers=1) as pool,
    ):
        writing = pool.submit(writer.probe_writer)
        probed = reader.probe_reader()
        writing.result()  # raises what kept it off
        return probed
