"""Writers and workers under hundreds of faults: nothing is lost, torn or doubled."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

import pytest

from bygones.runner.errors import StopError
from bygones.sandbox.shop import close_shop, open_shop, upgrade
from tests.conftest import SEED
from tests.support.kills.faults import FAULTS, Faults, Workers
from tests.support.kills.matrix import TOTALS
from tests.support.procedures import RELATIONS, copy_all, query, value
from tests.support.sql.storm import TORN, Storm

if TYPE_CHECKING:
    from bygones.sandbox.server import Server
    from tests.support.procedures import Connection

LANES = 2
DRIFT = 30007


# The driver leaks sockets that can't connect: they are to be found here, not later.
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.parametrize(
    "faults", [10, pytest.param(1000, marks=pytest.mark.soak)], ids=str
)
def test_after_random_faults_nothing_is_lost_torn_or_doubled(
    own_server: Server, faults: int
) -> None:
    seed = int(os.environ.get(SEED, "5"))
    shop = open_shop(own_server, source="faults", finished=1600)
    upgrade(shop)
    admin = shop.connect()
    query(admin, "CALL split_orders(%s)", LANES)
    admin.close()
    storm = Storm(shop, seed)
    workers = Workers(shop, LANES)
    drawn = Faults(shop, own_server, seed)

    storm.rage()
    workers.work()
    drawn.happen(faults)
    storm.calm()
    workers.stop()
    admin, caller = shop.connect(), shop.connect(shop.caller_url)
    in_storm = value(admin, "SELECT COUNT(*) FROM chunk WHERE roots > 0")
    copy_the_rest(admin, caller)

    assert len(drawn.done) == len(set(FAULTS)) + 1
    assert in_storm > faults // 5
    assert value(admin, "SELECT COUNT(DISTINCT lane) FROM chunk") == LANES
    assert {errno for kind, errno in workers.errors if kind is StopError} <= {DRIFT}
    assert query(admin, TORN) == []
    assert query(admin, TOTALS) == []
    assert query(admin, LOST.format(source=shop.source)) == []
    for relation in RELATIONS:
        assert query(admin, BESIDE_ITS_CHUNK.format(relation=relation)) == []
    caller.close()
    admin.close()
    close_shop(own_server, shop)
    gc.collect()


def copy_the_rest(admin: Connection, caller: Connection) -> None:
    """Make a full pass, with nobody there to interfere."""
    while True:
        copy_all(caller)
        if query(admin, "SELECT 1 FROM lane WHERE phase IN ('scan', 'closing')") == []:
            break
    number = value(admin, "SELECT pass FROM archive")
    query(admin, "UPDATE archive SET pass_started_at = '2000-01-01'")
    copy_all(caller)
    assert value(admin, "SELECT pass FROM archive") == number + 1
    assert query(admin, "SELECT * FROM waiting WHERE reason <> 'unfinished'") == []


# Of what the source has, everything is in history or waits, and nothing does both.
LOST = """
SELECT o.id, o.status
FROM {source}.orders AS o
LEFT JOIN orders_history AS h ON h.id = o.id
LEFT JOIN waiting AS w ON w.root_key = CAST(JSON_ARRAY(CAST(o.id AS CHAR)) AS CHAR)
WHERE
    (h.id IS NULL) = (w.root_key IS NULL)
    OR (h.id IS NULL AND o.status IN ('uncollected', 'cancelled', 'dispensed'))
"""
# Half a chunk, or one and a half, has other numbers than its row in the log.
BESIDE_ITS_CHUNK = """
SELECT c.id, c.relation_rows, COUNT(r.history_root_id)
FROM chunk AS c
INNER JOIN orders_history AS h ON h.history_chunk = c.id
LEFT JOIN {relation}_history AS r ON r.history_root_id = h.id
GROUP BY c.id
HAVING COUNT(r.history_root_id)
    <> CAST(JSON_UNQUOTE(JSON_EXTRACT(MAX(c.relation_rows), '$.{relation}')) AS SIGNED)
"""
