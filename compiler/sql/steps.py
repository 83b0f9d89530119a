"""Write the procedures, functions, triggers and the event of an archive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bygones.compiler.aggregate.model import CHUNK, ORDINAL, VERSION
from bygones.compiler.sql.identifiers import name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bygones.compiler.aggregate.model import Relation
    from bygones.compiler.sql.checks import Checks
    from bygones.compiler.sql.objects import Generated
    from bygones.compiler.sql.writer import Writer

# The steps of a chunk that every archive has, and their templates.
CHUNK_STEPS = (
    ("_advance_in_{}", "advance.sql.j2"),
    ("_bound_{}", "bound.sql.j2"),
    ("_choose_new_{}", "choose_new.sql.j2"),
    ("_choose_waiting_{}", "choose_waiting.sql.j2"),
    ("_compare_{}_chunk", "compare_chunk.sql.j2"),
    ("_count_due_{}", "count_due.sql.j2"),
    ("_fill_{}_chunk", "fill_chunk.sql.j2"),
    ("_find_new_{}", "find_new.sql.j2"),
    ("_fit_{}", "fit.sql.j2"),
    ("_forget_waiting_{}", "forget_waiting.sql.j2"),
    ("_find_work_in_{}", "find_work.sql.j2"),
    ("_mark_{}_lanes", "mark_lanes.sql.j2"),
    ("_name_first_{}", "name_first.sql.j2"),
    ("_note_{}", "note.sql.j2"),
    ("_step_back_{}", "step_back.sql.j2"),
    ("_uninstall_{}", "uninstall.sql.j2"),
    ("_update_waiting_{}", "update_waiting.sql.j2"),
    ("_scan_{}", "scan.sql.j2"),
    ("_work_in_{}", "work_in.sql.j2"),
    ("split_{}", "split.sql.j2"),
)


@dataclass(frozen=True, slots=True)
class Steps:
    """What copies and verifies one archive, and keeps history as it is."""

    _sql: Writer
    _checks: Checks

    def procedures(self) -> Iterator[Generated]:
        """Write the procedures."""
        archive = self._sql.aggregate.name
        yield self._sql.procedure(f"copy_{archive}_chunk", "copy_chunk.sql.j2")
        yield self._sql.generated(
            "function", f"_copy_{archive}_at_once", "copy_at_once.sql.j2"
        )
        yield self._sql.procedure(
            f"_check_{archive}_source", "check_source.sql.j2", **self._checks.known()
        )
        yield self._sql.procedure(
            f"_fence_{archive}", "fence.sql.j2", fenced=list(self._checks.fenced())
        )
        yield self._sql.procedure(
            f"_check_{archive}_keys", "check_keys.sql.j2", **self._checks.telling()
        )
        weighed = {"counted_bytes": self._sql.weighing.large_bytes()}
        for pattern, template in CHUNK_STEPS:
            yield self._sql.procedure(pattern.format(archive), template)
        if self._sql.aggregate.changed_at:
            yield self._sql.procedure(f"_note_changed_{archive}", "note_changed.sql.j2")
        if self._sql.weighing.is_heavy:
            yield self._sql.procedure(
                f"_count_bytes_{archive}", "count_bytes.sql.j2", **weighed
            )
            yield self._sql.procedure(
                f"_bytes_waiting_{archive}", "bytes_waiting.sql.j2", **weighed
            )
        root = self._sql.aggregate.root
        kept = root.kept
        inserted = {
            "columns": [*(name(each.name) for each in kept), VERSION, CHUNK],
            "values": [
                *(f"s.{name(each.column.name)}" for each in kept),
                "1",
                "in_chunk_id",
            ],
        }
        yield self._sql.procedure(f"_copy_{root.name}", "copy_roots.sql.j2", **inserted)
        yield self._sql.procedure(f"_copy_new_{archive}", "copy_new.sql.j2", **inserted)
        yield self._sql.procedure(
            f"_copy_waiting_{archive}", "copy_waiting.sql.j2", **inserted
        )
        for member in self._sql.common.compared:
            yield self._sql.procedure(
                f"_compare_{member.name}", "compare_member.sql.j2", member=member
            )
        for relation in self._sql.aggregate.relations:
            yield self._copy(relation)
        yield from self._verifying()

    def _verifying(self) -> Iterator[Generated]:
        """Write the procedures that compare history with the source of today."""
        archive = self._sql.aggregate.name
        yield self._sql.procedure(f"verify_{archive}_chunk", "verify_chunk.sql.j2")
        yield self._sql.procedure(f"_verify_{archive}_history", "verify_history.sql.j2")
        yield self._sql.generated(
            "function", f"_verify_{archive}_at_once", "verify_at_once.sql.j2"
        )
        yield self._sql.procedure(f"_find_missing_{archive}", "find_missing.sql.j2")

    def _copy(self, relation: Relation) -> Generated:
        clause = self._sql.reach.copied_from(relation)
        root = list(clause.root)
        ordinal = (
            f"ROW_NUMBER() OVER (PARTITION BY {', '.join(root)} ORDER BY {root[0]})"
        )
        ordinals = [(ORDINAL, ordinal)] if relation.has_ordinal else []
        without = f" without {', '.join(relation.without)}" if relation.without else ""
        return self._sql.procedure(
            f"_copy_{relation.name}",
            "copy_relation.sql.j2",
            relation=relation,
            comment=f"Copy the {relation.name} of a chunk's roots{without}.",
            **{"from": clause},
            columns=[
                *self._sql.root_columns,
                VERSION,
                *(column for column, _ in ordinals),
                *(name(kept.name) for kept in relation.kept),
            ],
            values=[
                *root,
                clause.version,
                *(value for _, value in ordinals),
                *(f"s.{name(kept.column.name)}" for kept in relation.kept),
            ],
        )

    def triggers(self) -> Iterator[Generated]:
        """Write the triggers that refuse to change or delete history."""
        for member in self._sql.aggregate.members:
            for event, verb in (("update", "changed"), ("delete", "deleted")):
                trigger = f"{member.history}_before_{event}"
                yield self._sql.generated(
                    "trigger",
                    trigger,
                    "trigger.sql.j2",
                    trigger=trigger,
                    member=member,
                    event=event,
                    verb=verb,
                )

    def event(self) -> Generated:
        """Write the event by which the server's own scheduler copies."""
        name_ = f"copy_{self._sql.aggregate.name}_event"
        return self._sql.generated("event", name_, "event.sql.j2", event=name_)
