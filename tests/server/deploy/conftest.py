"""Give a server that shows a certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.certificates import make_certificates, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bygones.sandbox.server import Server
    from tests.conftest import OpenShop
    from tests.support.certificates import Certificates


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """A CA of our own, and by it a certificate for localhost."""
    return make_certificates(tmp_path_factory.mktemp("tls"), host="localhost")


@pytest.fixture
def tls_shop(
    server: Server, shop: OpenShop, certificates: Certificates
) -> Iterator[OpenShop]:
    """Give a shop whose server shows that certificate."""
    if server.family != "mysql" or server.guarded is None:
        pytest.skip("the certificate is changed in a running MySQL on this machine")
    with shown(shop.admin, certificates):
        yield shop
