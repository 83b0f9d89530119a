"""Whatever points at whatever: the file is valid, and leaves nothing out silently."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bygones.cli.proposal.proposing import proposal
from bygones.cli.proposal.values import Values
from bygones.compiler.aggregate.resolving import resolve
from bygones.compiler.declaration.reading import read_declaration
from bygones.compiler.declaration.table import quoted
from bygones.runner.connection import connect, parse_url
from bygones.sandbox.shop import url_for
from tests.support.migrations.proposal.catalogs import SCHEMA, any_schema, large
from tests.support.migrations.proposal.sources import uncommented

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bygones.compiler.aggregate.model import Aggregate
    from bygones.compiler.catalog.model import Catalog
    from bygones.compiler.declaration.model import Declaration
    from bygones.sandbox.server import Server

    Check = Callable[[Catalog, str], tuple[Aggregate, Aggregate]]


@pytest.fixture(scope="module")
def check(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Check]:
    """Propose an archive; check it as it is, and with everything taken over."""
    url = url_for(server.url, "mysql")
    connection = connect(parse_url(url), schema=None, seconds=60)
    file = tmp_path_factory.mktemp("any") / "archives.toml"

    def check(catalog: Catalog, root: str) -> tuple[Aggregate, Aggregate]:
        catalog = replace(catalog, is_mariadb=server.family == "mariadb")
        text = proposal(catalog, Values(connection, catalog), [root]).text
        assert proposal(catalog, Values(connection, catalog), [root]).text == text
        (proposed,), (everything,) = (
            resolve(read(version), catalog) for version in (text, uncommented(text))
        )
        kept = {member.table.name for member in proposed.members}
        for table in catalog.tables.values():
            for key in table.foreign_keys:
                if key.to_schema == SCHEMA and key.to_table in kept:
                    assert table.name in text or quoted(table.name)[1:-1] in text
        return proposed, everything

    def read(text: str) -> Declaration:
        edited = text.replace('"EDIT ME"', '"1 = 1"')
        file.write_text(edited, encoding="utf-8")
        return read_declaration(file)

    yield check
    connection.close()


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32))
def test_any_schema_gets_a_valid_file(check: Check, seed: int) -> None:
    proposed, everything = check(any_schema(random.Random(seed)), "orders")  # noqa: S311 - no secret

    assert {one.name for one in proposed.members} <= {
        one.name for one in everything.members
    }


def test_two_hundred_tables_get_one(check: Check) -> None:
    proposed, everything = check(large(), "t0")

    assert len(proposed.relations) > 50
    assert len({one.table.name for one in everything.relations}) == 199
