"""Turn Ctrl-C into a wish to end after the CALL in flight."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

# How soon a wait ends after Ctrl-C.
POLL_SECONDS = 0.1


class Interrupt:
    """Remember that somebody asked to stop; a second Ctrl-C stops at once."""

    def __init__(self) -> None:
        """Begin without a wish."""
        self.asked = False

    def listen(self) -> None:
        """Take over SIGINT and, as schedulers send it, SIGTERM."""
        signal.signal(signal.SIGINT, self._ask)
        signal.signal(signal.SIGTERM, self._ask)

    def is_asked(self) -> bool:
        """Tell whether to stop."""
        return self.asked

    def sleep(self, seconds: float) -> None:
        """Wait, but not through a wish to stop."""
        end = time.monotonic() + seconds
        while not self.asked and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, POLL_SECONDS))

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
