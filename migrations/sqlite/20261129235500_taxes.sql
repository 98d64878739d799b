-- Tax classes with their rates. A rate is never rewritten: a change is a new row from a later day on.
CREATE TABLE tax_classes (
    id         BLOB PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL CONSTRAINT tax_classes_name UNIQUE CHECK (length(name) BETWEEN 1 AND 100),
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id)
) STRICT;
CREATE TABLE tax_rates (
    class_id   BLOB NOT NULL REFERENCES tax_classes (id),
    -- Hundredths of a percent.
    rate_bp    INTEGER NOT NULL CHECK (rate_bp BETWEEN 0 AND 10000),
    valid_from TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    PRIMARY KEY (class_id, valid_from)
) STRICT;
CREATE TRIGGER tax_rates_later BEFORE INSERT ON tax_rates
WHEN NEW.valid_from <= (SELECT max(r.valid_from) FROM tax_rates r WHERE r.class_id = NEW.class_id)
BEGIN
    SELECT RAISE(ABORT, 'tax_rates_later');
END;
CREATE TRIGGER tax_rates_kept BEFORE UPDATE ON tax_rates
BEGIN
    SELECT RAISE(ABORT, 'tax_rates_kept');
END;
CREATE TRIGGER tax_rates_kept_delete BEFORE DELETE ON tax_rates
BEGIN
    SELECT RAISE(ABORT, 'tax_rates_kept');
END;

-- Without a class an item has no tax.
ALTER TABLE price_items ADD COLUMN tax_class_id BLOB REFERENCES tax_classes (id);
ALTER TABLE price_items ADD COLUMN tax_included INTEGER NOT NULL DEFAULT FALSE CHECK (tax_included IN (0, 1));
