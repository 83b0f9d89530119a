CREATE PROCEDURE pharmacy_history._unregister_archive (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Take an archive off the control tables, with its log.'
BEGIN
    -- In the order in which a pass is opened: the archive, then its lanes.
    DELETE FROM archive WHERE name = in_archive;
    DELETE FROM setting WHERE archive = in_archive;
    DELETE FROM lane WHERE archive = in_archive;
    DELETE FROM lane_sample WHERE archive = in_archive;
    DELETE FROM waiting_root WHERE archive = in_archive;
    DELETE FROM verification WHERE archive = in_archive;
    DELETE FROM verified WHERE archive = in_archive;
    DELETE FROM finding WHERE archive = in_archive;
    DELETE FROM suspect WHERE archive = in_archive;
    DELETE FROM run WHERE archive = in_archive;
    DELETE FROM failure WHERE archive = in_archive;
    DELETE FROM chunk WHERE archive = in_archive;
END;
