"""One big INSERT … SELECT a table, in one transaction: the limit of one session.

It proves nothing, can't be stopped half-way, and one of its transactions is as large as
all of history.
"""

from __future__ import annotations

from contextlib import closing

from benchmarks.data import ROOTS, selections
from benchmarks.peers.command import open_session, parser, run


def copy(url: str, data: str, source: str, history: str) -> None:
    """Copy all finished orders."""
    with closing(open_session(url)) as connection, connection.cursor() as cursor:
        connection.begin()
        for selection in selections(data):
            cursor.execute(selection.insert(source, history, ROOTS[data].within()))
        connection.commit()


if __name__ == "__main__":
    given = parser(__doc__).parse_args()
    run(lambda: copy(given.url, given.data, given.source, given.history))
