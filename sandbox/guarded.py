"""Use a server through the guardian process that owns it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, cast

from bygones.sandbox.errors import SandboxError
from bygones.sandbox.families import Family

_PROJECT = Path(__file__).resolve().parents[1]


class Guarded:
    """Ask a guardian to start and to crash its server."""

    def __init__(self, guardian: subprocess.Popen[bytes], family: Family) -> None:
        """Speak with the guardian over its pipes."""
        self.family = family
        self._guardian = guardian
        self._words = cast("IO[bytes]", guardian.stdin)
        self._answers = cast("IO[bytes]", guardian.stdout)

    def start(self) -> str:
        """Start the server; return its socket when it answers."""
        return self._ask("start")

    def crash(self) -> None:
        """Kill the server; its data stays."""
        self._ask("crash")

    def stop(self) -> None:
        """End the server and the guardian, and wait until both are gone."""
        with suppress(BrokenPipeError):
            self._say("stop")
        self._guardian.wait()

    def _ask(self, word: str) -> str:
        with suppress(BrokenPipeError):  # then there is no answer either
            self._say(word)
        line = self._answers.readline()
        answer = json.loads(line or b'{"error": "The guardian of the server ended."}')
        if "error" in answer:
            raise SandboxError(answer["error"])
        return str(answer["socket"])

    def _say(self, word: str) -> None:
        self._words.write(f"{word}\n".encode())


@contextmanager
def guarded(family: Family) -> Iterator[Guarded]:
    """Give a guardian, its server not yet started, and end both afterwards."""
    with subprocess.Popen(  # noqa: S603 - our own module
        [
            sys.executable,
            "-m",
            "bygones.sandbox.guardian",
            family.name,
            str(os.getpid()),
        ],
        cwd=_PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,  # Ctrl-C reaches the user alone
    ) as guardian:
        server = Guarded(guardian, family)
        try:
            yield server
        finally:
            server.stop()
