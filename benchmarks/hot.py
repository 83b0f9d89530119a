"""Measure a copy while others change, all the time, what every order points at."""

from __future__ import annotations

import threading
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from benchmarks.looks import run_to_idle
from benchmarks.machine import SECONDS
from bygones.runner.connection import connect, parse_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.places import Place

UPDATES_A_SECOND = 150
PRODUCTS = 200


def copy_beside_a_hot_parent(place: Place) -> dict[str, float]:
    """Copy everything twice, without and with the writer; return facts of both."""
    alone = run_to_idle(place).seconds
    place.install()
    with _writer(place) as updates:
        beside = run_to_idle(place)
    [(tried_again,)] = place.machine.rows(
        f"SELECT COUNT(*) FROM `{place.shop.history}`.chunk WHERE tries > 1"
    )
    verdict = place.judge(place.shop.history)
    return {
        "hot_alone_seconds": alone,
        "hot_seconds": beside.seconds,
        "hot_updates_a_second": len(updates) / beside.seconds,
        "hot_share": beside.roots / place.roots,
        "hot_missing": float(verdict.missing),
        "hot_tried_again": float(str(tried_again)),
    }


@contextmanager
def _writer(place: Place) -> Iterator[list[int]]:
    """Change prices at a steady rate, each in a transaction of its own."""
    over = threading.Event()
    updates: list[int] = []

    def write() -> None:
        url = parse_url(place.shop.url)
        with closing(connect(url, schema=place.shop.source, seconds=SECONDS)) as writer:
            due = time.perf_counter()
            while not over.is_set():
                product = len(updates) % PRODUCTS
                with writer.cursor() as cursor:
                    cursor.execute(
                        "UPDATE products SET price = price + 0.01"
                        " WHERE id = %s AND price < 999999",
                        (product,),
                    )
                updates.append(product)
                due += 1 / UPDATES_A_SECOND
                time.sleep(max(0.0, due - time.perf_counter()))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield updates
    finally:
        over.set()
        thread.join()
