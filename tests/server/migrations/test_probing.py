"""An upgrade has the server probed before anything of an archive is created."""

from __future__ import annotations

import logging
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from bygones.compiler.errors import MigrationError
from bygones.sandbox.shop import upgrade
from tests.server.sql.test_probe import lead_the_writer_astray, read_plainly
from tests.support.migrations.snapshot import names
from tests.support.procedures import query, value

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import OpenShop

pytestmark = pytest.mark.core


def test_an_upgrade_probes_as_the_owner(shop: OpenShop) -> None:
    (known,) = query(shop.admin, "SELECT verdict, probed_by FROM probe")

    assert known["verdict"] == "shared"
    assert known["probed_by"].startswith(f"{shop.source}_owner@")


def test_without_one_view_no_archive_is_created(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = make_shop(finished=1, installed=False)
    upgrade(shop, "bygones_0001")
    read_plainly(shop)
    with closing(shop.connect()) as session:
        query(session, "DELETE FROM probe")

    with pytest.raises(MigrationError) as refused:
        upgrade(shop)

    assert str(refused.value) == (
        "this server can't copy at one instant; the probe found not shared: the "
        "statements of a function saw two instants (docs/errors.md)"
    )
    assert "orders_history" not in names(shop.admin, "TABLE", shop.history)


def test_an_upgrade_without_a_step_probes_a_server_that_is_another(
    shop: OpenShop,
) -> None:
    query(shop.admin, "UPDATE probe SET server = 'the one before the failover'")

    upgrade(shop)

    query(shop.admin, "CALL _check_probe()")
    assert value(shop.admin, "SELECT server FROM probe").startswith("1 ")


def test_where_nothing_is_learned_an_upgrade_warns_and_goes_on(
    shop: OpenShop, caplog: pytest.LogCaptureFixture
) -> None:
    lead_the_writer_astray(shop)
    query(shop.admin, "DELETE FROM probe")

    upgrade(shop)

    said = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert said[-1] == (
        "the probe was inconclusive: what the writer committed is not to be seen; "
        "nothing is copied until it finds `shared`: bygones probe (docs/errors.md)"
    )
