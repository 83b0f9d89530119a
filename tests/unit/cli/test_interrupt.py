"""Ctrl-C as a wish."""

import signal
from collections.abc import Iterator

import pytest

from bygones.cli.interrupt import Interrupt


@pytest.fixture
def interrupt() -> Iterator[Interrupt]:
    before = [(one, signal.getsignal(one)) for one in (signal.SIGINT, signal.SIGTERM)]
    interrupt = Interrupt()
    interrupt.listen()
    yield interrupt
    for number, handler in before:
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_remembers_that_it_was_asked(interrupt: Interrupt, number: int) -> None:
    assert not interrupt.is_asked()

    signal.raise_signal(number)

    assert interrupt.is_asked()


def test_a_second_ctrl_c_stops_at_once(interrupt: Interrupt) -> None:
    signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)

    assert interrupt.is_asked()


def test_does_not_sleep_through_a_wish_to_stop(interrupt: Interrupt) -> None:
    signal.raise_signal(signal.SIGINT)

    interrupt.sleep(3600)

    assert interrupt.is_asked()


def test_sleeps_in_small_pieces_to_the_end(interrupt: Interrupt) -> None:
    interrupt.sleep(0.001)

    assert not interrupt.is_asked()
