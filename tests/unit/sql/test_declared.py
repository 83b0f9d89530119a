"""What is declared in one place is what the others say, or a line names both files."""

from __future__ import annotations

import re
from collections import defaultdict

from bygones.sandbox.public import PUBLIC, names_for, settings
from bygones.sandbox.sample import definitions, name_of
from bygones.sandbox.shop import PROJECT

# Raised inside a chunk, and told to whoever tries a smaller one.
INTERNAL = {"30023", "30024"}
# Raised by triggers and downgrades, which no procedure calls.
UNCALLED = {"30010", "30011"}
# It gives no reason to pause, so none that is empty.
UNREACHABLE = {"resume_archive": {"30004"}}

MOST_CHARACTERS = 128

DOCS = PROJECT / "docs"
FILES = {name_of(path): path for path in definitions()}
SQL = {name: path.read_text(encoding="utf-8") for name, path in FILES.items()}
RAISED = re.compile(r"\b_raise\(\s*(30\d{3}),\s*(.*?)\);", re.DOTALL)


def where(name: str) -> str:
    return FILES[name].relative_to(PROJECT).as_posix()


def errors_listed() -> list[str]:
    """Read the numbers that docs/errors.md has a row, or a heading, for."""
    text = (DOCS / "errors.md").read_text(encoding="utf-8")
    return re.findall(r"^(?:\| |#+ .*?\b)(30\d{3})\b", text, re.MULTILINE)


def raised(name: str) -> dict[str, list[str]]:
    """Find the errors that one file raises, with what each says."""
    found = defaultdict(list)
    for errno, message in RAISED.findall(SQL[name]):
        found[errno].append(message)
    return found


def reached(name: str) -> dict[str, str]:
    """Find the errors that a routine can raise, and which routine raises each."""
    calls = re.findall(r"\b(?:CALL|SELECT) (_\w+)\(", SQL[name])
    found = dict.fromkeys(raised(name), name)
    for called in sorted({*calls} & {*FILES} - {name}):
        found = reached(called) | found
    return found


def test_every_error_that_is_raised_is_listed_once_and_in_order() -> None:
    listed, problems = errors_listed(), []
    everywhere = {errno: name for name in FILES for errno in raised(name)}
    for errno, name in everywhere.items():
        if not 30001 <= int(errno) <= 30099:
            problems.append(f"{where(name)} raises {errno}: ours are 30001 to 30099")
        if errno not in {*listed, *INTERNAL}:
            problems.append(f"docs/errors.md lacks {errno}, raised in {where(name)}")
    for errno in listed:
        if errno not in everywhere:
            problems.append(f"docs/errors.md lists {errno}, which nothing raises")
        if listed.count(errno) > 1:
            problems.append(f"docs/errors.md lists {errno} twice")
    if listed != sorted(listed):
        problems.append(f"docs/errors.md lists errors out of order: {listed}")

    assert not problems, "\n".join(problems)


def test_an_error_number_has_one_meaning() -> None:
    meanings: dict[str, dict[str, str]] = defaultdict(dict)
    for name in FILES:
        for errno, messages in raised(name).items():
            for message in messages:
                # A message begins with words, and the trigger's with its table.
                [first] = re.findall(r"'([^']*)'", message)[:1] or [message]
                meanings[errno][re.sub(r"\w+_history is", "", first)] = where(name)
    free = 1 + max(map(int, [*meanings, *errors_listed()]))
    problems = [
        f"{errno} says {said}; the next free number is {free}"
        for errno, said in meanings.items()
        if len(said) > 1 and errno not in UNCALLED
    ]

    assert not problems, "\n".join(problems)


def test_a_message_fits_what_a_server_tells() -> None:
    problems = [
        f"{where(name)}: the words of {errno} alone have {len(words)} characters; "
        f"with its values a message may have {MOST_CHARACTERS}"
        for name in FILES
        for errno, messages in raised(name).items()
        for message in messages
        if len(words := "".join(re.findall(r"'((?:[^']|'')*)'", message)))
        > MOST_CHARACTERS
    ]

    assert not problems, "\n".join(problems)


def test_a_manual_lists_every_error_that_its_procedure_can_raise() -> None:
    problems = []
    for name in PUBLIC:
        listed = set(re.findall(r"^  (30\d{3})  ", SQL[name], re.MULTILINE))
        can = reached(name)
        wanted = {*can} - INTERNAL - UNREACHABLE.get(name, set())
        problems += [
            f"{where(name)}: its Errors lack {errno}, which {can[errno]} raises"
            for errno in sorted(wanted - listed)
        ] + [
            f"{where(name)}: its Errors list {errno}, which nothing in it raises"
            for errno in sorted(listed - wanted)
        ]

    assert not problems, "\n".join(problems)


def test_a_public_procedure_has_its_row_in_the_docs() -> None:
    text = (DOCS / "errors.md").read_text(encoding="utf-8")
    rows = {
        name: f"| `{name}({', '.join(public.parameters)})` |"
        for name, public in PUBLIC.items()
    }
    problems = [
        f"docs/errors.md lacks a row that begins {row}, for {where(name)}"
        for name, row in rows.items()
        if row not in text
    ]

    assert not problems, "\n".join(problems)


def test_an_operators_procedure_checks_its_archive() -> None:
    problems = [
        f"{where(name)} takes in_archive and never says CALL _check_archive(in_archive)"
        for name in names_for("operator")
        if "in_archive" in PUBLIC[name].parameters
        and reached(name).get("30003") != "_check_archive"
    ]

    assert not problems, "\n".join(problems)


def test_a_setting_is_declared_once_and_read_somewhere() -> None:
    declared = settings()
    columns = set(re.findall(r"^    (\w+) ", SQL["archive"], re.MULTILINE))
    tuned = set(re.findall(r"'(\w+)', a\.\1\b", SQL["tune_archive"]))
    texts = {
        n: t for n, t in SQL.items() if n not in ("_list_settings", "tune_archive")
    }
    read = {
        setting: name
        for name, text in texts.items()
        for setting in re.findall(r"\b_read_setting\(\s*[\w']+,\s*'(\w+)'", text)
    }
    problems = [
        f"{where(name)} reads {setting}, which _list_settings doesn't declare"
        for setting, name in read.items()
        if setting not in declared
    ]
    for setting in declared:
        if setting in columns:
            if setting not in tuned:
                problems.append(f"{setting} is a column that tune_archive doesn't set")
            if not any(re.search(rf"\b\w\.{setting}\b", t) for t in texts.values()):
                problems.append(f"{setting}, a column of archive, is read nowhere")
        elif setting not in read:
            problems.append(
                f"{where('_list_settings')} declares {setting}, and nothing reads it: "
                f"CALL _read_setting(in_archive, '{setting}', v_{setting})"
            )

    assert not problems, "\n".join(problems)


def test_what_the_docs_say_of_a_setting_is_what_is_declared() -> None:
    text = (DOCS / "operate.md").read_text(encoding="utf-8")
    table = text[text.index("| setting | at first |") :].partition("\n\n")[0]
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \|", table, re.MULTILINE)
    declared = settings()
    problems = [
        f"docs/operate.md: {setting} is {at_first} at first; _list_settings says "
        f"{declared.get(setting, {}).get('default', 'nothing of it')}"
        for setting, at_first in rows
        if declared.get(setting, {}).get("default") != int(at_first)
    ]

    assert len(rows) > 5
    assert not problems, "\n".join(problems)
