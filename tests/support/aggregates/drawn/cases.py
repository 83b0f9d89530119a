"""Draw cases: a schema, its rows, what is declared, and what is to happen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.support.aggregates.drawn.archives import schemas
from tests.support.aggregates.drawn.declarations import declaration, expectation
from tests.support.aggregates.drawn.rows import Filler
from tests.support.aggregates.running import Case

if TYPE_CHECKING:
    from tests.support.aggregates.drawn.tables import Table

CHECKS = "SET foreign_key_checks = {:d}"

MOST_WRITES = 8
# CALLs that copy as many roots at most.
MOST_SIZES = 8
MOST_ROOTS = 40


@st.composite
def cases(draw: st.DrawFn, *, is_mariadb: bool) -> Case:
    """Draw a case that runs in seconds."""
    schema = draw(schemas(is_mariadb=is_mariadb))
    filler = Filler(schema, draw(st.integers(0, 10_000)))
    is_checked = draw(st.booleans())

    def rows(table: Table) -> int:
        return table.rows

    fill = filler.batch(rows)
    writes = draw(st.integers(0, MOST_WRITES))
    sizes = st.lists(st.integers(1, MOST_ROOTS), max_size=MOST_SIZES)
    return Case(
        # Tables may point at each other.
        create=(
            CHECKS.format(False),  # noqa: FBT003 - a flag of the server
            *(table.create() for table in schema.tables),
            CHECKS.format(True),  # noqa: FBT003
        ),
        fill=(CHECKS.format(is_checked), *fill, CHECKS.format(True)),  # noqa: FBT003
        archives="\n".join(map(declaration, schema.archives)),
        expected={archive.name: expectation(archive) for archive in schema.archives},
        writes=tuple(filler.transaction() for _ in range(writes)),
        sizes=tuple(draw(sizes)),
        character_set=schema.character_set,
    )
