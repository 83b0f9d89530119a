"""Read the tables of a TOML file key by key, and note every mistake on the way."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bygones.compiler.errors import MigrationError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

# What the parser says where a string's second quote is missing.
UNCLOSED = {r"Illegal character '\n'", "Unterminated string", 'Expected "\'"'}


# Controls, ends of lines, and what turns the direction of text round.
UNSEEN = re.compile(r"[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of the file, where it stands, and the list of the file's mistakes.

    What reads a key returns None, or nothing, where the key is missing and where its
    value is wrong, so that reading goes on to the next mistake.
    """

    values: Mapping[str, object]
    mistakes: list[str]
    path: str = ""

    def refuse(self, key: str, problem: str) -> None:
        """Note a mistake in a key of this table."""
        self.mistakes.append(f"{self._path(key)}: {problem}")

    def refuse_unknown(self, known: Collection[str]) -> None:
        """Note the keys that nobody would read."""
        for key in self.values:
            if key not in known:
                near = suggestion(key, known)
                self.refuse(key, f"unknown key{near}; known here: {', '.join(known)}")

    def require(self, key: str, example: str) -> None:
        """Note that a key is missing, if it is."""
        if key not in self.values:
            self.refuse(key, f"missing; an example: {key} = {example}")

    def text(self, key: str, expected: str = "a string") -> str | None:
        """Read a string that isn't empty."""
        if key not in self.values:
            return None
        return self._text(key, self.values[key], expected)

    def texts(self, key: str) -> tuple[str, ...]:
        """Read an array of strings, none of them twice."""
        texts: dict[str, str] = {}
        for value in self._array(key, "strings"):
            text = self._text(key, value, "an array of strings")
            if text is not None and text.casefold() in texts:
                self.refuse(key, f"found {quoted(text)} twice; once is enough")
            elif text is not None:
                texts[text.casefold()] = text
        return tuple(texts.values())

    def number(self, key: str, *, most: int) -> int | None:
        """Read a whole number from 1 to the most that is allowed."""
        if key not in self.values:
            return None
        value = self.values[key]
        # bool is an int in Python, but not to the author of the file.
        if type(value) is int and 1 <= value <= most:
            return value
        self.refuse(
            key, f"found {shown(value)}; expected a whole number from 1 to {most}"
        )
        return None

    def flag(self, key: str) -> bool | None:
        """Read true or false."""
        value = self.values.get(key)
        if value is None or isinstance(value, bool):
            return value
        self.refuse(key, f"found {shown(value)}; expected true or false")
        return None

    def table(self, key: str, example: str) -> Table | None:
        """Read a table."""
        if key not in self.values:
            return None
        value = self.values[key]
        if isinstance(value, dict):
            return Table(values=value, mistakes=self.mistakes, path=self._path(key))
        self.refuse(key, f"found {shown(value)}; expected a table, such as {example}")
        return None

    def subtables(self, example: str) -> Iterator[tuple[str, Table]]:
        """Read all keys as tables, with their names."""
        for key in self.values:
            table = self.table(key, example)
            if table is not None:
                yield key, table

    def tables(self, key: str) -> Iterator[Table]:
        """Read an array of tables; each is known by its number, from 0."""
        for number, value in enumerate(self._array(key, "tables")):
            if isinstance(value, dict):
                path = f"{self._path(key)}[{number}]"
                yield Table(values=value, mistakes=self.mistakes, path=path)
            else:
                self.refuse(key, f"found {shown(value)}; expected an array of tables")

    def _path(self, key: str) -> str:
        return f"{self.path}.{bare(key)}" if self.path else bare(key)

    def _text(self, key: str, value: object, expected: str) -> str | None:
        if not isinstance(value, str):
            self.refuse(key, f"found {shown(value)}; expected {expected}")
        elif not value.strip():
            self.refuse(key, f"found an empty string; expected {expected} with text")
        else:
            return value
        return None

    def _array(self, key: str, of: str) -> list[object]:
        value = self.values.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.refuse(key, f"found {shown(value)}; expected an array of {of}")
            return []
        if not value:
            self.refuse(key, "found an empty array; fill it or leave the key out")
        return value


def load(path: Path) -> dict[str, object]:
    """Read a TOML file; where it can't be read as one, say at which place."""
    try:
        # Some editors begin a file with a byte order mark, which isn't the writer's.
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise MigrationError(f"{path} can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise MigrationError(f"{path.name}: line {line}: not UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        text, _, place = str(error).removesuffix(")").rpartition(" (at ")
        text = "a string isn't closed" if text in UNCLOSED else text
        raise MigrationError(f"{path.name}: {place}: not TOML: {text}") from error


def dotted(*keys: str) -> str:
    """Write the path of a key as TOML does."""
    return ".".join(map(bare, keys))


def bare(key: str) -> str:
    """Write a key as TOML does, in quotes only where it needs them."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else quoted(key)


def quoted(text: str) -> str:
    """Write a string as TOML does, and JSON and Python too.

    What a screen wouldn't show, or would let other text look different by, is escaped.
    """
    written = json.dumps(text, ensure_ascii=False)
    return UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def printable(text: str) -> str:
    """Write somebody else's text in a line: no sign of it moves a screen's cursor."""
    return UNSEEN.sub("?", re.sub(r"[\x00-\x1f]", "?", text))


def suggestion(found: str, known: Collection[str]) -> str:
    """Ask for the one that was probably meant, if there is one."""
    lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(found.lower(), lower, n=1)
    return f" (did you mean {quoted(lower[near[0]])}?)" if near else ""


def shown(value: object) -> str:
    """Describe a value of the wrong kind."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f"the string {quoted(value)}"
        case int() | float():
            return f"the number {value}"
        case list():
            return "an array"
        case dict():
            return "a table"
    return f"the time {value}"
