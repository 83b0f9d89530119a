-- The sample pharmacy: a live schema with the awkward columns that old shops have.
-- Statements end with ";" at the end of a line. The default schema is the source.

CREATE TABLE customers (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT,
    name VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
    city VARCHAR(60) CHARACTER SET latin1 COLLATE latin1_swedish_ci NULL,
    born_on DATE NOT NULL DEFAULT '0000-00-00',
    consents SET ('email', 'phone', 'research') CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '',
    preferences JSON NULL,
    changed_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
    PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE prescribers (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT,
    licence CHAR(12) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL,
    name VARCHAR(80) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY prescribers_licence_uq (licence)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE products (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT,
    code VARBINARY(16) NOT NULL,
    name VARCHAR(100) NOT NULL,
    form ENUM ('tablet', 'liquid', 'cream', 'Überzug') NULL,
    price DECIMAL(10, 4) NOT NULL,
    stock INT NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    UNIQUE KEY products_code_uq (code)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE orders (
    id BIGINT NOT NULL AUTO_INCREMENT,
    customer_id INT UNSIGNED NOT NULL,
    prescriber_id INT UNSIGNED NULL,
    status ENUM ('received', 'prepared', 'uncollected', 'cancelled', 'dispensed') NOT NULL DEFAULT 'received',
    reference VARCHAR(40) CHARACTER SET latin1 COLLATE latin1_swedish_ci NULL,
    remark TEXT NULL,
    details JSON NULL,
    discount DECIMAL(12, 2) NOT NULL DEFAULT 0.00,
    placed_at DATETIME(6) NOT NULL,
    collect_by DATE NULL,
    closed_at DATETIME NULL,
    changed_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
    PRIMARY KEY (id),
    KEY orders_customer_id_ix (customer_id),
    KEY orders_prescriber_id_ix (prescriber_id),
    CONSTRAINT orders_customer_id_fk FOREIGN KEY (customer_id) REFERENCES customers (id),
    CONSTRAINT orders_prescriber_id_fk FOREIGN KEY (prescriber_id) REFERENCES prescribers (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE order_items (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    order_id BIGINT NOT NULL,
    product_id INT UNSIGNED NOT NULL,
    quantity SMALLINT NOT NULL,
    unit_price DECIMAL(10, 4) NOT NULL,
    amount DECIMAL(16, 4) GENERATED ALWAYS AS (quantity * unit_price) STORED,
    flags BIT(6) NOT NULL DEFAULT b'0',
    PRIMARY KEY (id),
    KEY order_items_order_id_ix (order_id),
    KEY order_items_product_id_ix (product_id),
    CONSTRAINT order_items_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT order_items_product_id_fk FOREIGN KEY (product_id) REFERENCES products (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE batches (
    order_item_id BIGINT UNSIGNED NOT NULL,
    lot VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    units DECIMAL(8, 3) NOT NULL,
    expires_on DATE NOT NULL DEFAULT '0000-00-00',
    seal VARBINARY(32) NULL,
    PRIMARY KEY (order_item_id, lot),
    CONSTRAINT batches_order_item_id_fk FOREIGN KEY (order_item_id) REFERENCES order_items (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE payments (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    order_id BIGINT NOT NULL,
    method ENUM ('cash', 'card', 'insurer') NOT NULL,
    amount DECIMAL(12, 2) NOT NULL,
    paid_at DATETIME(6) NOT NULL,
    receipt BLOB NULL,
    PRIMARY KEY (id),
    KEY payments_order_id_ix (order_id),
    CONSTRAINT payments_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE deliveries (
    order_id BIGINT NOT NULL,
    address VARCHAR(200) NOT NULL,
    delivered_at DATETIME NULL,
    PRIMARY KEY (order_id),
    CONSTRAINT deliveries_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE order_events (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    order_id BIGINT NOT NULL,
    event VARCHAR(40) NOT NULL,
    happened_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    KEY order_events_order_id_ix (order_id),
    CONSTRAINT order_events_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE labels (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT,
    name VARCHAR(40) NOT NULL,
    PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE order_labels (
    order_id BIGINT NOT NULL,
    label_id INT UNSIGNED NOT NULL,
    PRIMARY KEY (order_id, label_id),
    KEY order_labels_label_id_ix (label_id),
    CONSTRAINT order_labels_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT order_labels_label_id_fk FOREIGN KEY (label_id) REFERENCES labels (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- A note belongs to an order or to a customer: no foreign key can say so, and the ids
-- of the two collide.
CREATE TABLE notes (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    subject_type VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    subject_id BIGINT NOT NULL,
    body TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
    written_at DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00',
    PRIMARY KEY (id),
    KEY notes_subject_ix (subject_type, subject_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
