"""The setting and the session that it opens."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bygones.runner.connection import connect, database_from, parse_url
from bygones.runner.errors import ConfigurationError, StopError, TryLaterError
from tests.support.certificates import make_certificates
from tests.support.clear import listening

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import OpenShop


def test_reads_every_part_of_a_url() -> None:
    database = parse_url(
        "mysql://caller:p%40ss@db.example:3307/shop?ssl_ca=/rds.pem&unix_socket=/s"
    )

    assert (database.user, database.password) == ("caller", "p@ss")
    assert (database.host, database.port) == ("db.example", 3307)
    assert (database.source, database.history) == ("shop", "shop_history")
    assert (database.ssl_ca, database.unix_socket) == ("/rds.pem", "/s")


def test_does_without_what_has_a_default() -> None:
    database = parse_url("mysql://root@/shop")

    assert (database.host, database.port) == ("localhost", 3306)
    assert (database.password, database.ssl_ca) == ("", None)
    assert database.is_encrypted


def test_blanks_and_newlines_around_a_url_are_none_of_it() -> None:
    database = parse_url(" \nmysql://u@db:3307/shop?ssl_ca=/rds.pem\n ")

    assert database == parse_url("mysql://u@db:3307/shop?ssl_ca=/rds.pem")


@pytest.mark.parametrize(
    ("url", "is_encrypted"),
    [
        ("mysql://u@db/shop", True),
        ("mysql://u@db/shop?tls=off", False),
        ("mysql://u@db/shop?unix_socket=/s", False),
        ("mysql://u@db/shop?unix_socket=/s&ssl_ca=/rds.pem", True),
    ],
)
def test_only_a_socket_or_a_word_does_without_tls(
    url: str, *, is_encrypted: bool
) -> None:
    assert parse_url(url).is_encrypted is is_encrypted


def test_never_shows_the_password() -> None:
    assert "geheim" not in repr(parse_url("mysql://caller:geheim@db/shop"))


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("postgres://u:geheim@db/shop", "mysql://"),
        ("mysql+pymysql://u:geheim@db/shop", 'a driver is named before "://"'),
        ("mysql://u:geheim@db", "names no schema"),
        ("mysql://u:geheim@db/", "names no schema"),
        ("mysql://u:geheim@db/shop?sslca=/x", '"sslca" isn\'t a setting'),
        ("mysql://u:geheim@db/shop?tls=no", "tls can only be off"),
        ("mysql://u:geheim@db/shop?tls=off&ssl_ca=/x", "leaves ssl_ca without a use"),
        ("mysql://u:geheim@db:port/shop", "host or the port"),
        ("mysql://u:geheim@[db/shop", "host or the port"),
        ("mysql://u:ge/geheim@db/shop", "host or the port"),
        ("mysql://u:1/geheim@db/shop", "more than a schema"),
        ("mysql://u:1/2?geheim@db/shop", "a part after"),
        ("mysql://u:geheim@db/" + "s" * 57, "over 56 characters"),
    ],
)
def test_names_what_is_wrong_with_a_url_but_not_the_password(
    url: str, problem: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_url(url)

    assert problem in str(caught.value)
    assert "mysql://user:password@host:3306/shop" in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_asks_for_the_setting_that_is_missing() -> None:
    with pytest.raises(ConfigurationError, match="BYGONES_DATABASE_URL isn't set"):
        database_from({})


def test_a_session_waits_for_nothing_for_long(shop: OpenShop) -> None:
    database = parse_url(shop.url)

    with (
        connect(database, schema=database.history, seconds=9) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "SELECT @@wait_timeout, @@lock_wait_timeout, @@innodb_lock_wait_timeout,"
            " @@time_zone, @@autocommit, @@character_set_client, DATABASE()"
        )
        session = cursor.fetchone()

    assert session == (120, 5, 5, "+00:00", 1, "utf8mb4", shop.history)


def test_the_server_sees_which_program_it_is(shop: OpenShop) -> None:
    database = parse_url(shop.url)

    with (
        connect(database, schema=None, seconds=9, program="bygones-x") as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "SELECT attr_value FROM performance_schema.session_connect_attrs"
            " WHERE processlist_id = CONNECTION_ID() AND attr_name = 'program_name'"
        )
        row = cursor.fetchone()

    assert row == ("bygones-x",)


def test_a_silent_server_is_given_up_although_it_accepts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        database = parse_url(f"mysql://caller:geheim@127.0.0.1:{port}/shop")

        with pytest.raises(TryLaterError) as caught:
            connect(database, schema=None, seconds=0.1)

    assert str(caught.value).startswith(f"Connecting to 127.0.0.1:{port} failed")
    assert "geheim" not in str(caught.value)


def test_a_server_that_refuses_is_tried_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    with pytest.raises(TryLaterError, match="refused"):
        connect(parse_url(f"mysql://u@127.0.0.1:{port}/shop"), schema=None, seconds=1)


def test_a_name_that_no_host_can_have_needs_a_person() -> None:
    database = parse_url("mysql://u:geheim@db..example/shop")

    with pytest.raises(ConfigurationError, match="no host can have this name"):
        connect(database, schema=None, seconds=1)


def test_a_host_that_nobody_knows_is_asked_about() -> None:
    database = parse_url("mysql://u:geheim@nowhere.invalid/shop")

    with pytest.raises(TryLaterError, match="is the host's name right") as caught:
        connect(database, schema=None, seconds=1)

    assert "'nowhere.invalid' isn't known here" in str(caught.value)


def test_an_init_connect_that_fails_is_shown(shop: OpenShop) -> None:
    with shop.admin.cursor() as cursor:
        cursor.execute("SET GLOBAL init_connect = 'SET nothing = 1'")
    try:
        with pytest.raises(StopError, match="mend the server's init_connect") as caught:
            connect(parse_url(shop.caller_url), schema=None, seconds=5)
    finally:
        with shop.admin.cursor() as cursor:
            cursor.execute("SET GLOBAL init_connect = ''")

    assert caught.value.errno == 1184
    assert f"user: '{shop.source}_caller'" in str(caught.value)


@pytest.mark.parametrize(
    ("host", "certified", "trusted", "way_out"),
    [
        (
            "localhost",
            "localhost",
            False,
            "certificate by ?ssl_ca=FILE, or",
        ),
        ("127.0.0.1", "localhost", True, "connect by a name that is in the server's"),
    ],
)
def test_a_certificate_that_is_refused_comes_with_ways_out(
    tmp_path: Path, host: str, certified: str, way_out: str, *, trusted: bool
) -> None:
    files = make_certificates(tmp_path, host=certified)
    ca = f"?ssl_ca={files.ca}" if trusted else ""

    with listening(files) as (port, _):
        database = parse_url(f"mysql://u@{host}:{port}/shop{ca}")
        with pytest.raises(StopError) as caught:
            connect(database, schema=None, seconds=5)

    assert way_out in str(caught.value)
    assert "as the server is on this machine, go without TLS by ?tls=off" in str(
        caught.value
    )


def test_an_account_that_is_refused_needs_a_person(shop: OpenShop) -> None:
    database = replace(parse_url(shop.caller_url), password="geheim")  # noqa: S106 # a wrong one

    with pytest.raises(StopError, match="check the user and password") as caught:
        connect(database, schema=None, seconds=5)

    assert caught.value.errno == 1045
    assert "geheim" not in str(caught.value)


def test_a_schema_that_is_missing_comes_with_what_to_do(shop: OpenShop) -> None:
    database = parse_url(shop.url)

    with pytest.raises(StopError, match="alembic upgrade head") as caught:
        connect(database, schema=f"{shop.source}_nowhere", seconds=5)

    assert caught.value.errno == 1049


def test_a_certificate_file_that_is_missing_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "rds.pem"
    database = parse_url(f"mysql://u@db/shop?ssl_ca={missing}")

    with pytest.raises(ConfigurationError, match=r"rds\.pem, which can't be used"):
        connect(database, schema=None, seconds=1)
