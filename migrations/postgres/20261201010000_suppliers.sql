-- Suppliers, the levels at which an item is ordered, and the article numbers (GTIN) of its packs.
CREATE TABLE suppliers (
    id         UUID PRIMARY KEY NOT NULL,
    code       TEXT NOT NULL CHECK (length(code) BETWEEN 1 AND 20),
    name       TEXT NOT NULL CHECK (length(trim(name)) BETWEEN 1 AND 120),
    email      TEXT NOT NULL DEFAULT '' CHECK (length(email) <= 254),
    phone      TEXT NOT NULL DEFAULT '' CHECK (length(phone) <= 60),
    address    TEXT NOT NULL DEFAULT '' CHECK (length(address) <= 300),
    -- Days from the order to the delivery, until deliveries say it.
    lead_days  BIGINT NOT NULL DEFAULT 7 CHECK (lead_days BETWEEN 0 AND 365),
    -- Percent of a line that may be delivered above the order.
    tolerance  BIGINT NOT NULL DEFAULT 0 CHECK (tolerance BETWEEN 0 AND 20),
    retired_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    updated_at TIMESTAMPTZ NOT NULL,
    updated_by UUID NOT NULL REFERENCES users (id),
    version    BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1)
);
CREATE UNIQUE INDEX suppliers_one_code ON suppliers (upper(code));

-- The quantity to which an item is filled up; 0 when nobody has set it.
ALTER TABLE store_items ADD COLUMN max_at BIGINT NOT NULL DEFAULT 0 CHECK (max_at BETWEEN 0 AND 1000000000);
-- How much it matters that the item is there.
ALTER TABLE stock_items ADD COLUMN need TEXT NOT NULL DEFAULT 'essential' CHECK (need IN ('vital', 'essential', 'desirable'));
ALTER TABLE stock_items ADD COLUMN supplier_id UUID REFERENCES suppliers (id);
CREATE INDEX stock_items_by_supplier ON stock_items (supplier_id) WHERE supplier_id IS NOT NULL;

CREATE TABLE stock_codes (
    -- EAN-8, UPC-A, EAN-13 and GTIN-14, all with 14 digits.
    gtin     TEXT PRIMARY KEY NOT NULL CHECK (length(gtin) = 14),
    item_id  UUID NOT NULL REFERENCES stock_items (id),
    -- The units in the pack with this number.
    units    BIGINT NOT NULL CHECK (units BETWEEN 1 AND 1000000),
    added_at TIMESTAMPTZ NOT NULL,
    added_by UUID NOT NULL REFERENCES users (id)
);
CREATE INDEX stock_codes_by_item ON stock_codes (item_id);

-- The text that the scanners of a clinic type for the separator of a code.
CREATE TABLE stock_scanners (
    clinic_id UUID PRIMARY KEY NOT NULL REFERENCES clinics (id),
    separator TEXT NOT NULL DEFAULT '' CHECK (length(separator) <= 8),
    tried_at  TIMESTAMPTZ NOT NULL,
    tried_by  UUID NOT NULL REFERENCES users (id)
);

-- The consumption of a period.
CREATE INDEX stock_movements_used ON stock_movements (day, line_id) WHERE kind IN ('dispense', 'dispense_return');

REVOKE DELETE, TRUNCATE ON suppliers, stock_scanners FROM infirmary_app;
REVOKE UPDATE, TRUNCATE ON stock_codes FROM infirmary_app;
CREATE TRIGGER suppliers_kept BEFORE DELETE ON suppliers FOR EACH ROW EXECUTE FUNCTION row_fixed('suppliers_kept');
CREATE TRIGGER stock_codes_fixed BEFORE UPDATE ON stock_codes FOR EACH ROW EXECUTE FUNCTION row_fixed('stock_codes_fixed');
