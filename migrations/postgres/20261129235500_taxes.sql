-- Tax classes with their rates. A rate is never rewritten: a change is a new row from a later day on.
CREATE TABLE tax_classes (
    id         UUID PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL CONSTRAINT tax_classes_name UNIQUE CHECK (length(name) BETWEEN 1 AND 100),
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id)
);
CREATE TABLE tax_rates (
    class_id   UUID NOT NULL REFERENCES tax_classes (id),
    -- Hundredths of a percent.
    rate_bp    BIGINT NOT NULL CHECK (rate_bp BETWEEN 0 AND 10000),
    valid_from DATE NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    PRIMARY KEY (class_id, valid_from)
);
CREATE FUNCTION tax_rates_later() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Two rates of one class take turns, so that both see the last one.
    PERFORM 1 FROM tax_classes c WHERE c.id = NEW.class_id FOR NO KEY UPDATE;
    IF NEW.valid_from <= (SELECT max(r.valid_from) FROM tax_rates r WHERE r.class_id = NEW.class_id) THEN
        PERFORM refuse('tax_rates_later');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tax_rates_later BEFORE INSERT ON tax_rates FOR EACH ROW EXECUTE FUNCTION tax_rates_later();
CREATE TRIGGER tax_rates_kept BEFORE UPDATE OR DELETE ON tax_rates FOR EACH ROW EXECUTE FUNCTION row_fixed('tax_rates_kept');
REVOKE UPDATE, DELETE, TRUNCATE ON tax_rates FROM infirmary_app;

-- Without a class an item has no tax.
ALTER TABLE price_items ADD COLUMN tax_class_id UUID REFERENCES tax_classes (id),
    ADD COLUMN tax_included BOOLEAN NOT NULL DEFAULT FALSE;
