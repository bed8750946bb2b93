"""The shop that the demo is about: its configuration and its migrations, as text."""

from __future__ import annotations

CONFIGURATION = """\
dialect = "sqlite"
base = "main"

[databases.default]
url = "sqlite:///shop.db"
"""

README = """\
# The shop

A small shop's database, made by the demo of mig. Delete the folder whenever you like.
"""

CUSTOMERS = (
    "migrations/20261102090000_create_customers.sql",
    """\
-- mig:id 3f8a1c5be201
-- Create the customers.

-- mig:up
CREATE TABLE customers (
    id integer PRIMARY KEY,
    name text NOT NULL,
    email text NOT NULL
);

-- mig:down
DROP TABLE customers;
""",
)

PRODUCTS = (
    "migrations/20261103101500_create_products.sql",
    """\
-- mig:id 8c24d7e0f9a6
-- mig:parents 3f8a1c5be201
-- Create the products.

-- mig:up
CREATE TABLE products (
    id integer PRIMARY KEY,
    title text NOT NULL,
    price_cents integer NOT NULL
);
INSERT INTO products (id, title, price_cents) VALUES (1, 'Tea', 450), (2, 'Cup', 1200);

-- mig:down
DROP TABLE products;
""",
)

ORDERS = (
    "migrations/20261105140000_create_orders.sql",
    """\
-- mig:id 51d0c3a9e8f2
-- mig:parents 8c24d7e0f9a6
-- Create the orders.

-- mig:up
CREATE TABLE orders (
    id integer PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES customers (id),
    product_id integer NOT NULL REFERENCES products (id),
    ordered_at text NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- mig:down
DROP TABLE orders;
""",
)

LOYALTY = (
    "migrations/20261120113000_add_loyalty_points.sql",
    """\
-- mig:id 77bc02d1a9e0
-- mig:parents 51d0c3a9e8f2
-- Count the loyalty points of customers.

-- mig:up
ALTER TABLE customers RENAME COLUMN email TO contact_email;
ALTER TABLE customers ADD COLUMN points integer NOT NULL DEFAULT 0;

-- mig:down
ALTER TABLE customers DROP COLUMN points;
ALTER TABLE customers RENAME COLUMN contact_email TO email;
""",
)

RECEIPTS = (
    "migrations/20261120101500_add_receipt_address.sql",
    """\
-- mig:id 9f31c0a2b7de
-- mig:parents 51d0c3a9e8f2
-- Add the address that receipts are sent to.

-- mig:up
ALTER TABLE orders ADD COLUMN receipt_email text;
UPDATE orders SET receipt_email = (SELECT email FROM customers WHERE customers.id = customer_id);

-- mig:down
ALTER TABLE orders DROP COLUMN receipt_email;
""",
)

# After the rebase: behind Grace's migration, and with the column's new name.
RECEIPTS_CORRECTED = (
    RECEIPTS[0],
    RECEIPTS[1].replace("51d0c3a9e8f2", "77bc02d1a9e0").replace("SELECT email", "SELECT contact_email"),
)

RECEIPTS_INDEX = (
    "migrations/20261120102000_index_receipt_address.sql",
    """\
-- mig:id b4e6105fd83c
-- mig:parents 9f31c0a2b7de
-- Find orders by the address of their receipt.

-- mig:up
CREATE INDEX ix_orders_receipt_email ON orders (receipt_email);

-- mig:down
DROP INDEX ix_orders_receipt_email;
""",
)
