<%! from bygones.migrations.autogenerate.revisions import body, docstring %>\
"""${docstring(message, details or ())}"""

from bygones.migrations import op
${imports if imports else ""}
revision: str = "${up_revision}"
down_revision: str | None = ${f'"{down_revision}"' if down_revision else None}


def upgrade() -> None:
    ${body(upgrades) if upgrades else "pass"}


def downgrade() -> None:
    ${body(downgrades) if downgrades else "pass"}
