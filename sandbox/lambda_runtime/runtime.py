"""Stand in for the Lambda Runtime API and drive the real runtime in a child process.

The child is AWS' own awslambdaric, so what a handler sees (context, deadline, logging,
freezing, sudden death) is what it sees in Lambda; only the service around it is ours.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Self

from bygones.sandbox.lambda_runtime.api import FUNCTION_NAME
from bygones.sandbox.lambda_runtime.invocation import Pending
from bygones.sandbox.lambda_runtime.process import Process

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from bygones.sandbox.lambda_runtime.invocation import Invocation

# The end of the logs that's kept in sight, however much a handler prints.
MAX_LOG_BYTES = 1_000_000


class LambdaRuntime:
    """Invoke a handler as Lambda does, one event at a time, in a process of its own."""

    def __init__(  # noqa: PLR0913 - each has a default but the code
        self,
        handler: str,
        *,
        code: Path,
        env: Mapping[str, str] | None = None,
        timeout_seconds: float = 30.0,
        memory_mb: int = 128,
        interpreter: Sequence[str] = (sys.executable,),
    ) -> None:
        """Take "module.function" as found under `code`; start nothing yet."""
        self._timeout_seconds = timeout_seconds
        self._code = code
        self._command = [*_dying_with_parent(), *interpreter, "-m", "awslambdaric"]
        self._command.append(handler)
        self._variables = _variables(code, memory_mb) | dict(env or {})
        self._process: Process | None = None
        self._peak: int | None = None
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 # closed by __exit__
        # The kernel's death signal follows the thread that started the child, so that
        # has to be one that lives as long as the runtime.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="lambda-starter")

    def __enter__(self) -> Self:
        """Start nothing yet: the first invocation is the cold start."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave no process behind."""
        self.kill()
        self._starter.shutdown()
        self._log.close()

    def invoke(self, event: object) -> Invocation:
        """Send an event and wait for how it ends."""
        return self.start_invocation(event).wait()

    def start_invocation(self, event: object) -> Pending:
        """Send an event and return at once; a dead process is replaced first."""
        if self._process is not None:
            pending = Pending(event, self._timeout_seconds, cold_start=False)
            if self._process.takes(pending):
                return pending
            self.kill()
        pending = Pending(event, self._timeout_seconds, cold_start=True)
        self._process = Process()
        self._process.takes(pending)
        self._starter.submit(
            self._process.start,
            self._command,
            env=self._variables,
            cwd=self._code,
            log=self._log.fileno(),
        ).result()
        return pending

    def kill(self) -> None:
        """End the process now, by SIGKILL and without a word to it, as Lambda does."""
        if self._process is not None:
            self._process.close()
            self._peak = self._process.peak_memory_bytes()
            self._process = None

    @property
    def pid(self) -> int | None:
        """The process' id; None before the first invocation and after a kill."""
        return self._process.pid if self._process else None

    @property
    def peak_memory_bytes(self) -> int | None:
        """The most memory that the process, or the one before a kill, held."""
        if self._process is None:
            return self._peak
        return self._process.peak_memory_bytes()

    @property
    def logs(self) -> str:
        """What all processes printed, the last million bytes of it."""
        descriptor = self._log.fileno()
        size = os.fstat(descriptor).st_size
        start = max(0, size - MAX_LOG_BYTES)
        return os.pread(descriptor, size - start, start).decode(errors="replace")


def _variables(code: Path, memory_mb: int) -> dict[str, str]:
    return {
        "AWS_LAMBDA_FUNCTION_NAME": FUNCTION_NAME,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory_mb),
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{FUNCTION_NAME}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "sandbox",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "LAMBDA_TASK_ROOT": str(code),
        "PYTHONPATH": str(code),
        "PATH": os.environ.get("PATH", os.defpath),
    }


def _dying_with_parent() -> list[str]:
    # Without setpriv the process ends when it next asks the API of a dead parent.
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []
