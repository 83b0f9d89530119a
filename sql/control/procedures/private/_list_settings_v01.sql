CREATE PROCEDURE pharmacy_history._list_settings (
    OUT out_settings TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
NO SQL
SQL SECURITY INVOKER
COMMENT 'List what tune_archive sets, as JSON: columns of archive, and what they mean.'
BEGIN
    SET out_settings = '[
        {
            "name": "max_threads_running", "default": 25, "nullable": 1,
            "lowest": 1, "highest": 100000, "unit": "threads",
            "meaning": "no chunk starts while Threads_running is above it"
        },
        {
            "name": "max_row_lock_waits", "default": 10, "nullable": 1,
            "lowest": 0, "highest": 100000, "unit": "sessions",
            "meaning": "no chunk starts while more wait for a row lock"
        },
        {
            "name": "max_history_list_length", "default": 1000000, "nullable": 1,
            "lowest": 0, "highest": 4000000000, "unit": "transactions",
            "meaning": "no chunk starts while InnoDB has more of them to purge"
        },
        {
            "name": "max_replica_lag_seconds", "default": 1, "nullable": 1,
            "lowest": 0, "highest": 86400, "unit": "seconds",
            "meaning": "the runner waits while a replica that it knows is further behind"
        },
        {
            "name": "target_ms", "default": 200, "nullable": 0,
            "lowest": 20, "highest": 5000, "unit": "milliseconds",
            "meaning": "how much work before COMMIT a chunk aims at"
        },
        {
            "name": "pace", "default": 100, "nullable": 0,
            "lowest": 10, "highest": 100, "unit": "percent",
            "meaning": "of the time that copying may take; the runner rests in between"
        },
        {
            "name": "max_size", "default": 10000, "nullable": 0,
            "lowest": 1, "highest": 10000, "unit": "roots",
            "meaning": "the most in a chunk, unless a CALL asks for another number"
        },
        {
            "name": "max_root_rows", "default": 1000000, "nullable": 0,
            "lowest": 1, "highest": 1000000000, "unit": "rows",
            "meaning": "the most that a root may have, of all relations; else quarantined"
        },
        {
            "name": "prove_every", "default": 16, "nullable": 0,
            "lowest": 1, "highest": 1000000, "unit": "chunks",
            "meaning": "one in so many is compared with its source; 1: every one"
        },
        {
            "name": "waiting_cap", "default": 250000, "nullable": 0,
            "lowest": 1, "highest": 100000000, "unit": "roots",
            "meaning": "the most that a lane notes as waiting; past it, rechecks become scans"
        }
    ]';
END;
