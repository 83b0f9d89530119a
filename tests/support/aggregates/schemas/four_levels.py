"""Relations four levels deep, each numbered within the one above it.

A phase is known by its project and its number, a task by those and its own, and so on.
A join by the last number, or by the project alone, gives every remark to every step of
its project; a join that leaves a level out gives project 1 the remarks of another.
"""

from __future__ import annotations

from bygones.sandbox.expectations import Expectation, ExpectedRelation
from tests.support.aggregates.foreign import Foreign

TABLES = """
CREATE TABLE people (
    id INT NOT NULL AUTO_INCREMENT,
    name VARCHAR(40) NOT NULL,
    PRIMARY KEY (id)
);
CREATE TABLE projects (
    id INT NOT NULL,
    state VARCHAR(10) NOT NULL,
    PRIMARY KEY (id)
);
CREATE TABLE phases (
    project_id INT NOT NULL,
    phase SMALLINT NOT NULL,
    title VARCHAR(40) NOT NULL,
    PRIMARY KEY (project_id, phase),
    CONSTRAINT phases_projects_fk FOREIGN KEY (project_id) REFERENCES projects (id)
);
CREATE TABLE tasks (
    project_id INT NOT NULL,
    phase SMALLINT NOT NULL,
    task SMALLINT NOT NULL,
    hours DECIMAL(5, 2) NULL,
    PRIMARY KEY (project_id, phase, task),
    CONSTRAINT tasks_phases_fk
    FOREIGN KEY (project_id, phase) REFERENCES phases (project_id, phase)
);
CREATE TABLE steps (
    id BIGINT NOT NULL AUTO_INCREMENT,
    project_id INT NOT NULL,
    phase SMALLINT NOT NULL,
    task SMALLINT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT steps_tasks_fk FOREIGN KEY (project_id, phase, task)
    REFERENCES tasks (project_id, phase, task)
);
CREATE TABLE remarks (
    step_id BIGINT NOT NULL,
    remark SMALLINT NOT NULL,
    person_id INT NULL,
    body TEXT NULL,
    PRIMARY KEY (step_id, remark),
    CONSTRAINT remarks_steps_fk FOREIGN KEY (step_id) REFERENCES steps (id),
    CONSTRAINT remarks_people_fk FOREIGN KEY (person_id) REFERENCES people (id)
);
"""

FILL = """
INSERT INTO people (name) SELECT CONCAT('person ', n) FROM numbers WHERE n < 20;
INSERT INTO projects (id, state)
SELECT n, IF(n % 6 = 0, 'open', 'done') FROM numbers WHERE n BETWEEN 1 AND 2500;
INSERT INTO phases (project_id, phase, title)
SELECT p.id, n.n, CONCAT('phase ', n.n, ' of ', p.id)
FROM projects AS p
JOIN numbers AS n ON n.n IN (1, 2) AND n.n <= 1 + p.id % 2;
INSERT INTO tasks (project_id, phase, task, hours)
SELECT p.project_id, p.phase, n.n, NULLIF(p.project_id % 9, 4) / 4
FROM phases AS p
JOIN numbers AS n ON n.n IN (1, 2) AND n.n <= p.phase;
INSERT INTO steps (id, project_id, phase, task)
SELECT project_id * 10 + phase * 3 + task, project_id, phase, task
FROM tasks
WHERE project_id % 10 <> 9;
INSERT INTO remarks (step_id, remark, person_id, body)
SELECT s.id, n.n, NULLIF(1 + s.id % 20, 7), REPEAT('so ', s.id % 5)
FROM steps AS s
JOIN numbers AS n ON n.n < 2 AND n.n < s.id % 3;
"""

ARCHIVES = """
[archive.projects]
table    = "projects"
finished = "state = 'done'"

[archive.projects.relations]
remarks = { of = "steps" }
steps   = { of = "tasks" }
tasks   = { of = "phases" }
phases  = {}
people  = { of = "remarks" }
"""

TASKS = (
    "JOIN {source}.phases AS p ON p.project_id = o.id"
    " JOIN {source}.tasks AS t ON t.project_id = p.project_id AND t.phase = p.phase"
)
STEPS = (
    f"{TASKS} JOIN {{source}}.steps AS s ON s.project_id = t.project_id"
    " AND s.phase = t.phase AND s.task = t.task"
)

EXPECTED = Expectation(
    root="projects",
    key=("id",),
    finished="o.state = 'done'",
    relations=(
        ExpectedRelation(
            name="phases",
            key=("project_id", "phase"),
            joined="JOIN {source}.phases AS r ON r.project_id = o.id",
        ),
        ExpectedRelation(
            name="tasks",
            key=("project_id", "phase", "task"),
            joined=TASKS.replace(" t ", " r ").replace(" t.", " r."),
        ),
        ExpectedRelation(
            name="steps",
            key=("id",),
            joined=STEPS.replace(" s ", " r ").replace(" s.", " r."),
        ),
        ExpectedRelation(
            name="remarks",
            key=("step_id", "remark"),
            joined=f"{STEPS} JOIN {{source}}.remarks AS r ON r.step_id = s.id",
        ),
        ExpectedRelation(
            name="people",
            key=("id",),
            joined=(
                f"{STEPS} JOIN {{source}}.remarks AS m ON m.step_id = s.id"
                " JOIN {source}.people AS r ON r.id = m.person_id"
            ),
        ),
    ),
)

WRITES = (
    (
        "INSERT INTO projects (id, state) VALUES (10000 + %(n)s, 'open')",
        "INSERT INTO phases (project_id, phase, title) VALUES (10000 + %(n)s, 1, 'a')",
        "INSERT INTO tasks (project_id, phase, task) VALUES (10000 + %(n)s, 1, 1)",
        (
            "INSERT INTO steps (id, project_id, phase, task)"
            " VALUES (1000000 + %(n)s, 10000 + %(n)s, 1, 1)"
        ),
    ),
    # The deepest first, which the root follows.
    (
        (
            "INSERT INTO remarks (step_id, remark, person_id, body)"
            " VALUES (1000000 + %(n)s, 1, 3, 'deep')"
        ),
        "UPDATE tasks SET hours = %(n)s WHERE project_id = 10000 + %(n)s",
        "UPDATE projects SET state = 'done' WHERE id = 10000 + %(n)s",
    ),
    (
        "UPDATE projects SET state = 'done' WHERE id = 6 * %(n)s",
        "UPDATE remarks SET body = 'root first' WHERE step_id = 60 * %(n)s + 4",
        "DELETE FROM remarks WHERE step_id = 60 * %(n)s + 4 AND remark = 1",
    ),
)

SCHEMA = Foreign(
    name="four_levels",
    tables=TABLES,
    fill=FILL,
    archives=ARCHIVES,
    expected={"projects": EXPECTED},
    writes=WRITES,
    traps={
        # One task in the first phase and two in the second; two remarks of one person,
        # two of another.
        "SELECT COUNT(*) FROM tasks_history WHERE history_root_id = 1": 3,
        "SELECT COUNT(*) FROM steps_history WHERE history_root_id = 1": 3,
        "SELECT COUNT(*) FROM remarks_history WHERE history_root_id = 1": 4,
        "SELECT COUNT(*) FROM people_history WHERE history_root_id = 1": 2,
    },
)
