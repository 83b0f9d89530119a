"""Follow what a dump sets for its session, as far as its text depends on it.

Nothing of it is ever set: the rehearsal's session has modes and a time zone of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bygones.sandbox.rehearsal.lexing import Token

MODES, CHARSET = "SQL_MODE", "CHARACTER_SET_CLIENT"
DEFAULTS = {MODES: "", CHARSET: "utf8mb4"}

# Of the session, and what dumps say of the server that they are of; names of users'
# own variables.
OF_SESSION = re.compile(
    r"(?:@ @ )?(?:(?:SESSION|LOCAL) (?:\. )?)?(?!ROLE|PASSWORD)(\w+)"
)
OF_SERVER = re.compile(r"(?:@ @ )?GLOBAL (?:\. )?GTID_(?:PURGED|SLAVE_POS)")
OF_USER = re.compile(r"@ (\S+)")
OR_ELSE = re.compile(r"IFNULL \( @ (\S+) , .* \)")
# A number, a word, strings beside each other.
PLAIN = re.compile(r"(?:- )?[\w.]+|(?:<string> ?)+")


@dataclass(slots=True)
class Settings:
    """What holds at one place of a dump."""

    session: dict[str, str] = field(default_factory=lambda: dict(DEFAULTS))
    users: dict[str, str] = field(default_factory=dict)

    @property
    def modes(self) -> frozenset[str]:
        """Name the modes of SQL."""
        return frozenset(re.findall(r"\w+", self.session[MODES].upper()))

    @property
    def charset(self) -> str:
        """Name the character set that the text is in."""
        return self.session[CHARSET].lower()

    def take(self, tokens: Sequence[Token]) -> bool:
        """Take a SET; or tell that no dump sets such a thing for its session."""
        said = [token.said for token in tokens[1:]]
        match said:
            case ["NAMES", _] | ["NAMES", _, "COLLATE", _]:
                self.session[CHARSET] = tokens[2].value
                return True
            case ["CHARACTER", "SET", _] | ["CHARSET", _]:
                self.session[CHARSET] = tokens[-1].value
                return True
        return all([self._assign(each) for each in _separate(tokens[1:])])  # noqa: C419 - each, for what it sets

    def _assign(self, tokens: Sequence[Token]) -> bool:
        said = [token.said for token in tokens]
        place = next((n for n, each in enumerate(said) if each in {"=", ":="}), 0)
        target, value = " ".join(said[:place]), tokens[place + 1 :]
        if user := OF_USER.fullmatch(target):
            known = self._evaluate(value)
            self.users[user[1]] = known or ""
            return known is not None
        if OF_SERVER.fullmatch(target):
            return PLAIN.fullmatch(_said(value)) is not None
        session = OF_SESSION.fullmatch(target)
        known = self._evaluate(value)
        if session is None or known is None:
            return False
        name = session[1]
        if name in DEFAULTS:
            self.session[name] = DEFAULTS[name] if known in {"", "DEFAULT"} else known
        # As a number it's a sum of modes.
        return name != MODES or not known.isdecimal() or known == "0"

    def _evaluate(self, tokens: Sequence[Token]) -> str | None:
        """Tell a value, or nothing where it isn't plainly said."""
        said = _said(tokens)
        if user := OF_USER.fullmatch(said):
            return self.users.get(user[1], "")
        if either := OR_ELSE.fullmatch(said):
            return self.users.get(either[1]) or self._evaluate(tokens[5:-1])
        session = OF_SESSION.fullmatch(said)
        if session and said.startswith("@ @"):
            return self.session.get(session[1], "")
        if PLAIN.fullmatch(said):
            return "".join(token.value for token in tokens)
        return None


def _said(tokens: Sequence[Token]) -> str:
    return " ".join(
        token.text if token.kind == "number" else token.said for token in tokens
    )


def _separate(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """Separate at the commas that aren't in brackets."""
    depth, start = 0, 0
    for place, token in enumerate(tokens):
        depth += (token.text == "(") - (token.text == ")")
        if token.text == "," and depth == 0:
            yield tokens[start:place]
            start = place + 1
    yield tokens[start:]
