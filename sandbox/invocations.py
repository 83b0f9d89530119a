"""Invoke the Lambda as a schedule does, and kill it once on the way."""

from __future__ import annotations

import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from bygones.runner.connection import SETTING, connect, parse_url
from bygones.runner.procedures import Procedures
from bygones.sandbox.errors import SandboxError
from bygones.sandbox.lambda_runtime import LambdaRuntime
from bygones.sandbox.shop import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bygones.sandbox.lambda_runtime import Invocation, Pending
    from bygones.sandbox.shop import Shop

SECONDS_BETWEEN_LOOKS = 0.02
SECONDS_BETWEEN_INVOCATIONS = 0.2
# A schedule would go on for ever; here something is wrong by then.
MOST_INVOCATIONS = 10


@dataclass(frozen=True, slots=True)
class Lambda:
    """Invoke one function for one shop, and watch from another session."""

    runtime: LambdaRuntime
    watched: Procedures
    show: Callable[[int], None]

    def copied(self) -> int:
        """Ask how many orders are in history, as the caller may, and show it."""
        copied = int(cast("int", self.watched.progress()[0]["roots"]))
        self.show(copied)
        return copied

    def invoke_and_kill(self, event: object, orders: int) -> Invocation:
        """Kill the process by SIGKILL when so many orders are in history."""
        pending = self.runtime.start_invocation(event)
        self._watch(pending, orders)
        self.runtime.kill()
        return pending.wait()

    def invoke(self, event: object) -> dict[str, Any]:
        """Return the one run that an invocation reports."""
        pending = self.runtime.start_invocation(event)
        self._watch(pending)
        ended = pending.wait()
        if ended.kind != "response":
            raise SandboxError(
                f"The invocation ended by {ended.kind}: {ended.body}\n"
                f"Its log ends:\n{self.runtime.logs[-600:]}"
            )
        [run] = cast("dict[str, Any]", ended.body)["runs"]
        return cast("dict[str, Any]", run) | {"milliseconds": ended.seconds * 1000}

    def finish(self) -> int:
        """Invoke until nothing is left to copy; return how often."""
        for invocations in range(1, MOST_INVOCATIONS + 1):
            if self.invoke({})["reason"] == "idle":
                return invocations
            time.sleep(SECONDS_BETWEEN_INVOCATIONS)
        raise SandboxError(f"{MOST_INVOCATIONS} invocations did not finish the orders.")

    def _watch(self, pending: Pending, orders: int | None = None) -> None:
        while not pending.has_ended():
            if orders is not None and self.copied() >= orders:
                return
            time.sleep(SECONDS_BETWEEN_LOOKS)
        self.copied()


@contextmanager
def deployed(shop: Shop, show: Callable[[int], None]) -> Iterator[Lambda]:
    """Deploy the handler for a shop's caller, who may EXECUTE and nothing else."""
    caller = parse_url(shop.caller_url)
    variables = {SETTING: shop.caller_url}
    with (
        LambdaRuntime(
            "bygones.runner.handler.handler", code=PROJECT / "src", env=variables
        ) as runtime,
        closing(
            Procedures(lambda: connect(caller, schema=caller.history, seconds=60))
        ) as watched,
    ):
        yield Lambda(runtime, watched, show)
