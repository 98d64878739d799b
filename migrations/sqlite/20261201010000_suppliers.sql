-- Suppliers, the levels at which an item is ordered, and the article numbers (GTIN) of its packs.
CREATE TABLE suppliers (
    id         BLOB PRIMARY KEY NOT NULL,
    code       TEXT NOT NULL CHECK (length(code) BETWEEN 1 AND 20),
    name       TEXT NOT NULL CHECK (length(trim(name)) BETWEEN 1 AND 120),
    email      TEXT NOT NULL DEFAULT '' CHECK (length(email) <= 254),
    phone      TEXT NOT NULL DEFAULT '' CHECK (length(phone) <= 60),
    address    TEXT NOT NULL DEFAULT '' CHECK (length(address) <= 300),
    -- Days from the order to the delivery, until deliveries say it.
    lead_days  INTEGER NOT NULL DEFAULT 7 CHECK (lead_days BETWEEN 0 AND 365),
    -- Percent of a line that may be delivered above the order.
    tolerance  INTEGER NOT NULL DEFAULT 0 CHECK (tolerance BETWEEN 0 AND 20),
    retired_at TEXT,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    updated_at TEXT NOT NULL,
    updated_by BLOB NOT NULL REFERENCES users (id),
    version    INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1)
) STRICT;
CREATE UNIQUE INDEX suppliers_one_code ON suppliers (upper(code));

-- The quantity to which an item is filled up; 0 when nobody has set it.
ALTER TABLE store_items ADD COLUMN max_at INTEGER NOT NULL DEFAULT 0 CHECK (max_at BETWEEN 0 AND 1000000000);
-- How much it matters that the item is there.
ALTER TABLE stock_items ADD COLUMN need TEXT NOT NULL DEFAULT 'essential' CHECK (need IN ('vital', 'essential', 'desirable'));
ALTER TABLE stock_items ADD COLUMN supplier_id BLOB REFERENCES suppliers (id);
CREATE INDEX stock_items_by_supplier ON stock_items (supplier_id) WHERE supplier_id IS NOT NULL;

CREATE TABLE stock_codes (
    -- EAN-8, UPC-A, EAN-13 and GTIN-14, all with 14 digits.
    gtin     TEXT PRIMARY KEY NOT NULL CHECK (length(gtin) = 14),
    item_id  BLOB NOT NULL REFERENCES stock_items (id),
    -- The units in the pack with this number.
    units    INTEGER NOT NULL CHECK (units BETWEEN 1 AND 1000000),
    added_at TEXT NOT NULL,
    added_by BLOB NOT NULL REFERENCES users (id)
) STRICT;
CREATE INDEX stock_codes_by_item ON stock_codes (item_id);

-- The text that the scanners of a clinic type for the separator of a code.
CREATE TABLE stock_scanners (
    clinic_id BLOB PRIMARY KEY NOT NULL REFERENCES clinics (id),
    separator TEXT NOT NULL DEFAULT '' CHECK (length(separator) <= 8),
    tried_at  TEXT NOT NULL,
    tried_by  BLOB NOT NULL REFERENCES users (id)
) STRICT;

-- The consumption of a period.
CREATE INDEX stock_movements_used ON stock_movements (day, line_id) WHERE kind IN ('dispense', 'dispense_return');

CREATE TRIGGER suppliers_kept BEFORE DELETE ON suppliers
BEGIN
    SELECT RAISE(ABORT, 'suppliers_kept');
END;
CREATE TRIGGER stock_codes_fixed BEFORE UPDATE ON stock_codes
BEGIN
    SELECT RAISE(ABORT, 'stock_codes_fixed');
END;
