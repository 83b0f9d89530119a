"""Accounts from a URL, from Secrets Manager and by a token."""

from __future__ import annotations

import json
import urllib.request
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest

from bygones.runner.connection import parse_url
from bygones.runner.credentials import Login, login_from
from bygones.runner.errors import ConfigurationError, StopError, TryLaterError
from bygones.sandbox.lambda_runtime import LambdaRuntime
from bygones.sandbox.shop import PASSWORD, PROJECT
from tests.support.certificates import make_certificates
from tests.support.clear import listening
from tests.support.kills.gates import build_gates, gate_at
from tests.support.kills.history import assert_complete
from tests.support.kills.lambdas import message_of, report_of, run_of
from tests.support.procedures import query, value

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import OpenShop

REGION = "eu-central-1"
ACCOUNT = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


@pytest.fixture(scope="session")
def aws_url() -> Iterator[str]:
    """Stand in for AWS on this machine."""
    # Every worker imports this file, and one of them needs that.
    from moto.server import ThreadedMotoServer  # noqa: PLC0415

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(aws_url: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Give the settings by which AWS is found, to this process as well."""
    settings = ACCOUNT | {"AWS_ENDPOINT_URL": aws_url, "AWS_DEFAULT_REGION": REGION}
    for name, text in settings.items():
        monkeypatch.setenv(name, text)
    urllib.request.urlopen(f"{aws_url}/moto-api/reset", data=b"")  # noqa: S310 - above
    return settings


@pytest.fixture
def manager(aws: dict[str, str]) -> Any:  # noqa: ANN401 - boto3's
    return boto3.client("secretsmanager", endpoint_url=aws["AWS_ENDPOINT_URL"])


def secret_of(shop: OpenShop, password: str = PASSWORD) -> str:
    return json.dumps({"username": f"{shop.source}_caller", "password": password})


def address_of(shop: OpenShop) -> str:
    """Name the server and the schema, without an account."""
    return f"mysql://{shop.caller_url.partition('@')[2].join(['@', ''])}"


def lambda_with(aws: dict[str, str], **settings: str) -> LambdaRuntime:
    return LambdaRuntime(
        "bygones.runner.handler.handler",
        code=PROJECT / "src",
        env=aws | settings,
        timeout_seconds=30,
    )


def test_a_secret_names_the_account_and_the_url_the_rest(
    shop: OpenShop,
    aws: dict[str, str],
    manager: Any,  # noqa: ANN401 - boto3's
) -> None:
    manager.create_secret(Name="caller", SecretString=secret_of(shop))
    settings = {
        "BYGONES_DATABASE_URL": address_of(shop),
        "BYGONES_SECRET_ID": "caller",
    }

    with lambda_with(aws, **settings) as runtime:
        report = report_of(runtime.invoke({}))
        logs = runtime.logs

    assert report["roots"] == 40
    assert PASSWORD not in logs


def test_a_warm_lambda_asks_for_its_secret_once(
    shop: OpenShop,
    aws: dict[str, str],
    manager: Any,  # noqa: ANN401 - boto3's
) -> None:
    manager.create_secret(Name="caller", SecretString=secret_of(shop))
    settings = {"BYGONES_DATABASE_URL": address_of(shop), "BYGONES_SECRET_ID": "caller"}

    with lambda_with(aws, **settings) as runtime:
        report_of(runtime.invoke({}))
        manager.delete_secret(SecretId="caller", ForceDeleteWithoutRecovery=True)
        kill_sessions(shop)
        again = runtime.invoke({})
        runtime.kill()
        cold = message_of(runtime.invoke({}))

    assert (again.kind, again.cold_start) == ("response", False)
    assert "get_secret_value of caller failed: ResourceNotFoundException" in cold


def kill_sessions(shop: OpenShop) -> None:
    for row in query(
        shop.admin,
        "SELECT id FROM information_schema.processlist WHERE user = %s",
        f"{shop.source}_caller",
    ):
        query(shop.admin, f"KILL {row['id']}")


def test_a_password_that_is_rotated_in_the_middle_of_a_run_ends_nothing(
    shop: OpenShop,
    aws: dict[str, str],
    manager: Any,  # noqa: ANN401 - boto3's
) -> None:
    build_gates(shop)
    gate = gate_at(shop, "copy the items")
    manager.create_secret(Name="caller", SecretString=secret_of(shop))
    settings = {"BYGONES_DATABASE_URL": address_of(shop), "BYGONES_SECRET_ID": "caller"}
    account = f"'{shop.source}_caller'@'%'"

    with lambda_with(aws, **settings) as runtime:
        pending = runtime.start_invocation({"max_roots": 10})
        session = gate.wait_for_anyone()
        query(shop.admin, f"ALTER USER {account} IDENTIFIED BY 'rotated'")
        manager.put_secret_value(
            SecretId="caller", SecretString=secret_of(shop, "rotated")
        )
        query(shop.admin, f"KILL {session}")
        gate.open()
        run = run_of(pending.wait())
        lines = runtime.logs.splitlines()
    query(shop.admin, f"ALTER USER {account} IDENTIFIED BY '{PASSWORD}'")

    assert (run["reason"], run["roots"]) == ("idle", 40)
    assert len([line for line in lines if "password_refused" in line]) == 1
    assert "rotated" not in "".join(lines)
    assert_complete(shop.admin, shop)


def test_a_secret_that_stays_wrong_is_fetched_once_more_and_no_oftener(
    shop: OpenShop,
    aws: dict[str, str],
    manager: Any,  # noqa: ANN401 - boto3's
    caplog: pytest.LogCaptureFixture,
) -> None:
    del aws
    manager.create_secret(Name="caller", SecretString=secret_of(shop, "geheim"))
    login = Login(url=address_of(shop), secret_id="caller")  # noqa: S106 - its name

    with pytest.raises(StopError) as caught:
        login.connect(seconds=5)

    assert caught.value.errno == 1045
    ours = [record for record in caplog.records if record.name == "bygones"]
    assert [vars(record)["event"] for record in ours] == ["password_refused"]
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("is_json", [True, False])
def test_an_event_names_the_secret_of_a_shard_which_names_all(
    shop: OpenShop,
    aws: dict[str, str],
    manager: Any,  # noqa: ANN401 - boto3's
    *,
    is_json: bool,
) -> None:
    whole = {"host": "nowhere.invalid", "port": "3306", "dbname": "shard_7"}
    secret = json.dumps(json.loads(secret_of(shop)) | whole)
    manager.create_secret(
        Name="shard-7", SecretString=secret if is_json else shop.caller_url
    )

    with lambda_with(aws) as runtime:
        result = runtime.invoke({"secret": "shard-7"})

    if is_json:
        assert "Connecting to nowhere.invalid:3306 failed" in message_of(result)
    else:
        assert report_of(result)["roots"] == 40


@pytest.mark.parametrize(
    ("secret", "problem"),
    [
        ("geheim", "it is no JSON object and no mysql:// URL"),
        ('["geheim"]', "it is no JSON object and no mysql:// URL"),
        ('{"password": "geheim"}', 'it has no "username"'),
        ('{"username": 7, "password": "geheim"}', '"username" must be a text'),
        ('{"username": "u", "password": ["geheim"]}', '"password" must be a text'),
        ('{"username": "u", "port": "geheim"}', '"port" must be a number'),
        ("mysql://u:geheim@db", "it names no schema"),
        (" mysql+pymysql://u:geheim@db/shop", "a driver is named"),
        (
            '{"username": "u", "password": "geheim\\n"}',
            '"password" ends with a newline',
        ),
        ('{"username": "u", "host": "geheim:3306"}', '"host" must be a name or'),
        ('{"username": "u", "host": "[::1]"}', '"host" must be a name or'),
        ('{"username": "u", "host": "mysql://geheim"}', '"host" must be a name or'),
    ],
)
def test_what_is_wrong_with_a_secret_is_named_but_not_repeated(
    manager: Any,  # noqa: ANN401 - boto3's
    secret: str,
    problem: str,
) -> None:
    manager.create_secret(Name="caller", SecretString=secret)
    login = Login(url="mysql://db/shop", secret_id="caller")  # noqa: S106 - its name

    with pytest.raises(ConfigurationError) as caught:
        login.database()

    assert problem in str(caught.value)
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "secret", "host"),
    [
        ("lines", '\n {"username": "u", "host": " db\\n", "dbname": "shop"} \n', "db"),
        ("address", '{"username": "u", "host": "::1", "dbname": "shop"}', "::1"),
        ("url", "\n mysql://u@db/shop \n", "db"),
    ],
)
def test_blanks_and_newlines_around_a_secrets_text_are_none_of_it(
    manager: Any,  # noqa: ANN401 - boto3's
    name: str,
    secret: str,
    host: str,
) -> None:
    manager.create_secret(Name=name, SecretString=secret)

    database = Login(secret_id=name).database()

    assert (database.user, database.host, database.source) == ("u", host, "shop")


def test_a_secret_without_a_text_is_told(manager: Any) -> None:  # noqa: ANN401 - boto3's
    manager.create_secret(Name="caller", SecretBinary=b"geheim")

    with pytest.raises(ConfigurationError, match="it is binary"):
        Login(secret_id="caller").database()  # noqa: S106 - its name


@pytest.mark.parametrize(
    "wrong", ["mysql://u:geheim@db/shop", '{"password": "geheim"}']
)
def test_a_secret_in_the_place_of_its_name_is_refused_and_not_repeated(
    wrong: str,
) -> None:
    for environment, named in (({"BYGONES_SECRET_ID": wrong}, None), ({}, wrong)):
        with pytest.raises(ConfigurationError, match="the name or the ARN") as caught:
            login_from(environment, secret_id=named)
        assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("missing", ["host", "dbname"])
def test_without_a_url_a_secret_has_to_name_host_and_schema(
    manager: Any,  # noqa: ANN401 - boto3's
    missing: str,
) -> None:
    whole = {"username": "u", "password": "p", "host": "db", "dbname": "shop"}
    del whole[missing]
    manager.create_secret(Name="caller", SecretString=json.dumps(whole))

    with pytest.raises(ConfigurationError, match=f'it has no "{missing}"'):
        Login(secret_id="caller").database()  # noqa: S106 - its name


def test_a_secret_goes_before_what_the_url_says(
    manager: Any,  # noqa: ANN401 - boto3's
) -> None:
    secret = {"username": "u", "port": 3307, "dbname": "shard", "engine": "mysql"}
    manager.create_secret(Name="caller", SecretString=json.dumps(secret))

    database = Login(
        url="mysql://other:geheim@db/shop?ssl_ca=/ca.pem",
        secret_id="caller",  # noqa: S106 - its name
    ).database()

    assert (database.user, database.password) == ("u", "")
    assert (database.host, database.port, database.source) == ("db", 3307, "shard")
    assert database.ssl_ca == "/ca.pem"


def test_a_role_that_may_not_read_a_secret_is_told_what_it_needs(
    aws: dict[str, str],
    manager: Any,  # noqa: ANN401 - boto3's
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manager.create_secret(Name="caller", SecretString="geheim")
    iam = boto3.client("iam")
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])

    allow_without_a_look(aws, requests="0")
    try:
        with pytest.raises(StopError) as caught:
            Login(secret_id="caller").database()  # noqa: S106 - its name
    finally:
        allow_without_a_look(aws, requests="inf")

    assert "the role needs secretsmanager:GetSecretValue" in str(caught.value)


def allow_without_a_look(aws: dict[str, str], *, requests: str) -> None:
    """Have so many requests pass before rights count."""
    request = urllib.request.Request(  # noqa: S310 - on this machine
        f"{aws['AWS_ENDPOINT_URL']}/moto-api/reset-auth",
        data=requests.encode(),
        headers={"Content-Type": "text/plain"},
    )
    urllib.request.urlopen(request).close()  # noqa: S310 - the same


def test_a_network_without_a_way_to_aws_means_try_later(
    aws: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    del aws
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")

    with pytest.raises(TryLaterError, match="VPC endpoint for Secrets Manager"):
        Login(secret_id="caller").database()  # noqa: S106 - its name


def test_a_token_is_signed_for_the_account_and_takes_the_passwords_place(
    aws: dict[str, str],
) -> None:
    del aws
    database = Login(url="mysql://caller@db.example:3307/shop", is_iam=True).database()

    token = urlsplit(f"//{database.password}")
    asked_for = parse_qs(token.query)
    assert (token.hostname, token.port) == ("db.example", 3307)
    assert asked_for["Action"] == ["connect"]
    assert asked_for["DBUser"] == ["caller"]
    assert asked_for["X-Amz-Expires"] == ["900"]


def test_a_token_reaches_the_server_by_verified_tls_and_is_not_repeated(
    aws: dict[str, str], tmp_path: Path
) -> None:
    del aws
    files = make_certificates(tmp_path, host="localhost")

    with listening(files) as (port, passwords):
        url = f"mysql://caller@localhost:{port}/shop?ssl_ca={files.ca}"
        with pytest.raises(StopError) as caught:
            Login(url=url, is_iam=True).connect(seconds=5)

    [token] = passwords
    assert token.startswith(f"localhost:{port}/?Action=connect&DBUser=caller&")
    assert caught.value.errno == 1045
    assert "X-Amz" not in str(caught.value)


def test_a_token_is_not_sent_to_a_server_that_is_not_verified(
    aws: dict[str, str], tmp_path: Path
) -> None:
    del aws
    files = make_certificates(tmp_path / "theirs", host="localhost")
    other = make_certificates(tmp_path / "other", host="localhost")

    with listening(files) as (port, passwords):
        url = f"mysql://caller@localhost:{port}/shop?ssl_ca={other.ca}"
        with pytest.raises(StopError, match="certificate verify failed"):
            Login(url=url, is_iam=True).connect(seconds=5)

    assert passwords == []


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("mysql://caller@db/shop?tls=off", "so TLS must be"),
        ("mysql://caller@db/shop?unix_socket=/s", "so TLS must be"),
        ("mysql://caller:geheim@db/shop", "there must be no password"),
    ],
)
def test_a_token_is_refused_with_a_password_and_where_nobody_verifies_the_server(
    url: str, problem: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Login(url=url, is_iam=True).connect(seconds=5)

    assert problem in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_settings_that_name_nothing_or_nonsense_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="BYGONES_DATABASE_URL isn't set"):
        login_from({"BYGONES_SECRET_ID": ""})
    with pytest.raises(ConfigurationError, match='BYGONES_IAM_AUTH is "yes"'):
        login_from({"BYGONES_IAM_AUTH": "yes"})


def test_settings_are_read_and_an_events_secret_goes_before_theirs() -> None:
    settings = {
        "BYGONES_DATABASE_URL": "mysql://u@db/shop",
        "BYGONES_SECRET_ID": "caller",
        "BYGONES_IAM_AUTH": "on",
    }

    login = login_from(settings, secret_id="shard")  # noqa: S106 - its name

    assert login == Login(url="mysql://u@db/shop", secret_id="shard", is_iam=True)  # noqa: S106 - its name
    assert login_from({"BYGONES_DATABASE_URL": "mysql://u@db/shop"}).secret_id is None


def test_the_command_line_takes_the_same_settings(shop: OpenShop) -> None:
    login = login_from({"BYGONES_DATABASE_URL": shop.caller_url})

    with closing(login.connect(seconds=9)) as connection:
        schema = value(connection, "SELECT DATABASE()")

    assert schema == parse_url(shop.url).history
