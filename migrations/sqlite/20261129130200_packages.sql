-- A package is an item of the price list that covers others: so much of each, within days of its sale.
CREATE TABLE packages (
    item_id    BLOB PRIMARY KEY NOT NULL REFERENCES price_items (id),
    days       INTEGER NOT NULL CONSTRAINT packages_days CHECK (days BETWEEN 0 AND 730),
    updated_at TEXT NOT NULL,
    updated_by BLOB NOT NULL REFERENCES users (id)
) STRICT;
CREATE TABLE package_contents (
    package_id     BLOB NOT NULL REFERENCES packages (item_id),
    item_id        BLOB NOT NULL REFERENCES price_items (id),
    quantity_milli INTEGER NOT NULL CONSTRAINT package_contents_quantity CHECK (quantity_milli BETWEEN 1 AND 10000000),
    PRIMARY KEY (package_id, item_id),
    CONSTRAINT package_contents_other CHECK (package_id <> item_id)
) STRICT;

-- The sold package that covers a charge, and how much of it.
ALTER TABLE charges ADD COLUMN package_id BLOB REFERENCES charges (id);
ALTER TABLE charges ADD COLUMN covered_milli INTEGER NOT NULL DEFAULT 0 CHECK (covered_milli >= 0);
CREATE INDEX charges_by_package ON charges (package_id) WHERE package_id IS NOT NULL;

-- A sold package covers no more than it lists.
CREATE TRIGGER charges_package_used AFTER INSERT ON charges
WHEN NEW.package_id IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'charges_package_used') WHERE NEW.covered_milli > NEW.quantity_milli OR (
        SELECT sum(c.covered_milli) FROM charges c WHERE c.package_id = NEW.package_id AND c.item_id = NEW.item_id
            AND c.state NOT IN ('cancelled', 'entered_in_error')) > coalesce((
        SELECT t.quantity_milli * s.quantity_milli / 1000 FROM charges s JOIN package_contents t ON t.package_id = s.item_id
        WHERE s.id = NEW.package_id AND t.item_id = NEW.item_id), 0);
END;
CREATE TRIGGER charges_package_used_update AFTER UPDATE OF package_id, covered_milli, quantity_milli, item_id ON charges
WHEN NEW.package_id IS NOT NULL AND NEW.state NOT IN ('cancelled', 'entered_in_error')
BEGIN
    SELECT RAISE(ABORT, 'charges_package_used') WHERE NEW.covered_milli > NEW.quantity_milli OR (
        SELECT sum(c.covered_milli) FROM charges c WHERE c.package_id = NEW.package_id AND c.item_id = NEW.item_id
            AND c.state NOT IN ('cancelled', 'entered_in_error')) > coalesce((
        SELECT t.quantity_milli * s.quantity_milli / 1000 FROM charges s JOIN package_contents t ON t.package_id = s.item_id
        WHERE s.id = NEW.package_id AND t.item_id = NEW.item_id), 0);
END;
