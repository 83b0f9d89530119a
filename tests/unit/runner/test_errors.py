"""What the caller does about an error, and what it may read about it."""

import ssl

import pymysql
import pytest

from bygones.runner.errors import (
    BygonesError,
    LostConnectionError,
    RetryError,
    StopError,
    TryLaterError,
    from_driver,
)


@pytest.mark.parametrize(
    ("errno", "kind"),
    [
        (1205, RetryError),
        (1213, RetryError),
        (3572, RetryError),
        (1020, RetryError),
        (1180, RetryError),
        (2006, LostConnectionError),
        (2013, LostConnectionError),
        (4031, LostConnectionError),
        (1040, TryLaterError),
        (1047, TryLaterError),
        (1135, TryLaterError),
        (1223, TryLaterError),
        (3024, TryLaterError),
        (3100, TryLaterError),
        (3168, TryLaterError),
        (1226, TryLaterError),
        (1290, TryLaterError),
        (1305, TryLaterError),
        (1792, TryLaterError),
        (1836, TryLaterError),
        (2003, TryLaterError),
        (3032, TryLaterError),
        (1044, StopError),
        (1045, StopError),
        (1142, StopError),
        (1146, StopError),
        (1370, StopError),
        (1449, StopError),
        (1062, StopError),
        (1104, StopError),
        (1184, StopError),
        (30001, StopError),
        (30007, StopError),
        (30020, StopError),
        (30022, StopError),
        (30025, StopError),
        (30099, StopError),
    ],
)
def test_each_number_says_what_the_caller_does(
    errno: int, kind: type[BygonesError]
) -> None:
    error = pymysql.OperationalError(errno, "text", sqlstate="HY000")

    ours = from_driver(error, "CALL copy_orders_chunk")

    assert type(ours) is kind
    assert (ours.errno, ours.sqlstate) == (errno, "HY000")


@pytest.mark.parametrize(
    ("errno", "sqlstate", "kind"),
    [
        (3101, "40000", RetryError),  # Group Replication's certification
        (3999, "40001", RetryError),
        (1043, "08S01", TryLaterError),
        (3999, "08004", TryLaterError),
        (1053, "08S01", LostConnectionError),
        (1184, "08S01", StopError),
        (1251, "08004", StopError),
        (30007, "45000", StopError),
        (3999, "22001", StopError),
    ],
)
def test_what_nobody_listed_goes_by_the_class_of_its_sqlstate(
    errno: int, sqlstate: str, kind: type[BygonesError]
) -> None:
    error = pymysql.OperationalError(errno, "Ada", sqlstate=sqlstate)

    ours = from_driver(error, "CALL copy_orders_chunk")

    assert type(ours) is kind
    # Of neither class does a text hold a row's values.
    is_safe = sqlstate[:2] in {"40", "08"} or errno == 30007
    assert ("Ada" in str(ours)) is is_safe


def test_while_connecting_no_row_was_read_and_every_text_is_shown() -> None:
    error = pymysql.OperationalError(1231, "Variable 'x' is wrong", sqlstate="42000")

    ours = from_driver(error, "Connecting to db:3306", connecting=True)

    assert type(ours) is StopError
    assert "Variable 'x' is wrong (errno 1231" in str(ours)


def test_a_closed_connection_is_a_lost_one() -> None:
    ours = from_driver(pymysql.InterfaceError(0, ""), "CALL progress")

    assert type(ours) is LostConnectionError
    assert str(ours) == "CALL progress failed: the connection is closed or out of step"


def test_a_packet_out_of_order_is_a_lost_connection() -> None:
    error = pymysql.InternalError("Packet sequence number wrong - got 3 expected 1")

    assert type(from_driver(error, "CALL progress")) is LostConnectionError


def test_a_connection_lost_before_there_was_one_is_tried_later() -> None:
    error = pymysql.OperationalError(2013, "Lost connection during query (timed out)")

    ours = from_driver(error, "Connecting to db:3306", connecting=True)

    assert type(ours) is TryLaterError


def test_a_certificate_that_is_not_trusted_needs_a_person() -> None:
    error = pymysql.OperationalError(2003, "Can't connect: certificate verify failed")
    error.original_exception = ssl.SSLCertVerificationError()  # type: ignore[attr-defined] # set by the driver

    assert type(from_driver(error, "Connecting", connecting=True)) is StopError


def test_a_text_that_may_hold_a_patients_data_is_left_out() -> None:
    error = pymysql.IntegrityError(1062, "Duplicate entry 'Ada Lovelace' for key 'x'")

    ours = from_driver(error, "CALL copy_orders_chunk")

    assert "Ada" not in str(ours)
    assert "it may hold a row's values (errno 1062)" in str(ours)


def test_a_number_nobody_listed_keeps_its_text_to_itself() -> None:
    ours = from_driver(pymysql.DataError(3999, "near 'Ada Lovelace'"), "CALL progress")

    assert "Ada" not in str(ours)


@pytest.mark.parametrize("errno", [30001, 1044, 1104, 1142, 1146, 1180, 1290, 2003])
def test_a_text_that_names_only_rights_and_objects_is_shown(errno: int) -> None:
    ours = from_driver(pymysql.OperationalError(errno, "shop.orders"), "CALL progress")

    assert "shop.orders" in str(ours)


def test_a_missing_procedure_comes_with_what_to_do() -> None:
    error = pymysql.OperationalError(1305, "PROCEDURE shop_history.x does not exist")

    assert "alembic upgrade head" in str(from_driver(error, "CALL x"))
