"""What sql/control declares, read from its files: no test, no release has a list."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from bygones.sandbox.sample import SAMPLE, definitions, name_of, newest

# An archive's own lie in one folder.
GENERATED = {
    "copy_orders_chunk": "caller",
    "verify_orders_chunk": "caller",
    "split_orders": "owner",
}
# What a CALL of the sample may well say, by the name of the parameter.
TYPICAL = {
    "in_archive": "'orders'",
    "in_reason": "'a test'",
    "in_setting": "'pace'",
    "in_value": "50",
    "in_lanes": "2",
    "in_seconds": "25",
    "in_kind": "'copy'",
    "in_calls": "0",
    "in_roots": "0",
    "in_related_rows": "0",
}


@dataclass(frozen=True, slots=True)
class Public:
    """A procedure that an account calls."""

    name: str
    role: str
    parameters: tuple[str, ...]
    types: tuple[str, ...]

    def call(self, **arguments: str) -> str:
        """Write a CALL with what is typical, but for what is given."""
        known = TYPICAL | arguments
        values = [known.get(name, "NULL") for name in self.parameters]
        return f"CALL {self.name}({', '.join(values)})"


def _read() -> dict[str, Public]:
    found = {}
    for path in definitions("procedures/**/*.sql"):
        name = name_of(path)
        if name.startswith("_"):
            continue
        role = GENERATED.get(name, path.parent.name)
        head = path.read_text(encoding="utf-8").partition("\nSQL SECURITY ")[0]
        parameters = re.findall(
            r"\bIN (in_\w+) ([A-Z]+(?:\([\d, ]+\))?(?: UNSIGNED)?)", head
        )
        names, types = zip(*parameters, strict=True) if parameters else ((), ())
        found[name] = Public(name=name, role=role, parameters=names, types=types)
    return found


PUBLIC = _read()


def names_for(*roles: str) -> set[str]:
    """Name the procedures of some roles."""
    return {name for name, public in PUBLIC.items() if public.role in roles}


def settings() -> dict[str, dict[str, object]]:
    """Read what can be tuned, as _list_settings declares it."""
    text = newest("procedure", "_list_settings").text(SAMPLE)
    [declared] = re.findall(r"'(\[.*?\])'", text, re.DOTALL)
    return {each["name"]: each for each in json.loads(declared)}
