"""The command line: the same loop as the Lambda's, with a progress bar.

Exit codes: 0 done, or as far as the limits allow; 1 a person is needed; 2 verification
has findings; 75 try again later (no connection, failover, deploy, busy, paused,
throttled); 130 interrupted.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import math
import os
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import pymysql
import typer

from bygones.cli import screen
from bygones.cli.grants import parse_account, roles_for, script
from bygones.cli.interrupt import Interrupt
from bygones.cli.workers import MOST_BUSY, run_together
from bygones.runner.archives import Report, choose, refuse_none, run_in_turn
from bygones.runner.calls import RunSummary, VerifySummary
from bygones.runner.connection import SETTING, connect, database_from
from bygones.runner.credentials import login_from
from bygones.runner.errors import BygonesError, StopError, from_driver
from bygones.runner.loop import Loop
from bygones.runner.procedures import Procedures, as_json_types
from bygones.runner.replicas import replicas_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bygones.runner.doctor import Check

DONE, PERSON_NEEDED, FINDINGS, TRY_LATER, INTERRUPTED = 0, 1, 2, 75, 130
# Longer than any CALL should take, so that only a dead connection meets it.
READ_SECONDS = 600.0
TAKES_TURNS = {"busy", "paused", "throttled"}

app = typer.Typer(
    epilog="The database is named by BYGONES_DATABASE_URL=mysql://user@host/schema",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _tell_version(*, is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"bygones {importlib.metadata.version('bygones')}")
        raise typer.Exit(DONE)


@app.callback()
def bygones(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_tell_version, is_eager=True, help="Tell the version."
        ),
    ] = False,
) -> None:
    """Copy finished orders with all their relations into unchangeable history."""


@app.command(
    epilog="Exit codes: 0 done, or as far as the limits allow. 1 a person is needed. "
    "75 try again later: no connection, a failover, a deploy, or the archive is busy, "
    "paused or throttled, and stayed so. 130 interrupted: Ctrl-C ends after the CALLs "
    "in flight. Of several workers, the worst one counts."
)
def run(  # noqa: PLR0913 - each is an option
    archive: Annotated[
        str | None, typer.Argument(help="One archive; all of them if left out.")
    ] = None,
    max_chunks: Annotated[
        int | None, typer.Option(min=1, help="Most CALLs for each archive and worker.")
    ] = None,
    max_seconds: Annotated[
        float | None, typer.Option(min=2, help="Time for all of it.")
    ] = None,
    max_roots: Annotated[
        int | None, typer.Option(min=1, help="Most roots a CALL; learned if left out.")
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Connections that copy at once.")
    ] = 1,
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the summary as JSON.")
    ] = False,
) -> None:
    """Copy until nothing is left to copy, or a limit is reached."""
    end = time.monotonic() + (math.inf if max_seconds is None else max_seconds)
    interrupt = Interrupt()
    interrupt.listen()
    with (
        _procedures(as_json=as_json) as first,
        replicas_of(os.environ) as behind,
        screen.bar() as bar,
    ):
        archives = choose(first.progress(), archive)

        def copy(procedures: Procedures) -> Report:
            loop = Loop(
                calls=procedures,
                remaining=lambda: end - time.monotonic(),
                interrupted=interrupt.is_asked,
                max_chunks=max_chunks,
                max_roots=max_roots,
                on_chunk=bar.show,
                sleep=interrupt.sleep,
                behind=behind,
                most_busy=MOST_BUSY if workers > 1 else 0,
            )
            return run_in_turn(loop, archives)

        def connect_and_copy() -> Report:
            with closing(_connected()) as procedures:
                return copy(procedures)

        others = [connect_and_copy] * (workers - 1)
        report = run_together([lambda: copy(first), *others])
    _end(report, as_json=as_json)


@app.command(
    epilog="Exit codes: 0 no findings, as far as it came. 1 a person is needed. 2 "
    "findings: see the table of that name. 75 try again later: no connection, a "
    "failover, a deploy, or the archive is being verified by another, paused or "
    "throttled. 130 interrupted: Ctrl-C ends after the CALL in flight, and the next "
    "run goes on there."
)
def verify(
    archive: Annotated[
        str | None, typer.Argument(help="One archive; all of them if left out.")
    ] = None,
    max_chunks: Annotated[
        int | None, typer.Option(min=1, help="Most CALLs for each archive.")
    ] = None,
    max_seconds: Annotated[
        float | None, typer.Option(min=2, help="Time for all of it.")
    ] = None,
    max_roots: Annotated[
        int | None, typer.Option(min=1, help="Most roots a CALL; learned if left out.")
    ] = None,
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the summary as JSON.")
    ] = False,
) -> None:
    """Compare history with the source of today, once through."""
    end = time.monotonic() + (math.inf if max_seconds is None else max_seconds)
    interrupt = Interrupt()
    interrupt.listen()
    with _procedures(as_json=as_json) as procedures, screen.bar() as bar:
        loop = Loop(
            calls=procedures,
            kind="verify",
            remaining=lambda: end - time.monotonic(),
            interrupted=interrupt.is_asked,
            max_chunks=max_chunks,
            max_roots=max_roots,
            on_chunk=bar.show,
            sleep=interrupt.sleep,
        )
        archives = choose(procedures.progress(), archive, kind="verify")
        report = run_in_turn(loop, archives)
    _end(report, as_json=as_json)


def _end(report: Report, *, as_json: bool) -> NoReturn:
    """Say what was done, and exit."""
    if as_json:
        typer.echo(json.dumps(report.as_dict(), indent=2))
    else:
        screen.print_runs(report.runs)
        for run in report.runs:
            if isinstance(run, RunSummary) and run.roots and not run.related_rows:
                typer.echo(
                    f"{run.archive}: {run.roots:,} roots came without a related row; "
                    "does archives.toml declare what belongs to them?",
                    err=True,
                )
    # Several workers meet the same one.
    errors = {(error.args, error.archive): error for error in report.errors}
    for error in errors.values():
        typer.echo(str(error), err=True)
    raise typer.Exit(_exit_code(report))


@app.command()
def progress(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show how far each archive is, as of the last CALL."""
    with _procedures(as_json=as_json) as procedures:
        rows = procedures.progress()
        refuse_none(rows)
    if as_json:
        typer.echo(json.dumps([as_json_types(row) for row in rows], indent=2))
    else:
        screen.print_progress(rows)


@app.command(
    epilog="With ROOT, reads the schema that BYGONES_DATABASE_URL names. Exit codes: 0 "
    "written. 1 a person is needed. 75 try again later: no connection."
)
def init(
    folder: Annotated[Path, typer.Argument(help="A new folder, or one in your code.")],
    roots: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ROOT]...", help="Propose archives of these tables."),
    ] = None,
    *,
    aws: Annotated[
        bool, typer.Option("--aws", help="Add the template of the Lambda's stack.")
    ] = False,
) -> None:
    """Begin a project: a folder with what is archived, its SQL and its revisions."""
    from bygones.cli.beginning import begin  # noqa: PLC0415 - nothing else needs it
    from bygones.cli.proposal import proposing  # noqa: PLC0415 - the same
    from bygones.compiler.project import Project  # noqa: PLC0415 - the same

    with _one_line_errors():
        database = database_from(os.environ) if roots or SETTING in os.environ else None
        proposal = proposing.propose(database, roots) if database and roots else None
        files = begin(
            Project(folder),
            source=database.source if database else "shop",
            proposal=proposal,
            aws=aws,
        )
    for warning in proposal.warnings if proposal else ():
        typer.echo(f"WARNING {warning}", err=True)
    typer.echo(f"Wrote {', '.join(map(str, files))}: read {folder / 'README.md'} next.")


@app.command(
    epilog="One archive for each root; a table that two have gets two names. To add "
    "an archive to a file, propose all of its roots and take over what is new. Exit "
    "codes: 0 proposed. 1 a person is needed. 75 try again later: no connection."
)
def propose(
    roots: Annotated[
        list[str],
        typer.Argument(metavar="ROOT", help="Tables of which a row is an order."),
    ],
    output: Annotated[
        Path | None,
        typer.Option(help="The file to write, which mustn't be there yet."),
    ] = None,
) -> None:
    """Print an archives.toml for the live schema, to read and to edit."""
    from bygones.cli.proposal import proposing  # noqa: PLC0415 - nothing else needs it

    with _one_line_errors():
        if output is not None:
            proposing.refuse_to_overwrite(output)
        proposal = proposing.propose(database_from(os.environ), roots)
        if output is None:
            # As bytes: a TOML file is UTF-8, whatever the terminal is.
            typer.echo(proposal.text.encode(), nl=False)
        else:
            proposing.write(proposal, output)
            typer.echo(f"Wrote {output}: read it and edit it.", err=True)
    for warning in proposal.warnings:
        typer.echo(f"WARNING {warning}", err=True)


@app.command(
    epilog="As the owner it tells all, as the caller what that can see. Exit codes: 0 "
    "nothing stands in the way, 1 something does. 75 try again later: no connection."
)
def doctor(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what stands in the way, and how long copying will take."""
    from bygones.runner.doctor import Check, as_report, worst  # noqa: PLC0415 - nothing else does

    checks: list[Check] = []
    failed = PERSON_NEEDED
    with _one_line_errors(as_json=as_json):
        try:
            _look(checks)
        except (BygonesError, pymysql.Error, OSError) as error:
            if not checks:
                raise
            ours = _ours(error)
            failed = _code_of(ours)
            checks.append(Check(name="the rest", verdict="stop", found=str(ours)))
    if as_json:
        typer.echo(json.dumps(as_report(checks), indent=2))
    else:
        screen.print_checks(checks)
    raise typer.Exit(failed if worst(checks) == "stop" else DONE)


def _look(checks: list[Check]) -> None:
    """Look at all that this account can see; what was seen before an error stays."""
    from bygones.cli.installing import examine, is_owner  # noqa: PLC0415 - only the doctor
    from bygones.compiler.project import Project  # noqa: PLC0415 - the same
    from bygones.runner.doctor import (  # noqa: PLC0415 - the same
        Doctor,
        installed_archives,
        worst,
    )

    database = login_from(os.environ).database()
    with closing(connect(database, schema=None, seconds=READ_SECONDS)) as connection:
        looking = Doctor(connection, database)
        checks.extend([*looking.server(), looking.session()])
        if looking.is_too_old:
            return
        if is_owner(looking, database):
            here = Project(Path.cwd())
            checks.extend(examine(looking, connection, database, here))
        else:
            checks.extend(looking.caller())
    if worst(checks) != "stop":
        with closing(_connected()) as procedures:
            checks.extend(installed_archives(looking, procedures))


@app.command(
    name="probe",
    epilog="Exit codes: 0 shared: chunks are copied. 1 not shared: none is. 75 try "
    "again later: nothing was learned, or no connection.",
)
def ask_server(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Ask the server whether a chunk is read at one instant there."""
    with _procedures(as_json=as_json) as procedures:
        probed = procedures.probe()
    typer.echo(json.dumps(probed.as_dict(), indent=2) if as_json else str(probed))
    codes = {"shared": DONE, "not shared": PERSON_NEEDED, "inconclusive": TRY_LATER}
    raise typer.Exit(codes[probed.verdict])


@app.command()
def grants(
    owner: Annotated[
        str, typer.Option(help="Who runs alembic, and whom procedures run as.")
    ] = "'bygones_owner'@'%'",
    caller: Annotated[
        str, typer.Option(help="Who copies: the Lambda, or `bygones run`.")
    ] = "'bygones_caller'@'%'",
    operator: Annotated[
        str, typer.Option(help="Who pauses, resumes, tunes and retries.")
    ] = "'bygones_operator'@'%'",
) -> None:
    """Print what a superuser grants, on MySQL and MariaDB; connects to nothing."""
    with _one_line_errors():
        roles = roles_for(
            database_from(os.environ).source,
            owner=parse_account(owner),
            caller=parse_account(caller),
            operator=parse_account(operator),
        )
    typer.echo(script(roles), nl=False)


@app.command()
def package(
    *,
    ca: Annotated[
        Path | None, typer.Option(help="Certificates to verify the server by, as PEM.")
    ] = None,
    into: Annotated[Path, typer.Option(help="The folder to write to.")] = Path("dist"),
) -> None:
    """Make the Lambda's folder and zip; connects to nothing."""
    from bygones.cli.package import build  # noqa: PLC0415 - nothing else makes one

    with _one_line_errors():
        made = build(into, ca=ca)
    digest = hashlib.sha256(made.read_bytes()).hexdigest()
    typer.echo(f"{made}: {made.stat().st_size:,} bytes, sha256 {digest}")


@app.command()
def sql() -> None:
    """Print the SQL that all archives share, to be read; connects to nothing.

    It's in the sample's names: alembic upgrade head --sql prints it in yours.
    """
    from bygones.compiler.project import CONTROL  # noqa: PLC0415 - nothing else does
    from bygones.compiler.released import newest  # noqa: PLC0415 - the same

    for folder in ("tables", "views", "functions", "procedures"):
        for path in newest((CONTROL / folder).rglob("*.sql")).values():
            typer.echo(f"-- control/{path.relative_to(CONTROL).as_posix()}")
            typer.echo(path.read_text(encoding="utf-8"))


@contextmanager
def _procedures(*, as_json: bool) -> Iterator[Procedures]:
    """Connect to the history schema."""
    with _one_line_errors(as_json=as_json), closing(_connected()) as procedures:
        yield procedures


def _connected() -> Procedures:
    login = login_from(os.environ)
    return Procedures(lambda: login.connect(seconds=READ_SECONDS))


@contextmanager
def _one_line_errors(*, as_json: bool = False) -> Iterator[None]:
    """End with one line and an exit code where something fails; as JSON too."""
    try:
        yield
    except (BygonesError, pymysql.Error, OSError) as error:
        ours = _ours(error)
        if as_json:
            said = {"error": str(ours), "kind": type(ours).__name__}
            typer.echo(json.dumps(said, indent=2))
        typer.echo(str(ours), err=True)
        raise typer.Exit(_code_of(ours)) from None


def _ours(error: Exception) -> BygonesError:
    """Return what nobody turned into one of ours before, as one."""
    if isinstance(error, BygonesError):
        return error
    if isinstance(error, pymysql.Error):
        return from_driver(error, "A statement")
    return StopError(str(error))


def _exit_code(report: Report) -> int:
    if report.errors:
        return min(_code_of(error) for error in report.errors)
    reasons = {run.reason for run in report.runs}
    if "interrupted" in reasons:
        return INTERRUPTED
    # Where one worker copied, it's all right that others found every lane taken.
    served = {run.archive for run in report.runs if run.reason != "busy"}
    is_later = any(
        run.reason in TAKES_TURNS
        and (run.reason != "busy" or run.archive not in served)
        for run in report.runs
    )
    if is_later:
        return TRY_LATER
    has_findings = any(
        isinstance(run, VerifySummary) and run.findings for run in report.runs
    )
    return FINDINGS if has_findings else DONE


def _code_of(error: BygonesError) -> int:
    return PERSON_NEEDED if isinstance(error, StopError) else TRY_LATER
