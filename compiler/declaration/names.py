"""Check the names that are declared, and those that are derived from them.

The objects of all archives share one schema, and their definitions the folder sql/.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from bygones.compiler.declaration.model import Relation, RelationPath
from bygones.compiler.declaration.table import bare, dotted, quoted
from bygones.runner.connection import MAX_SOURCE_LENGTH, SETTING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bygones.compiler.declaration.model import Archive, Declaration

MAX_LENGTH = 64  # of MySQL's identifiers, in characters

# What is installed for an archive, ...
ARCHIVE_OBJECTS = (
    *("copy_{}_chunk", "verify_{}_chunk", "split_{}", "copy_{}_event"),
    *("_copy_{}_at_once", "_check_{}_source", "_fence_{}", "_check_{}_keys"),
    *(
        "_find_work_in_{}",
        "_fill_{}_chunk",
        "_name_first_{}",
        "_advance_in_{}",
        "_fit_{}",
    ),
    *("_choose_new_{}", "_choose_waiting_{}", "_bound_{}", "_scan_{}"),
    *("_step_back_{}", "_count_bytes_{}", "_bytes_waiting_{}", "_copy_new_{}"),
    *("_copy_waiting_{}", "_compare_{}_chunk", "_note_{}", "_note_changed_{}"),
    *("_forget_waiting_{}", "_mark_{}_lanes", "_uninstall_{}", "_work_in_{}"),
    *("_find_new_{}", "_count_due_{}", "_update_waiting_{}"),
    *("_verify_{}_at_once", "_verify_{}_history", "_find_missing_{}"),
)
# ... and for its root's table and each of its relations.
TABLE_PROCEDURES = ("_copy_{}", "_compare_{}")
TABLE_OBJECTS = (
    *TABLE_PROCEDURES,
    *("{}_history", "{}_history_before_update", "{}_history_before_delete"),
)

# Aliases in the generated SQL, where schemas are known by what stands before a dot.
SHORT_ALIAS = re.compile("[a-z]|t[0-9]+", re.IGNORECASE)
SERVER_SCHEMAS = {"information_schema", "mysql", "performance_schema", "sys"}

# Their definitions are in sql/control/.
CONTROL_FOLDER = "control"
# A relation's name is its alias, also in statements that read one of these.
CONTROL_TABLES = (
    *("archive", "lane", "lane_sample", "chunk", "run", "waiting", "progress"),
    *("waiting_root",),
    *("verification", "verified", "finding", "difference", "suspect", "failure"),
    "probe",
    *("canary_root", "canary_relation", "canary_copy"),
)


def source_problem(name: str) -> str | None:
    """Tell why a schema of this name can't be the source."""
    if SHORT_ALIAS.fullmatch(name):
        return (
            f"found {quoted(name)}, an alias in bygones' SQL; write a longer one: it's "
            "only the name that the SQL is written with, and the schema is that of "
            f"{SETTING}"
        )
    if name.lower() in SERVER_SCHEMAS:
        return f"found {quoted(name)}, which is the server's own; expected a shop's"
    if len(name) > MAX_SOURCE_LENGTH:
        return (
            f"found {len(name)} characters; expected at most {MAX_SOURCE_LENGTH}, "
            f"since <source>_history takes the rest of MySQL's {MAX_LENGTH}"
        )
    return _spelling(name)


def identifier_problem(name: str) -> str | None:
    """Tell why MySQL has no column, or table, of this name."""
    if len(name) > MAX_LENGTH:
        return f"found {len(name)} characters; MySQL's names have up to {MAX_LENGTH}"
    return _spelling(name)


def name_mistakes(declaration: Declaration) -> Iterator[str]:
    """Tell each name that can't be used, then those that are used twice."""
    for archive in declaration.archives:
        yield from _archive_mistakes(archive)
        for relation in archive.relations:
            yield from _relation_mistakes(archive, relation)
    yield from _repeated_names(declaration)
    yield from _repeated_procedures(declaration)


def _archive_mistakes(archive: Archive) -> Iterator[str]:
    where = dotted("archive", archive.name)
    problem = owner_problem(archive.name, ARCHIVE_OBJECTS)
    if folded(archive.name) == CONTROL_FOLDER:
        problem = f"the name is reserved: sql/{CONTROL_FOLDER}/ is bygones' own"
    if problem:
        yield f"{where}: {problem}"
    problem = owner_problem(archive.table, TABLE_OBJECTS) if archive.table else None
    if problem:
        yield f"{where}.table: {problem}"


def _relation_mistakes(archive: Archive, relation: Relation) -> Iterator[str]:
    where = dotted("archive", archive.name, "relations", relation.name)
    problem = owner_problem(relation.name, TABLE_OBJECTS)
    if problem:
        yield f"{where}: {problem}; a relation may have another name than its table"
    problem = identifier_problem(relation.table) or writing_problem(relation.table)
    if problem and relation.table != relation.name:
        yield f"{where}.table: {problem}"


def owner_problem(name: str, patterns: tuple[str, ...]) -> str | None:
    """Tell why objects and files can't be named by this name."""
    longest = max(patterns, key=len)
    most = MAX_LENGTH - len(longest.format(""))
    if not name.strip():
        return "the name is empty"
    if "/" in name or name.startswith("."):
        return "no file can be named so: leave out / and a leading dot"
    if folded(name) in CONTROL_TABLES:
        return f"the name is reserved: bygones has a {folded(name)} of its own"
    if len(name) > most:
        return (
            f"found {len(name)} characters; expected at most {most}, "
            f"since {longest.format('<name>')} takes the rest of MySQL's {MAX_LENGTH}"
        )
    return _spelling(name) or writing_problem(name)


def _spelling(name: str) -> str | None:
    if name.endswith(" "):
        return f"found {quoted(name)}; MySQL's names don't end with a space"
    for character in name:
        if not "\0" < character <= "\uffff":
            code = f"U+{ord(character):04X}"
            return f"found {code}; MySQL's names hold U+0001 to U+FFFF"
    return None


def writing_problem(name: str) -> str | None:
    """Tell why a name that the server knows can't be written into a procedure."""
    for character in name:
        if character in "\n\r":
            return f"found U+{ord(character):04X}, which breaks a line of SQL"
    if "`" in name and not name.isascii():
        return "found ` beside a letter beyond ASCII, which no procedure of MySQL takes"
    return None


def _repeated_names(declaration: Declaration) -> Iterator[str]:
    holders: dict[str, str] = {}
    for archive in declaration.archives:
        here = dotted("archive", archive.name)
        holder = _take(holders, archive.table, f"the root of {here}")
        if archive.table and holder:
            yield (
                f"{here}.table: {quoted(archive.table)} is {holder} already; "
                "declare one archive, whose finished takes in both"
            )
    for archive in declaration.archives:
        here = dotted("archive", archive.name)
        for relation in archive.relations:
            holder = _take(holders, relation.name, f"a relation of {here}")
            if relation.name and holder:
                yield (
                    f"{here}.relations.{bare(relation.name)}: the name is that of "
                    f"{holder} already; write {_line(archive, relation)}"
                )


def _take(holders: dict[str, str], name: str, holder: str) -> str | None:
    """Return who has a name already; else it's the holder's from now on."""
    other = holders.get(folded(name))
    if other is None:
        holders[folded(name)] = holder
    return other


def _line(archive: Archive, relation: Relation) -> str:
    """Write a relation under a name that nobody else has."""
    name = bare(f"{archive.name}_{relation.name}")
    only_named = Relation(
        name=relation.name,
        table=relation.table,
        paths=(RelationPath(of=archive.table),),
    )
    rest = "" if relation == only_named else ", ..."
    return f"{name} = {{ table = {quoted(relation.table)}{rest} }}"


def _repeated_procedures(declaration: Declaration) -> Iterator[str]:
    holders: dict[str, str] = {}
    for here, procedures in _procedures(declaration):
        for procedure in procedures:
            holder = _take(holders, procedure, here)
            if holder:
                yield (
                    f"{here}: its procedure {procedure} would be that of {holder} too; "
                    "choose another name"
                )
                break


def _procedures(declaration: Declaration) -> Iterator[tuple[str, list[str]]]:
    """List who needs which procedures; a name that is repeated counts once."""
    tables: dict[str, tuple[str, str]] = {}
    for archive in declaration.archives:
        here = dotted("archive", archive.name)
        yield here, [name.format(archive.name) for name in ARCHIVE_OBJECTS]
        if archive.table:
            tables.setdefault(folded(archive.table), (f"{here}.table", archive.table))
        for relation in archive.relations:
            tables.setdefault(
                folded(relation.name),
                (f"{here}.relations.{bare(relation.name)}", relation.name),
            )
    for here, table in tables.values():
        yield here, [name.format(table) for name in TABLE_PROCEDURES]


def folded(name: str) -> str:
    """Make equal what the server or a file system may take for equal.

    MySQL compares names of procedures without case and accents.
    """
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
