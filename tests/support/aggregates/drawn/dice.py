"""Draw one thing after another, each so that it shrinks to the simplest."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")


class Dice:
    """Draws by hypothesis, in the words of whoever draws much."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def one(self, options: Sequence[T]) -> T:
        """Draw one of these; the first is the simplest."""
        return self.draw(st.sampled_from(options))

    def number(self, least: int, most: int) -> int:
        return self.draw(st.integers(least, most))

    def seldom(self, one_in: int = 6) -> bool:
        """Draw a truth that is false mostly, and where it makes no difference."""
        return self.number(1, one_in) == one_in
