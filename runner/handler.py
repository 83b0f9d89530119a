"""Copy, or verify, for as long as an invocation may take: the Lambda's entry point."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Protocol

from bygones.runner import log
from bygones.runner.archives import choose, run_in_turn
from bygones.runner.calls import Chunk
from bygones.runner.credentials import login_from
from bygones.runner.doctor import examine
from bygones.runner.errors import BygonesError
from bygones.runner.event import parse
from bygones.runner.loop import Loop
from bygones.runner.metrics import Metrics
from bygones.runner.replicas import replicas_of
from bygones.runner.warm import warm

if TYPE_CHECKING:
    from bygones.runner.calls import Answer


class Context(Protocol):
    """The part of Lambda's context that's used here."""

    aws_request_id: str
    function_name: str

    def get_remaining_time_in_millis(self) -> int:
        """Return how long this invocation may still take."""


def handler(event: object, context: Context) -> dict[str, object]:
    """Run one archive or all; the first error ends the invocation as its own."""

    def remaining() -> float:
        return context.get_remaining_time_in_millis() / 1000

    metrics = Metrics(function=context.function_name)
    try:
        request = parse(event)
        metrics.archive, metrics.kind = request.archive, request.kind
        end = time.monotonic() + request.max_seconds
        login = login_from(os.environ, secret_id=request.secret)
        metrics.database = login.name
        if request.is_doctor:
            return examine(login, remaining())
        with (
            warm(login, remaining) as procedures,
            replicas_of(os.environ) as behind,
        ):
            progress = procedures.progress()
            metrics.wait(progress)
            archives = choose(progress, request.archive, kind=request.kind)

            def tell(answer: Answer) -> None:
                if isinstance(answer, Chunk):
                    log.chunk_copied(answer)
                    metrics.add(answer)
                else:
                    log.chunk_verified(answer)

            loop = Loop(
                calls=procedures,
                kind=request.kind,
                remaining=lambda: min(remaining(), end - time.monotonic()),
                max_roots=request.max_roots,
                on_chunk=tell,
                on_failure=log.call_failed,
                behind=behind if request.kind == "copy" else None,
            )
            report = run_in_turn(loop, archives, request_id=context.aws_request_id)
            if report.errors:
                raise report.errors[0]
            log.invocation_ended(report)
            metrics.end(report)
            return report.as_dict()
    except BygonesError as error:
        log.invocation_failed(error)
        metrics.end()
        raise
