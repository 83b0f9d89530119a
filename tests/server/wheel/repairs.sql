-- A bicycle repair shop, as its own software made it: fifteen tables, of which two have
-- nothing to do with a job.
CREATE TABLE towns (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(60) NOT NULL);
CREATE TABLE customers (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    town_id INT NOT NULL,
    name VARCHAR(80) NOT NULL,
    email VARCHAR(120) COLLATE utf8mb4_general_ci NULL,
    CONSTRAINT customers_town FOREIGN KEY (town_id) REFERENCES towns (id)
);
CREATE TABLE brands (id SMALLINT UNSIGNED NOT NULL PRIMARY KEY, name VARCHAR(40) NOT NULL);
CREATE TABLE bicycles (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    customer_id INT NOT NULL,
    brand_id SMALLINT UNSIGNED NOT NULL,
    frame_number VARBINARY(20) NOT NULL,
    CONSTRAINT bicycles_customer FOREIGN KEY (customer_id) REFERENCES customers (id),
    CONSTRAINT bicycles_brand FOREIGN KEY (brand_id) REFERENCES brands (id)
);
CREATE TABLE mechanics (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(80) NOT NULL);
CREATE TABLE jobs (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    bicycle_id INT NOT NULL,
    status ENUM ('booked', 'in_work', 'collected', 'cancelled') NOT NULL,
    promised DATE NULL,
    created_at DATETIME(3) NOT NULL,
    CONSTRAINT jobs_bicycle FOREIGN KEY (bicycle_id) REFERENCES bicycles (id)
);
CREATE TABLE job_mechanics (
    job_id BIGINT NOT NULL,
    mechanic_id INT NOT NULL,
    PRIMARY KEY (job_id, mechanic_id),
    CONSTRAINT job_mechanics_job FOREIGN KEY (job_id) REFERENCES jobs (id),
    CONSTRAINT job_mechanics_mechanic FOREIGN KEY (mechanic_id) REFERENCES mechanics (id)
);
CREATE TABLE parts (
    sku VARCHAR(20) NOT NULL PRIMARY KEY, label VARCHAR(80) NOT NULL, price DECIMAL(9, 2) NOT NULL
);
CREATE TABLE job_lines (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    job_id BIGINT NOT NULL,
    part_sku VARCHAR(20) NULL,
    quantity DECIMAL(6, 2) NOT NULL,
    CONSTRAINT job_lines_job FOREIGN KEY (job_id) REFERENCES jobs (id),
    CONSTRAINT job_lines_part FOREIGN KEY (part_sku) REFERENCES parts (sku)
);
CREATE TABLE line_serials (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    job_line_id BIGINT NOT NULL,
    serial VARCHAR(40) CHARACTER SET latin1 NOT NULL,
    CONSTRAINT line_serials_line FOREIGN KEY (job_line_id) REFERENCES job_lines (id)
);
CREATE TABLE photos (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    job_id BIGINT NOT NULL,
    taken_at TIMESTAMP NULL,
    picture MEDIUMBLOB NOT NULL,
    CONSTRAINT photos_job FOREIGN KEY (job_id) REFERENCES jobs (id)
);
CREATE TABLE invoices (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    job_id BIGINT NOT NULL,
    total DECIMAL(12, 2) NOT NULL,
    details JSON NULL,
    CONSTRAINT invoices_job FOREIGN KEY (job_id) REFERENCES jobs (id)
);
CREATE TABLE payments (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    invoice_id INT NOT NULL,
    amount DECIMAL(12, 2) NOT NULL,
    CONSTRAINT payments_invoice FOREIGN KEY (invoice_id) REFERENCES invoices (id)
);
CREATE TABLE opening_hours (weekday TINYINT NOT NULL PRIMARY KEY, opens TIME NULL, closes TIME NULL);
CREATE TABLE sessions (id BINARY(16) NOT NULL PRIMARY KEY, data TEXT NULL);

INSERT INTO towns (name) VALUES ('Ghent'), ('Bruges');
INSERT INTO customers (town_id, name, email) VALUES
    (1, 'Ann', 'ann@example.com'), (1, 'Bo', NULL), (2, 'Cé', 'CE@example.com');
INSERT INTO brands (id, name) VALUES (1, 'Thompson'), (2, 'Gazelle');
INSERT INTO bicycles (customer_id, brand_id, frame_number) VALUES
    (1, 1, X'00FF01'), (2, 2, X'C3A9'), (3, 2, X'41');
INSERT INTO mechanics (name) VALUES ('Dee'), ('Eli');
INSERT INTO parts (sku, label, price) VALUES ('TUBE-28', 'Inner tube', 7.50), ('CHAIN', 'Chain', 24.00);
INSERT INTO jobs (bicycle_id, status, promised, created_at)
SELECT 1 + n.n % 3, ELT(1 + n.n % 4, 'booked', 'in_work', 'collected', 'cancelled'),
    IF(n.n % 5, '2026-03-01', NULL), '2026-01-01' + INTERVAL n.n MINUTE
FROM numbers AS n WHERE n.n < 400 ORDER BY n.n;
INSERT INTO job_mechanics (job_id, mechanic_id)
SELECT j.id, m.id FROM jobs AS j INNER JOIN mechanics AS m ON m.id <= 1 + j.id % 2;
INSERT INTO job_lines (job_id, part_sku, quantity)
SELECT j.id, ELT(1 + n.n % 3, 'TUBE-28', 'CHAIN', NULL), 1 + n.n / 4
FROM jobs AS j INNER JOIN numbers AS n ON n.n < j.id % 5 ORDER BY j.id, n.n;
INSERT INTO line_serials (job_line_id, serial)
SELECT l.id, CONCAT('SN-', l.id) FROM job_lines AS l WHERE l.id % 2 = 0;
INSERT INTO photos (job_id, taken_at, picture)
SELECT j.id, j.created_at, UNHEX(SHA2(j.id, 512)) FROM jobs AS j WHERE j.id % 7 = 0;
INSERT INTO invoices (job_id, total, details)
SELECT j.id, j.id * 1.25, JSON_OBJECT('vat', 21) FROM jobs AS j WHERE j.status = 'collected';
INSERT INTO payments (invoice_id, amount) SELECT i.id, i.total FROM invoices AS i;
INSERT INTO opening_hours (weekday, opens, closes) VALUES (1, '09:00', '18:00');
