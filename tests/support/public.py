"""What sql/control declares, read from its files, so that no test has a list of it."""

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
}


@dataclass(frozen=True, slots=True)
class Public:
    """A procedure that an account calls."""

    name: str
    role: str
    parameters: tuple[str, ...]

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
        parameters = re.findall(r"\bIN (in_\w+)", head)
        found[name] = Public(name=name, role=role, parameters=tuple(parameters))
    return found


PUBLIC = _read()


def names_for(*roles: str) -> set[str]:
    return {name for name, public in PUBLIC.items() if public.role in roles}


def settings() -> dict[str, dict[str, object]]:
    """Read what can be tuned, as _list_settings declares it."""
    text = newest("procedure", "_list_settings").text(SAMPLE)
    [declared] = re.findall(r"'(\[.*?\])'", text, re.DOTALL)
    return {each["name"]: each for each in json.loads(declared)}
