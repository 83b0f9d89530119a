"""What the sample comes to, and what others rely on, is what is written down."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import pytest

from bygones.sandbox.contracts import contracts, frozen
from bygones.sandbox.public import PUBLIC
from bygones.sandbox.sample import SAMPLE, SCHEMA
from bygones.sandbox.schema import dump

if TYPE_CHECKING:
    from bygones.sandbox.server import Server
    from tests.conftest import OpenShop

pytestmark = pytest.mark.core


def test_the_schema_is_the_one_that_is_written_down(
    shop: OpenShop, server: Server
) -> None:
    if server.family != "mysql":
        pytest.skip("it is written as MySQL words it")
    written = (SAMPLE.sql / SCHEMA).read_text(encoding="utf-8")

    found = dump(shop)

    lines = difflib.unified_diff(written.splitlines(), found.splitlines(), lineterm="")
    assert [*lines] == [], "run make schema, and read git diff sql/schema.sql"


def test_a_released_contract_is_as_it_was(shop: OpenShop) -> None:
    found = contracts(shop)

    assert found.keys() == PUBLIC.keys()
    assert all(contract["columns"] for contract in found.values())
    changed = [
        f"{name} was released with {contract} and has {found.get(name)}: leave it, and "
        "add a procedure with another name"
        for name, contract in frozen().items()
        if found.get(name) != contract
    ]
    assert not changed, "\n".join(changed)
