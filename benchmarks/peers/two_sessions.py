"""The same INSERT … SELECTs by hand: chunks of 1,000 orders, from two sessions.

Each session has half of the keys and commits each chunk.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from benchmarks.data import ROOTS, selections
from benchmarks.peers.command import open_session, parser, run
from benchmarks.peers.ranges import Range, ends, ranges


def copy(url: str, data: str, source: str, history: str) -> None:
    """Copy all finished orders by two sessions at once."""
    with closing(open_session(url)) as connection, connection.cursor() as cursor:
        first, last = ends(cursor, ROOTS[data], source)
    middle = (first + last) // 2
    with ThreadPoolExecutor(2) as sessions:
        halves = [
            sessions.submit(copy_range, url, data, source, history, half)
            for half in ((first, middle), (middle, last))
        ]
        for half in halves:
            half.result()


def copy_range(url: str, data: str, source: str, history: str, all_of: Range) -> None:
    """Copy a range of keys in chunks."""
    roots = ROOTS[data]
    with closing(open_session(url)) as connection, connection.cursor() as cursor:
        for chunk in ranges(cursor, roots, source, *all_of):
            connection.begin()
            for selection in selections(data):
                cursor.execute(selection.insert(source, history, roots.within(*chunk)))
            connection.commit()


if __name__ == "__main__":
    given = parser(__doc__).parse_args()
    run(lambda: copy(given.url, given.data, given.source, given.history))
