"""What AWS makes of deploy/template.yaml: every number, every right, every metric."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest
import yaml
from samtranslator.yaml_helper import yaml_parse

from bygones.runner.connection import parse_url
from bygones.runner.event import parse
from bygones.runner.metrics import DIMENSIONS, NAMESPACE, UNITS
from bygones.sandbox.shop import PROJECT

DEPLOY = PROJECT / "deploy"
TEMPLATE = yaml_parse((DEPLOY / "template.yaml").read_text())
PAGE = (PROJECT / "docs" / "aws.md").read_text()
NETWORK = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
]

Resources = dict[str, Any]


def translated(template: Any = TEMPLATE) -> Resources:  # noqa: ANN401 - YAML's
    """Return the resources that AWS' own translator makes of it."""
    # It takes a second to import, in every worker whatever that runs.
    from samtranslator.translator.transform import transform  # noqa: PLC0415

    uploaded = copy.deepcopy(template)
    uploaded["Resources"]["Function"]["Properties"]["CodeUri"] = "s3://bucket/key"
    resources = transform(uploaded, {}, None)["Resources"]
    assert isinstance(resources, dict)
    return resources


@pytest.fixture(autouse=True)
def _region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


@pytest.fixture
def resources(_region: None) -> Resources:
    return translated()


def of_type(resources: Resources, kind: str) -> dict[str, Any]:
    return {
        name: resource["Properties"]
        for name, resource in resources.items()
        if resource["Type"] == kind
    }


def default(parameter: str) -> Any:  # noqa: ANN401 - whatever it is
    return TEMPLATE["Parameters"][parameter]["Default"]


def test_the_function_is_as_small_as_it_may_be(resources: Resources) -> None:
    function = resources["Function"]["Properties"]

    assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
    assert function["MemorySize"] == 128
    assert function["Handler"] == "runner.handler.handler"
    assert function["Timeout"] == {"Ref": "TimeoutSeconds"}
    assert default("TimeoutSeconds") == 30
    assert TEMPLATE["Parameters"]["TimeoutSeconds"]["MaxValue"] == 900
    assert "Layers" not in function


def test_what_it_runs_is_the_folder_that_make_package_makes() -> None:
    properties = TEMPLATE["Resources"]["Function"]["Properties"]

    assert properties["CodeUri"] == "../dist/lambda"
    assert "Metadata" not in TEMPLATE["Resources"]["Function"]  # no build step


def test_as_many_run_at_once_as_there_are_lanes(resources: Resources) -> None:
    function = resources["Function"]["Properties"]

    assert function["ReservedConcurrentExecutions"] == {"Ref": "Lanes"}
    assert (default("Lanes"), TEMPLATE["Parameters"]["Lanes"]["MaxValue"]) == (1, 4)


def test_nothing_is_tried_again_but_by_the_next_tick(resources: Resources) -> None:
    (invoked,) = of_type(resources, "AWS::Lambda::EventInvokeConfig").values()
    schedules = of_type(resources, "AWS::Scheduler::Schedule")
    to_queue = {"Fn::GetAtt": ["DeadLetters", "Arn"]}

    assert invoked["MaximumRetryAttempts"] == 0
    assert invoked["MaximumEventAgeInSeconds"] == 60
    assert invoked["DestinationConfig"]["OnFailure"]["Destination"] == to_queue
    for schedule in schedules.values():
        retries = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}
        assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
        assert schedule["Target"]["RetryPolicy"] == retries
        assert schedule["Target"]["DeadLetterConfig"] == {"Arn": to_queue}
    assert resources["DeadLetters"]["Properties"]["MessageRetentionPeriod"] == 345_600


def test_each_lane_has_a_schedule_and_verification_one_beside_them(
    resources: Resources,
) -> None:
    schedules = of_type(resources, "AWS::Scheduler::Schedule")
    states = {
        name.removeprefix("Function"): schedule.get("State")
        for name, schedule in schedules.items()
    }
    names = [json.dumps(schedule["Name"]) for schedule in schedules.values()]

    assert states == {
        "Copy": None,
        "CopySecondLane": {"Fn::If": ["HasTwoLanes", "ENABLED", "DISABLED"]},
        "CopyThirdLane": {"Fn::If": ["HasThreeLanes", "ENABLED", "DISABLED"]},
        "CopyFourthLane": {"Fn::If": ["HasFourLanes", "ENABLED", "DISABLED"]},
        "Verify": None,
    }
    # Two stacks of one account mustn't have schedules of one name.
    assert all("${FunctionName}-" in name for name in names)
    assert len(set(names)) == len(names)


def test_the_schedules_send_events_that_the_handler_takes(
    resources: Resources,
) -> None:
    for schedule in of_type(resources, "AWS::Scheduler::Schedule").values():
        text = schedule["Target"]["Input"]["Fn::Sub"].replace("${Archive}", "orders")

        event = json.loads(text)
        assert set(event.values()) == {"orders"}
        assert parse(event).archive == "orders"


@pytest.mark.parametrize(
    ("expression", "is_allowed"),
    [
        ("rate(1 minute)", True),
        ("rate(5 minutes)", True),
        ("rate(12 hours)", True),
        ("cron(0 3 * * ? *)", True),
        ("rate(1 minutes)", False),
        ("rate(5 minute)", False),
        ("rate(0 minutes)", False),
        ("1 minute", False),
    ],
)
@pytest.mark.parametrize("parameter", ["CopySchedule", "VerifySchedule"])
def test_a_schedule_that_aws_would_refuse_late_is_refused_at_once(
    parameter: str, expression: str, *, is_allowed: bool
) -> None:
    pattern = TEMPLATE["Parameters"][parameter]["AllowedPattern"]

    assert bool(re.fullmatch(pattern, expression)) is is_allowed
    assert re.fullmatch(pattern, default(parameter))


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        ("", True),
        ("mysql://caller@db.example:3306/shop", True),
        ("mysql://db.example/shop?ssl_ca=/opt/ca.pem", True),
        ("mysql://caller:geheim@db.example/shop", False),
        ("postgres://db/shop", False),
    ],
)
def test_a_url_with_a_password_does_not_get_into_a_stack(
    url: str, *, is_allowed: bool
) -> None:
    pattern = TEMPLATE["Parameters"]["DatabaseUrl"]["AllowedPattern"]

    assert bool(re.fullmatch(pattern, url)) is is_allowed
    if is_allowed and url:
        parse_url(url)


def test_the_function_has_these_rights_and_no_other(resources: Resources) -> None:
    role = resources["FunctionRole"]["Properties"]
    (policy,) = role["Policies"]
    statements = policy["PolicyDocument"]["Statement"]
    without_conditions = [
        statement["Fn::If"][1] if "Fn::If" in statement else statement
        for statement in statements
    ]
    rights = [
        (each["Effect"], each["Action"], each["Resource"], "Condition" in each)
        for each in without_conditions
    ]
    log_group, queue = (
        {"Fn::GetAtt": [name, "Arn"]} for name in ("LogGroup", "DeadLetters")
    )

    assert rights == [
        ("Allow", ["logs:CreateLogStream", "logs:PutLogEvents"], log_group, False),
        ("Allow", "sqs:SendMessage", queue, False),
        ("Allow", NETWORK, "*", False),
        ("Deny", NETWORK, "*", True),
        ("Allow", "secretsmanager:GetSecretValue", {"Ref": "SecretArn"}, False),
        ("Allow", "kms:Decrypt", {"Ref": "SecretKeyArn"}, True),
        ("Allow", "rds-db:connect", {"Ref": "IamAuthArn"}, False),
    ]
    assert [s["Fn::If"][0] for s in statements if "Fn::If" in s] == [
        "HasSecret",
        "HasSecretKey",
        "HasIamAuth",
    ]
    assert "ManagedPolicyArns" not in role
    assert (
        resources["Function"]["Properties"]["Role"]["Fn::GetAtt"][0] == "FunctionRole"
    )


def test_the_schedules_may_invoke_this_function_and_nothing_else(
    resources: Resources,
) -> None:
    role = resources["ScheduleRole"]["Properties"]
    (policy,) = role["Policies"]

    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "lambda:InvokeFunction",
            "Resource": {"Fn::GetAtt": ["Function", "Arn"]},
        },
        {
            "Effect": "Allow",
            "Action": "sqs:SendMessage",
            "Resource": {"Fn::GetAtt": ["DeadLetters", "Arn"]},
        },
    ]
    assert "ManagedPolicyArns" not in role


def test_the_two_roles_are_the_only_ones_and_whom_they_serve_is_said(
    resources: Resources,
) -> None:
    roles = of_type(resources, "AWS::IAM::Role")
    served = {
        name: [
            statement["Principal"]
            for statement in role["AssumeRolePolicyDocument"]["Statement"]
        ]
        for name, role in roles.items()
    }

    assert served == {
        "FunctionRole": [{"Service": "lambda.amazonaws.com"}],
        "ScheduleRole": [{"Service": "scheduler.amazonaws.com"}],
    }
    assert not of_type(resources, "AWS::Lambda::Permission")


def test_the_network_leads_to_the_database_and_to_secrets_alone(
    resources: Resources,
) -> None:
    group = resources["SecurityGroup"]["Properties"]
    ways = [
        (
            way.get("Fn::If", ["always"])[0],
            (way.get("Fn::If", [0, way])[1])["FromPort"],
            (way.get("Fn::If", [0, way])[1])["ToPort"],
        )
        for way in group["SecurityGroupEgress"]
    ]

    assert ways == [
        ("always", {"Ref": "DatabasePort"}, {"Ref": "DatabasePort"}),
        ("HasEndpoint", 443, 443),
        ("HasSecretWithoutEndpoint", 443, 443),
    ]
    assert "SecurityGroupIngress" not in group
    assert default("DatabasePort") == 3306


def test_the_log_is_kept_for_a_while_and_is_json(resources: Resources) -> None:
    logging = resources["Function"]["Properties"]["LoggingConfig"]
    group = resources["LogGroup"]["Properties"]

    assert (logging["LogFormat"], logging["LogGroup"]) == ("JSON", {"Ref": "LogGroup"})
    assert logging["ApplicationLogLevel"] == "INFO"
    assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert default("LogRetentionDays") == 30


def test_alarms_ring_by_these_numbers(resources: Resources) -> None:
    alarms = of_type(resources, "AWS::CloudWatch::Alarm")
    rules = {
        name: (
            alarm["MetricName"],
            alarm["Statistic"],
            alarm["ComparisonOperator"].removesuffix("Threshold"),
            alarm["Threshold"],
            alarm["Period"],
            alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"]),
            alarm["EvaluationPeriods"],
            alarm["TreatMissingData"],
        )
        for name, alarm in alarms.items()
    }

    assert rules == {
        "ErrorsAlarm": (
            *("Errors", "Sum", "GreaterThanOrEqualTo", 1, 300, 2, 3, "notBreaching"),
        ),
        "NoProgressAlarm": (
            *("NoProgress", "Minimum", "GreaterThanOrEqualTo", 1, 300, 6, 6),
            "breaching",
        ),
        "QuarantineAlarm": (
            *("WaitingQuarantined", "Maximum", "GreaterThan", 0, 300, 1, 1, "ignore"),
        ),
        "FindingsAlarm": (
            *("Findings", "Maximum", "GreaterThan", 0, 300, 1, 1, "ignore"),
        ),
    }


def test_alarms_and_dashboard_name_metrics_that_the_handler_writes(
    resources: Resources,
) -> None:
    alarms = of_type(resources, "AWS::CloudWatch::Alarm").values()
    named = {
        (alarm["MetricName"], tuple(each["Name"] for each in alarm["Dimensions"]))
        for alarm in alarms
        if alarm["Namespace"] == NAMESPACE
    } | {(name, names) for space, name, names in shown(resources) if space == NAMESPACE}
    others = {alarm["Namespace"] for alarm in alarms} | {
        space for space, _, _ in shown(resources)
    }

    assert {name for name, _ in named} <= set(UNITS)
    assert {names for _, names in named} <= set(DIMENSIONS)
    assert others == {NAMESPACE, "AWS/Lambda"}


def shown(resources: Resources) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return the namespace, name and dimensions of each metric on the dashboard."""
    (dashboard,) = of_type(resources, "AWS::CloudWatch::Dashboard").values()
    text = re.sub(r"\$\{[\w:]+\}", "x", dashboard["DashboardBody"]["Fn::Sub"])
    return [
        (metric[0], metric[1], tuple(metric[2:4:2]))
        for widget in json.loads(text)["widgets"]
        for metric in widget["properties"]["metrics"]
        if isinstance(metric[0], str)
    ]


def test_the_dashboard_shows_what_matters(resources: Resources) -> None:
    names = {name for _, name, _ in shown(resources)}

    assert names >= {"Roots", "RelatedRows", "ChunkSeconds", "Quarantined"}
    assert names >= {name for name in UNITS if name.startswith("Waiting")}
    assert names >= {name for name in UNITS if name.startswith("ThrottledBy")}


def test_every_parameter_metric_and_output_is_explained() -> None:
    for name in (*TEMPLATE["Parameters"], *UNITS, *TEMPLATE["Outputs"]):
        assert f"`{name}`" in PAGE, name


def test_more_schedules_of_the_page_fit_into_the_template() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    more = [yaml_parse(block) for block in blocks]
    template = copy.deepcopy(TEMPLATE)

    for events in more:
        template["Resources"]["Function"]["Properties"]["Events"].update(events)
    schedules = of_type(translated(template), "AWS::Scheduler::Schedule")

    assert len(more) == 2
    assert len(schedules) == 5 + sum(len(events) for events in more)
    for schedule in schedules.values():
        if isinstance(schedule["Target"]["Input"], str):
            parse(json.loads(schedule["Target"]["Input"]))


def test_it_is_plain_yaml_that_any_tool_reads() -> None:
    text = (DEPLOY / "template.yaml").read_text()

    tokens = [type(token) for token in yaml.scan(text)]
    assert not {yaml.AliasToken, yaml.AnchorToken} & set(tokens)
