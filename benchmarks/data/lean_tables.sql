-- A shop with two relations: rows so small that ten million orders fit in memory.

CREATE TABLE customers (
    id INT UNSIGNED NOT NULL,
    name VARCHAR(60) NOT NULL,
    city VARCHAR(40) NULL,
    PRIMARY KEY (id)
) ENGINE = InnoDB;

CREATE TABLE orders (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    customer_id INT UNSIGNED NOT NULL,
    status ENUM ('open', 'done') NOT NULL,
    total DECIMAL(10, 2) NOT NULL,
    placed_at DATETIME NOT NULL,
    PRIMARY KEY (id),
    KEY orders_customer_id_ix (customer_id),
    CONSTRAINT orders_customer_id_fk FOREIGN KEY (customer_id) REFERENCES customers (id)
) ENGINE = InnoDB;

CREATE TABLE items (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    order_id BIGINT UNSIGNED NOT NULL,
    product VARCHAR(30) NOT NULL,
    quantity SMALLINT NOT NULL,
    price DECIMAL(10, 2) NOT NULL,
    PRIMARY KEY (id),
    KEY items_order_id_ix (order_id),
    CONSTRAINT items_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id)
) ENGINE = InnoDB;
