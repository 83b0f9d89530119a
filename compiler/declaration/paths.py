"""Read by which paths the rows of a relation reach their root."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from bygones.compiler.declaration.model import RelationPath
from bygones.compiler.declaration.predicates import JOINED, read_predicate
from bygones.compiler.declaration.table import Table, bare, dotted, quoted, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bygones.compiler.declaration.model import Archive, Declaration

PATH_KEYS = ("of", "on")


def read_paths(
    name: str, relation: Table, known: tuple[str, ...]
) -> tuple[RelationPath, ...]:
    """Read a relation's paths; `known` is the root's table, then all relations."""
    if "paths" in relation.values:
        return _several(name, relation, known)
    on = read_predicate(relation, "on", JOINED)
    ofs = _ofs(relation, known[0])
    if on is not None and len(ofs) > 1:
        first = f"{{ of = {quoted(ofs[0])}, on = {quoted(on)} }}"
        relation.refuse(
            "on",
            f"found beside several of; each needs its own: paths = [{first}, ...]",
        )
    for of in ofs:
        _check(relation, name, of, known)
    return tuple(RelationPath(of=of, on=on) for of in ofs)


def cycle_mistakes(declaration: Declaration) -> Iterator[str]:
    """Tell which relations lead to themselves instead of to the root."""
    for archive in declaration.archives:
        for cycle in _cycles(archive):
            yield (
                f"{dotted('archive', archive.name, 'relations', cycle[0])}: "
                f"found a cycle: {' of '.join(map(bare, cycle))}; "
                f"expected a way to the root, {quoted(archive.table)}"
            )


def _several(
    name: str, relation: Table, known: tuple[str, ...]
) -> tuple[RelationPath, ...]:
    for key in PATH_KEYS:
        if key in relation.values:
            relation.refuse(key, f"found beside paths; each path has its own {key}")
    paths = tuple(
        _path(name, path, known, f"paths[{number}]")
        for number, path in enumerate(relation.tables("paths"))
    )
    if len(set(paths)) < len(paths):
        relation.refuse("paths", "found one path twice; once is enough")
    return paths


def _path(name: str, path: Table, known: tuple[str, ...], place: str) -> RelationPath:
    path.refuse_unknown(PATH_KEYS)
    of = path.text("of") or known[0]
    _check(path, name, of, known)
    return RelationPath(of=of, on=read_predicate(path, "on", JOINED), place=place)


def _ofs(relation: Table, root: str) -> tuple[str, ...]:
    if isinstance(relation.values.get("of"), list):
        return relation.texts("of")
    return (relation.text("of", "a string or an array of strings") or root,)


def _check(table: Table, name: str, of: str, known: tuple[str, ...]) -> None:
    root, *relations = known
    # A relation can't have the root's name, but that is another mistake.
    if of == root:
        return
    if of == name:
        table.refuse(
            "of",
            "found the relation itself; where rows of one table point at each other, "
            "declare a second relation and name its table",
        )
    # Without its table the root has no name, and that is a mistake already.
    elif root and of not in known:
        others = [quoted(other) for other in relations if other != name]
        allowed = ", ".join([f"the root {quoted(root)}", *others])
        near = suggestion(of, [other for other in known if other != name])
        if quoted(root) not in near:
            near = near.replace("?)", ", or is that key misspelt?)")
        table.refuse("of", f"found {quoted(of)}{near}; expected one of {allowed}")


def _cycles(archive: Archive) -> Iterator[list[str]]:
    names = [relation.name for relation in archive.relations]
    graph = {
        relation.name: [
            of
            for of in dict.fromkeys(path.of for path in relation.paths)
            if of in names and of != relation.name
        ]
        for relation in archive.relations
    }
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            cycle = _from_the_first(error.args[1][::-1], names)
            graph[cycle[0]].remove(cycle[1])
            yield cycle
        else:
            return


def _from_the_first(cycle: list[str], names: list[str]) -> list[str]:
    """Begin a cycle with its relation that is declared first, and end it so."""
    start = cycle.index(min(cycle, key=names.index))
    return [*cycle[start:-1], *cycle[: start + 1]] if start else cycle
