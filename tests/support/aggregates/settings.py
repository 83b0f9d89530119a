"""Settings that a server may have, each of which has broken something somewhere.

docs/settings.md is made of this table: `python -m tests.support.aggregates.settings`
writes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from bygones.sandbox.shop import PROJECT

DOCUMENT = PROJECT / "docs" / "settings.md"

BOTH = ("mysql", "mariadb")
MYSQL, MARIADB = ("mysql",), ("mariadb",)
TITLES = {BOTH: "both", MYSQL: "MySQL", MARIADB: "MariaDB"}

# What holds it.
SESSION = "pinned: every session of ours"
MIGRATION = "pinned: sessions that migrate"
OWN = "each procedure sets its own"
STORED = "stored with each procedure"
SPELT = "spelt out in what is created"
HARMLESS = "changes nothing of ours"
PINNED_BUT_BY_HAND = f"{SESSION}; CALLs by hand fail, see below"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A variable and the value, as SQL, that a server is set to."""

    group: str
    name: str
    value: str
    held: str
    families: tuple[str, ...] = BOTH
    # By SET GLOBAL, or in every session that isn't a superuser's.
    by_init_connect: bool = False
    # The first version that knows it, where that isn't the oldest one.
    since: str = ""

    def __str__(self) -> str:
        """Write it as in a server's configuration."""
        return f"{self.name} = {self.value}"


def _group(
    group: str, *settings: tuple[str, str, str, tuple[str, ...]]
) -> list[Setting]:
    return [
        Setting(
            group=group,
            name=name.removeprefix("init_connect: "),
            value=value,
            held=held,
            families=families,
            by_init_connect=name.startswith("init_connect: "),
        )
        for name, value, held, families in settings
    ]


# By groups, of which each is tried at once: none hides what another one does.
SETTINGS = (
    *_group(
        "transactions",
        ("autocommit", "0", SESSION, BOTH),
        ("completion_type", "'RELEASE'", SESSION, BOTH),
        ("transaction_isolation", "'SERIALIZABLE'", f"{OWN}; {MIGRATION}", MYSQL),
        ("transaction_read_only", "1", f"{OWN}; {MIGRATION}", MYSQL),
        ("tx_isolation", "'SERIALIZABLE'", f"{OWN}; {MIGRATION}", MARIADB),
        ("tx_read_only", "1", f"{OWN}; {MIGRATION}", MARIADB),
        ("innodb_snapshot_isolation", "1", OWN, MARIADB),
        ("binlog_format", "'MIXED'", "copied as rows; STATEMENT is refused", BOTH),
        ("binlog_row_image", "'MINIMAL'", HARMLESS, BOTH),
    ),
    *_group(
        "modes",
        (
            "sql_mode",
            "'ANSI,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH'",
            f"{SESSION}; {STORED}",
            BOTH,
        ),
        ("init_connect: sql_safe_updates", "1", HARMLESS, BOTH),
        ("init_connect: sql_notes", "0", HARMLESS, BOTH),
        ("sql_quote_show_create", "0", SESSION, BOTH),
        ("foreign_key_checks", "0", HARMLESS, BOTH),
        ("unique_checks", "0", HARMLESS, BOTH),
        ("low_priority_updates", "1", HARMLESS, BOTH),
        ("event_scheduler", "OFF", "only `copy_<archive>_event` needs it", BOTH),
        ("local_infile", "0", HARMLESS, BOTH),
        ("auto_increment_increment", "7", HARMLESS, BOTH),
        ("auto_increment_offset", "3", HARMLESS, BOTH),
        ("old_mode", "'NO_PROGRESS_INFO'", HARMLESS, MARIADB),
        ("system_versioning_alter_history", "'KEEP'", HARMLESS, MARIADB),
        ("init_connect: sql_if_exists", "1", SESSION, MARIADB),
        ("show_gipk_in_create_table_and_information_schema", "1", HARMLESS, MYSQL),
    ),
    *_group(
        "limits",
        ("sql_select_limit", "6", SESSION, BOTH),
        ("max_join_size", "2", PINNED_BUT_BY_HAND, BOTH),
        ("max_execution_time", "1", f"{SESSION}; CALLs have no limit", MYSQL),
        ("max_statement_time", "0.001", PINNED_BUT_BY_HAND, MARIADB),
        ("max_error_count", "0", PINNED_BUT_BY_HAND, MARIADB),
        ("system_versioning_asof", "'2020-01-01'", PINNED_BUT_BY_HAND, MARIADB),
        ("sort_buffer_size", "32768", PINNED_BUT_BY_HAND, BOTH),
        ("optimizer_search_depth", "1", f"{SESSION}; CALLs by hand are slow", BOTH),
        ("wait_timeout", "1", SESSION, BOTH),
        ("lock_wait_timeout", "1", SESSION, BOTH),
        ("innodb_lock_wait_timeout", "1", SESSION, BOTH),
        ("net_write_timeout", "1", HARMLESS, BOTH),
        ("net_read_timeout", "1", HARMLESS, BOTH),
        ("idle_transaction_timeout", "1", HARMLESS, MARIADB),
        ("cte_max_recursion_depth", "0", HARMLESS, MYSQL),
        ("max_recursive_iterations", "0", HARMLESS, MARIADB),
    ),
    *_group(
        "tables",
        ("innodb_default_row_format", "'COMPACT'", SPELT, BOTH),
        ("default_storage_engine", "'MyISAM'", f"{SPELT}; {MIGRATION}", BOTH),
        ("default_tmp_storage_engine", "'MyISAM'", HARMLESS, BOTH),
        ("character_set_server", "'latin1'", SPELT, BOTH),
        ("explicit_defaults_for_timestamp", "0", SPELT, BOTH),
        ("sql_require_primary_key", "1", SPELT, MYSQL),
        ("sql_generate_invisible_primary_key", "1", SPELT, MYSQL),
        ("innodb_force_primary_key", "1", SPELT, MARIADB),
        ("innodb_strict_mode", "0", SPELT, BOTH),
        ("innodb_file_per_table", "0", HARMLESS, BOTH),
        ("big_tables", "1", HARMLESS, BOTH),
    ),
    *_group(
        "texts",
        ("sql_mode", "''", f"{SESSION}; {STORED}", BOTH),
        ("innodb_default_row_format", "'REDUNDANT'", SPELT, BOTH),
        ("init_connect: NAMES", "latin1", f"{SESSION}; {STORED}", BOTH),
        ("collation_server", "'utf8mb4_swedish_ci'", SPELT, BOTH),
        (
            "default_collation_for_utf8mb4",
            "'utf8mb4_general_ci'",
            f"{STORED}; {SPELT}",
            MYSQL,
        ),
        ("time_zone", "'+13:00'", SESSION, BOTH),
        ("lc_time_names", "'de_DE'", HARMLESS, BOTH),
        ("default_week_format", "6", HARMLESS, BOTH),
        ("group_concat_max_len", "4", HARMLESS, BOTH),
        ("div_precision_increment", "0", HARMLESS, BOTH),
        ("sql_auto_is_null", "1", HARMLESS, BOTH),
        ("max_sort_length", "4", HARMLESS, MYSQL),
        ("max_sort_length", "64", HARMLESS, MARIADB),
    ),
    Setting(
        group="texts",
        name="character_set_collations",
        value="'utf8mb4=utf8mb4_turkish_ci'",
        held=f"{STORED}; {SPELT}",
        families=MARIADB,
        since="11.2",
    ),
    *_group(
        "plans",
        ("tmp_table_size", "1024", HARMLESS, BOTH),
        ("max_heap_table_size", "16384", HARMLESS, BOTH),
        ("join_buffer_size", "128", HARMLESS, BOTH),
        ("eq_range_index_dive_limit", "1", HARMLESS, BOTH),
        ("range_optimizer_max_mem_size", "1", HARMLESS, MYSQL),
        ("optimizer_prune_level", "0", HARMLESS, BOTH),
        ("max_seeks_for_key", "1", HARMLESS, BOTH),
        (
            "optimizer_switch",
            (
                "'derived_merge=off,materialization=off,semijoin=off,index_merge=off,"
                "mrr=on,mrr_cost_based=off'"
            ),
            HARMLESS,
            BOTH,
        ),
        (
            "optimizer_switch",
            (
                "'batched_key_access=on,derived_condition_pushdown=off,"
                "prefer_ordering_index=off'"
            ),
            HARMLESS,
            MYSQL,
        ),
        (
            "optimizer_switch",
            (
                "'optimize_join_buffer_size=off,split_materialized=off,rowid_filter=off,"
                "condition_pushdown_for_derived=off'"
            ),
            HARMLESS,
            MARIADB,
        ),
        ("join_cache_level", "8", HARMLESS, MARIADB),
        ("use_stat_tables", "'NEVER'", HARMLESS, MARIADB),
        ("innodb_table_locks", "0", HARMLESS, BOTH),
    ),
)


# What can be set at the start alone, or was there when the server was made.
STARTED_WITH = {
    "lower-case-table-names=1": HARMLESS,
    "event-scheduler=DISABLED": (
        "MariaDB: the event is left out, with a warning; nothing else needs it"
    ),
    "innodb-autoinc-lock-mode=0": HARMLESS,
    "innodb-default-row-format=redundant": SPELT,
    "skip-log-bin": HARMLESS,
    "performance-schema=OFF": HARMLESS,
}

# What a session must not be set to that CALLs by hand: the statement to say again with
# another value, and what it's answered until then.
BY_HAND = (
    ("max_join_size = 2", BOTH, 1104, "SET sql_big_selects = 1"),
    ("max_statement_time = 0.001", MARIADB, 1969, "SET max_statement_time = 0"),
    ("max_error_count = 0", MARIADB, 30019, "SET max_error_count = 64"),
    (
        "system_versioning_asof = '2020-01-01'",
        MARIADB,
        30014,
        "SET system_versioning_asof = DEFAULT",
    ),
)


def of_family(family: str) -> dict[str, list[Setting]]:
    """Return the groups of what a family of servers can be set to."""
    able = [setting for setting in SETTINGS if family in setting.families]
    return {name: list(group) for name, group in groupby(able, lambda each: each.group)}


def tables() -> tuple[str, ...]:
    """Write the tables of the document."""
    lines = ["| setting | tried | servers | what holds |", "|---|---|---|---|"]
    for each in SETTINGS:
        since = f" from {each.since}" if each.since else ""
        name = f"`{each.name}`" + (" by `init_connect`" if each.by_init_connect else "")
        servers = f"{TITLES[each.families]}{since}"
        lines.append(f"| {name} | `{each.value}` | {servers} | {each.held} |")
    started = ["| at the start | what holds |", "|---|---|"]
    started += [f"| `{option}` | {held} |" for option, held in STARTED_WITH.items()]
    by_hand = ["| session | servers | answer | way out |", "|---|---|---|---|"]
    for setting, families, errno, way_out in BY_HAND:
        by_hand.append(f"| `{setting}` | {TITLES[families]} | {errno} | `{way_out}` |")
    return "\n".join(lines), "\n".join(started), "\n".join(by_hand)


def with_tables(text: str) -> str:
    """Put the tables in the place of those that the document has."""
    for each in tables():
        head = each.partition("\n")[0]
        before, _, rest = text.partition(head)
        text = before + each + "\n\n" + rest.partition("\n\n")[2]
    return text


if __name__ == "__main__":
    DOCUMENT.write_text(with_tables(DOCUMENT.read_text("utf-8")), encoding="utf-8")
