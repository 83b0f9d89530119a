"""Read by pages and write by executemany: PyMySQL, without an ORM.

A page is 1,000 orders by their keys, with all their relations, and one transaction. The
driver makes INSERTs of many rows.
"""

from __future__ import annotations

from contextlib import closing

from benchmarks.data import ROOTS, selections
from benchmarks.peers.command import open_session, parser, run
from benchmarks.peers.ranges import ends, ranges


def copy(url: str, data: str, source: str, history: str) -> None:
    """Copy all finished orders, page by page, through this process."""
    roots = ROOTS[data]
    with closing(open_session(url)) as connection, connection.cursor() as cursor:
        for page in ranges(cursor, roots, source, *ends(cursor, roots, source)):
            connection.begin()
            for selection in selections(data):
                cursor.execute(selection.select(source, roots.within(*page)))
                places = ", ".join(["%s"] * len(cursor.description or ()))
                cursor.executemany(
                    f"INSERT INTO `{history}`.{selection.table} VALUES ({places})",
                    cursor.fetchall(),
                )
            connection.commit()


if __name__ == "__main__":
    given = parser(__doc__).parse_args()
    run(lambda: copy(given.url, given.data, given.source, given.history))
