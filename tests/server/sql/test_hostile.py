"""Whatever is typed where a name, a reason or a number belongs: it does nothing.

No input reaches SQL as text, so there is nothing to escape from; each of these is
taken for what it is, the name of an archive that doesn't exist or words for people.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pymysql
import pytest

from bygones.runner.archives import choose
from bygones.runner.connection import connect, parse_url
from bygones.runner.errors import BygonesError, ConfigurationError
from bygones.runner.procedures import Procedures
from bygones.sandbox.public import PUBLIC, names_for
from tests.server.sql.test_privileges import everything
from tests.support.procedures import query, value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import OpenShop

pytestmark = pytest.mark.core

HOSTILE = [
    "orders'; DROP TABLE chunk; -- ",
    "orders`; DROP TABLE chunk; -- ",
    'orders" OR "1"="1',
    "orders\\'; DELETE FROM lane; -- ",
    "orders\nCRITICAL everything is lost",
    "orders_chunk`(NULL); CALL split_orders(9); -- ",
    "%s%s%n",
    "${jndi:ldap://127.0.0.1/a}",
    "../../etc/passwd",
    "\x00",
    "ö" * 64,
]


@pytest.fixture
def procedures(shop: OpenShop) -> Iterator[Procedures]:
    caller = parse_url(shop.caller_url)
    with closing(
        Procedures(lambda: connect(caller, schema=caller.history, seconds=60))
    ) as procedures:
        yield procedures


@pytest.mark.parametrize("words", HOSTILE)
def test_a_hostile_archive_is_one_that_does_not_exist(
    shop: OpenShop, procedures: Procedures, words: str
) -> None:
    before = everything(shop)

    with pytest.raises(ConfigurationError) as unknown:
        choose(procedures.progress(), words)
    with pytest.raises(BygonesError) as unopened:
        procedures.open_run(words, None, 25, "copy")
    with pytest.raises(BygonesError) as uncopied:
        procedures.copy_chunk(words, None)

    assert "\n" not in str(unknown.value)
    assert unopened.value.errno == 30003
    assert uncopied.value.errno in {1305, 1370, 1059, 1064, 1458}
    assert everything(shop) == before


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_of_an_operator_are_words(shop: OpenShop, words: str) -> None:
    query(shop.admin, "CALL pause_archive('orders', %s)", words)

    (row,) = query(shop.admin, "SELECT pause_reason, paused_by FROM archive")
    assert row["pause_reason"] == words
    for name in names_for("operator"):
        if "in_archive" in PUBLIC[name].parameters:
            with pytest.raises(pymysql.Error) as refused:
                query(shop.admin, PUBLIC[name].call(in_archive="%s"), words)
            assert refused.value.args[0] == 30003, name
    with pytest.raises(pymysql.Error) as refused:
        query(shop.admin, "CALL tune_archive('orders', %s, 5)", words)
    assert refused.value.args[0] == 30016
    assert value(shop.admin, "SELECT max_size FROM archive") == 10000


@pytest.mark.parametrize("words", HOSTILE)
def test_a_hostile_request_is_kept_as_it_came(
    shop: OpenShop, procedures: Procedures, words: str
) -> None:
    run_id = procedures.open_run("orders", words, 25, "copy")

    assert value(shop.admin, "SELECT request_id FROM run WHERE id = %s", run_id) == (
        words
    )
