"""Own one server from unpacked packages, so that it never outlives who uses it.

A process of its own: it sees its user end, even killed, and then stops the server and
removes the folder. Run as `python -m bygones.sandbox.guardian FAMILY USER_PID`; it
reads the words `start`, `crash` and `stop`, and answers each but the last with a line
of JSON.
"""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pymysql

from bygones.sandbox.errors import SandboxError
from bygones.sandbox.families import family_called
from bygones.sandbox.packages import unpacked
from bygones.sandbox.program import Program

_SECONDS_TO_ANSWER = 60
_LONGEST_SOCKET_PATH = 107  # of sun_path in Linux, without the final zero


class Keeper:
    """Start, crash and stop the one server in a folder."""

    def __init__(self, program: Program, folder: Path) -> None:
        """Give the server a fresh copy of the template."""
        self._program = program
        self._data = folder / "data"
        self._log = folder / "log"
        self.socket = folder / "s"
        # The only place that SQL may read files in, or write them.
        self._files = folder / "files"
        self._files.mkdir()
        self._process: subprocess.Popen[bytes] | None = None
        shutil.copytree(program.template(), self._data)

    def start(self) -> None:
        """Start the server and return when it answers."""
        if self._process:
            raise SandboxError("The server is running: crash() it before start().")
        command = self._program.server(
            f"--datadir={self._data}",
            f"--socket={self.socket}",
            f"--pid-file={self._data / 'pid'}",
            f"--tmpdir={self._data.parent}",
            f"--secure-file-priv={self._files}",
            "--skip-networking",
            *self._program.family.options,
        )
        if setpriv := shutil.which("setpriv"):  # the server dies with this process
            command = [setpriv, "--pdeathsig", "KILL", "--", *command]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the unpacked server
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self._wait_until_it_answers(self._process)

    def crash(self) -> None:
        """Kill the server as a failing machine would."""
        if not self._process:
            raise SandboxError("The server is not running: start() it before crash().")
        self._process.kill()
        self._process.wait()
        self._process = None
        self.socket.unlink(missing_ok=True)

    def stop(self) -> None:
        """Stop the server, if it runs: at once, since its data go as well."""
        if self._process:
            self.crash()

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _SECONDS_TO_ANSWER
        while not self._answers():
            if process.poll() is not None or time.monotonic() > deadline:
                log = self._log.read_text(errors="replace")[-2000:]
                raise SandboxError(
                    f"{self._program.family.title} did not start; its log ends:\n{log}"
                )
            time.sleep(0.02)

    def _answers(self) -> bool:
        if not self.socket.exists():  # PyMySQL leaks a socket that can't connect
            return False
        try:
            pymysql.connect(unix_socket=str(self.socket), user="root").close()
        except pymysql.err.OperationalError:
            return False
        return True


def main(family: str, user: int) -> None:
    """Serve the words of the user's process until it says `stop` or ends."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # so that we clean up
    chosen = family_called(family)
    program = Program(family=chosen, root=unpacked(chosen))
    with contextlib.ExitStack() as ending:
        folder = tempfile.TemporaryDirectory(
            prefix="bygones-", dir=_short_place(), ignore_cleanup_errors=True
        )
        keeper = Keeper(program, Path(ending.enter_context(folder)))
        ending.callback(keeper.stop)
        while (word := _next_word(user)) in ("start", "crash"):
            answer = {"socket": str(keeper.socket)}
            try:
                keeper.start() if word == "start" else keeper.crash()
            except SandboxError as error:
                answer = {"error": str(error)}
            with contextlib.suppress(BrokenPipeError):
                sys.stdout.write(json.dumps(answer) + "\n")
                sys.stdout.flush()


def _short_place() -> str:
    """Return a folder for temporary files, short enough for a socket's path."""
    place = tempfile.gettempdir()
    longest = len(f"{place}/bygones-12345678/s".encode())
    return place if longest <= _LONGEST_SOCKET_PATH else "/tmp"  # noqa: S108 - shortest


def _next_word(user: int) -> str:
    """Return the next word, or nothing when the user has ended.

    The pipe alone doesn't tell: a process that the user forked may hold it open.
    """
    while not select.select([sys.stdin], [], [], 0.5)[0]:
        if os.getppid() != user:
            return ""
    return os.read(sys.stdin.fileno(), 100).decode().strip()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
