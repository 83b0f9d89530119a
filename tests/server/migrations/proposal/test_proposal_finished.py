"""What is finished is guessed by names, and never so that everything would be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bygones.compiler.errors import MigrationError
from tests.support.migrations.proposal.sources import Source, line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROOTS = (
    """
    CREATE TABLE enums (
        id INT PRIMARY KEY,
        state ENUM ('Open', 'a''done, b', 'not delivered', 'part-shipped', 'VOID'),
        address_state ENUM ('closed') NULL,
        enum_status ENUM ('new') NULL
    )
    """,
    "CREATE TABLE texts (id INT PRIMARY KEY, text_status VARCHAR(40) NULL)",
    r"""
    INSERT INTO texts VALUES
    (1, 'wc-completed'), (2, 'wc-new'), (3, 'wc-new'), (4, NULL), (5, 'it\\''s done'),
    (6, 'a\nb')
    """,
    "CREATE TABLE many (id INT PRIMARY KEY, status VARCHAR(40), `closed` BIT(1))",
    f"INSERT INTO many VALUES {', '.join(f'({n}, {n}, 1)' for n in range(30))}",
    "CREATE TABLE numbers (id INT PRIMARY KEY, state TINYINT NOT NULL)",
    "INSERT INTO numbers VALUES (1, 0), (2, 1), (3, 1)",
    "CREATE TABLE steps (id INT PRIMARY KEY, code CHAR(4), name VARCHAR(20))",
    """
    INSERT INTO steps VALUES (1, 'n', 'new'), (4, 'd', 'delivered'), (7, 'c', 'closed')
    """,
    """
    CREATE TABLE lookups (
        id INT PRIMARY KEY, status_id INT, changed_on DATE, created_at TIMESTAMP NULL,
        FOREIGN KEY (status_id) REFERENCES steps (id)
    )
    """,
    "CREATE TABLE stages (id INT PRIMARY KEY, name VARCHAR(20))",
    f"INSERT INTO stages VALUES {', '.join(f'({n}, {n})' for n in range(21))}",
    """
    CREATE TABLE moments (
        id INT PRIMARY KEY, closed_at DATETIME, canceled DATE, stage_id INT,
        FOREIGN KEY (stage_id) REFERENCES stages (id)
    )
    """,
    """
    CREATE TABLE rivals (
        id INT PRIMARY KEY, status ENUM ('new', 'old'), paper_status ENUM ('x', 'done'),
        billing_state ENUM ('closed')
    )
    """,
    "CREATE TABLE flags (id INT PRIMARY KEY, is_done TINYINT(1), is_paid TINYINT(1))",
    "CREATE TABLE nothing (id INT PRIMARY KEY, edit INT, closed_at DATETIME NOT NULL)",
    "CREATE TABLE empties (id INT PRIMARY KEY, status CHAR(4))",
    "CREATE TABLE codes (code CHAR(4) PRIMARY KEY, title VARCHAR(20))",
    "INSERT INTO codes VALUES ('d', 'Done'), ('n', 'New')",
    """
    CREATE TABLE coded (
        id INT PRIMARY KEY, status CHAR(4),
        FOREIGN KEY (status) REFERENCES codes (code)
    )
    """,
    "CREATE TABLE phases (id INT PRIMARY KEY)",
    "INSERT INTO phases VALUES (1)",
    """
    CREATE TABLE unnamed (
        id INT PRIMARY KEY, phase_id INT, FOREIGN KEY (phase_id) REFERENCES phases (id)
    )
    """,
    "INSERT INTO unnamed VALUES (1, 1)",
)


@pytest.fixture(scope="module")
def source(make_source: Callable[[Iterable[str]], Source]) -> Source:
    return make_source(ROOTS)


@pytest.mark.parametrize(
    ("root", "finished", "comment"),
    [
        (
            "enums",
            "state IN ('a''done, b', 'VOID')",
            "# state is one of 'Open', 'a''done, b', 'not delivered', 'part-shipped',",
        ),
        (
            "texts",
            r"text_status IN ('it\\\\''s done', 'wc-completed')",
            r"# text_status holds, in all 6 rows: 'wc-new' (2), NULL (1), 'a?b' (1),",
        ),
        ("many", "closed = 1", "# A guess by names."),
        (
            "lookups",
            "status_id IN (4, 7)",
            "# status_id points at steps, by name: 1 new, 4 delivered, 7 closed.",
        ),
        (
            "moments",
            "closed_at IS NOT NULL OR canceled IS NOT NULL",
            "# stage_id holds nothing yet.\n# A guess by names.",
        ),
        (
            "rivals",
            "paper_status = 'done'",
            "# status is one of 'new', 'old'.\n# paper_status is one of 'x', 'done'.",
        ),
        ("flags", "is_done = 1", "# A guess by names."),
        (
            "coded",
            "status = 'd'",
            "# status points at codes, by title: 'd' Done, 'n' New.",
        ),
        ("unnamed", "EDIT ME", "# phase_id holds, in all 1 rows: 1 (1)."),
        ("empties", "EDIT ME", "# status holds nothing yet."),
        ("numbers", "EDIT ME", "# state holds, in all 3 rows: 1 (2), 0 (1)."),
        ("nothing", "EDIT ME", "# Which rows of nothing are finished?"),
    ],
)
def test_a_guess_comes_with_what_it_is_guessed_by(
    source: Source, root: str, finished: str, comment: str
) -> None:
    text = source.propose(root)

    assert line(text, "finished") == f'finished = "{finished}"'
    assert f"\n{comment}" in text
    source.resolve(text)


def test_without_a_guess_the_file_is_refused_until_it_is_edited(source: Source) -> None:
    text = source.propose("nothing")

    with pytest.raises(MigrationError) as refused:
        source.resolve(text, finished="EDIT ME")

    assert "archives.toml: archive.nothing.finished: " in str(refused.value)
    source.resolve(text, finished="edit = 7")


def test_moments_at_rest_are_offered_with_the_likeliest_first(source: Source) -> None:
    text = source.propose("lookups")

    assert line(text, "settled") == '#settled = { column = "changed_on", days = 30 }'
    assert "\n# And at rest for so long; or by created_at.\n" in text
