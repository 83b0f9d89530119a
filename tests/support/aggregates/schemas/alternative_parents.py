"""A document hangs on a deal, or on its invoice, its delivery or its claim.

Its four foreign keys are nullable. Joined to all of them at once, no document is found;
joined to one after the other, what hangs on two things of a deal comes twice, and so do
its pages. One hangs on things of two deals, and belongs to both.
"""

from __future__ import annotations

from bygones.sandbox.expectations import Expectation, ExpectedRelation
from tests.support.aggregates.foreign import Foreign

OWNERS = ("invoices", "deliveries", "claims")

TABLES = """
CREATE TABLE deals (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT,
    state VARCHAR(10) NOT NULL,
    PRIMARY KEY (id)
);
CREATE TABLE invoices (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT,
    deal_id INT UNSIGNED NOT NULL,
    amount DECIMAL(10, 2) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT invoices_deals_fk FOREIGN KEY (deal_id) REFERENCES deals (id)
);
CREATE TABLE deliveries (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT,
    deal_id INT UNSIGNED NOT NULL,
    sent_on DATE NULL,
    PRIMARY KEY (id),
    CONSTRAINT deliveries_deals_fk FOREIGN KEY (deal_id) REFERENCES deals (id)
);
CREATE TABLE claims (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT,
    deal_id INT UNSIGNED NULL,
    PRIMARY KEY (id),
    CONSTRAINT claims_deals_fk FOREIGN KEY (deal_id) REFERENCES deals (id)
);
CREATE TABLE documents (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT,
    deal_id INT UNSIGNED NULL,
    invoice_id INT UNSIGNED NULL,
    delivery_id INT UNSIGNED NULL,
    claim_id INT UNSIGNED NULL,
    title VARCHAR(40) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT documents_deals_fk FOREIGN KEY (deal_id) REFERENCES deals (id),
    CONSTRAINT documents_invoices_fk FOREIGN KEY (invoice_id) REFERENCES invoices (id),
    CONSTRAINT documents_deliveries_fk
    FOREIGN KEY (delivery_id) REFERENCES deliveries (id),
    CONSTRAINT documents_claims_fk FOREIGN KEY (claim_id) REFERENCES claims (id)
);
CREATE TABLE pages (
    document_id INT UNSIGNED NOT NULL,
    page TINYINT NOT NULL,
    body VARCHAR(40) NOT NULL,
    PRIMARY KEY (document_id, page),
    CONSTRAINT pages_documents_fk FOREIGN KEY (document_id) REFERENCES documents (id)
);
"""

# Ids of one deal's things are the deal's, or 10,000 more.
FILL = """
INSERT INTO deals (id, state)
SELECT n, IF(n % 6 = 0, 'open', 'done') FROM numbers WHERE n BETWEEN 1 AND 2500;
INSERT INTO invoices (id, deal_id, amount)
SELECT d.id + n.n * 10000, d.id, d.id / 4
FROM deals AS d
JOIN numbers AS n ON n.n < 2;
INSERT INTO deliveries (id, deal_id, sent_on)
SELECT id, id, '2026-01-01' + INTERVAL id DAY FROM deals WHERE id % 3 = 1;
INSERT INTO claims (id, deal_id) SELECT id, NULLIF(id, 5) FROM deals WHERE id % 5 = 0;
INSERT INTO documents (deal_id, invoice_id, delivery_id, claim_id, title)
SELECT id, NULL, NULL, NULL, 'of a deal' FROM deals WHERE id % 2 = 0
UNION ALL
SELECT NULL, id, NULL, NULL, 'of an invoice' FROM invoices WHERE id % 4 = 1
UNION ALL
SELECT NULL, NULL, id, NULL, 'of a delivery' FROM deliveries
UNION ALL
SELECT NULL, NULL, NULL, id, 'of a claim' FROM claims
UNION ALL
SELECT NULL, NULL, NULL, NULL, 'of nothing' FROM deals WHERE id < 9;
INSERT INTO documents (id, deal_id, invoice_id, delivery_id, claim_id, title)
VALUES
(100001, 25, 25, 25, 25, 'of four things of one deal'),
(100002, NULL, 25, 40, NULL, 'of things of two deals'),
(100003, NULL, 10025, 25, NULL, 'of two things of one deal'),
(100004, 31, NULL, NULL, 6 * 5, 'of a finished and an open deal');
INSERT INTO pages (document_id, page, body)
SELECT d.id, n.n, CONCAT('page ', n.n)
FROM documents AS d
JOIN numbers AS n ON n.n BETWEEN 1 AND 2;
"""

ARCHIVES = """
[archive.deals]
table    = "deals"
finished = "state = 'done'"

[archive.deals.relations]
invoices   = {}
deliveries = {}
claims     = {}
documents  = { of = ["deals", "invoices", "deliveries", "claims"] }
pages      = { of = "documents" }
"""

DOCUMENTS = (
    "JOIN {source}.documents AS r ON r.deal_id = o.id",
    (
        "JOIN {source}.invoices AS i ON i.deal_id = o.id"
        " JOIN {source}.documents AS r ON r.invoice_id = i.id"
    ),
    (
        "JOIN {source}.deliveries AS y ON y.deal_id = o.id"
        " JOIN {source}.documents AS r ON r.delivery_id = y.id"
    ),
    (
        "JOIN {source}.claims AS c ON c.deal_id = o.id"
        " JOIN {source}.documents AS r ON r.claim_id = c.id"
    ),
)

EXPECTED = Expectation(
    root="deals",
    key=("id",),
    finished="o.state = 'done'",
    relations=(
        *(
            ExpectedRelation(
                name=name,
                key=("id",),
                joined=f"JOIN {{source}}.{name} AS r ON r.deal_id = o.id",
            )
            for name in OWNERS
        ),
        ExpectedRelation(name="documents", key=("id",), joined=DOCUMENTS),
        ExpectedRelation(
            name="pages",
            key=("document_id", "page"),
            joined=tuple(
                path.replace("AS r", "AS d").replace("r.", "d.")
                + " JOIN {source}.pages AS r ON r.document_id = d.id"
                for path in DOCUMENTS
            ),
        ),
    ),
)

WRITES = (
    (
        "INSERT INTO deals (id, state) VALUES (20000 + %(n)s, 'done')",
        (
            "INSERT INTO invoices (id, deal_id, amount)"
            " VALUES (20000 + %(n)s, 20000 + %(n)s, 1)"
        ),
        (
            "INSERT INTO documents (id, deal_id, invoice_id, title)"
            " VALUES (200000 + %(n)s, 20000 + %(n)s, 20000 + %(n)s, 'twice')"
        ),
        (
            "INSERT INTO pages (document_id, page, body)"
            " VALUES (200000 + %(n)s, 1, 'twice')"
        ),
    ),
    (
        "INSERT INTO claims (id, deal_id) VALUES (20000 + %(n)s, 6 * %(n)s)",
        (
            "INSERT INTO documents (id, claim_id, title)"
            " VALUES (300000 + %(n)s, 20000 + %(n)s, 'of a claim')"
        ),
    ),
    # The document moves from one thing to another.
    (
        (
            "UPDATE documents SET claim_id = NULL, deal_id = 6 * %(n)s, title = 'moved'"
            " WHERE id = 300000 + %(n)s"
        ),
        "UPDATE deals SET state = 'done' WHERE id = 6 * %(n)s AND id <> 30",
    ),
)

SCHEMA = Foreign(
    name="alternative_parents",
    tables=TABLES,
    fill=FILL,
    archives=ARCHIVES,
    expected={"deals": EXPECTED},
    writes=WRITES,
    traps={
        "SELECT COUNT(*) FROM documents_history WHERE id = 100001": 1,
        "SELECT COUNT(*) FROM pages_history WHERE document_id = 100001": 2,
        "SELECT GROUP_CONCAT(history_root_id ORDER BY history_root_id)"
        " FROM documents_history WHERE id = 100002": "25,40",
        "SELECT COUNT(*) FROM pages_history WHERE document_id = 100002": 4,
        "SELECT history_root_id FROM documents_history WHERE id = 100003": 25,
        "SELECT history_root_id FROM documents_history WHERE id = 100004": 31,
    },
)
