-- A package is an item of the price list that covers others: so much of each, within days of its sale.
CREATE TABLE packages (
    item_id    UUID PRIMARY KEY NOT NULL REFERENCES price_items (id),
    days       BIGINT NOT NULL CONSTRAINT packages_days CHECK (days BETWEEN 0 AND 730),
    updated_at TIMESTAMPTZ NOT NULL,
    updated_by UUID NOT NULL REFERENCES users (id)
);
CREATE TABLE package_contents (
    package_id     UUID NOT NULL REFERENCES packages (item_id),
    item_id        UUID NOT NULL REFERENCES price_items (id),
    quantity_milli BIGINT NOT NULL CONSTRAINT package_contents_quantity CHECK (quantity_milli BETWEEN 1 AND 10000000),
    PRIMARY KEY (package_id, item_id),
    CONSTRAINT package_contents_other CHECK (package_id <> item_id)
);

-- The sold package that covers a charge, and how much of it.
ALTER TABLE charges ADD COLUMN package_id UUID REFERENCES charges (id),
    ADD COLUMN covered_milli BIGINT NOT NULL DEFAULT 0 CHECK (covered_milli >= 0);
CREATE INDEX charges_by_package ON charges (package_id) WHERE package_id IS NOT NULL;

-- A sold package covers no more than it lists. The package's row is locked: two charges that use it take turns.
CREATE FUNCTION charges_package_used() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    sold record;
    used bigint;
    listed bigint;
BEGIN
    SELECT item_id, quantity_milli INTO sold FROM charges WHERE id = NEW.package_id FOR NO KEY UPDATE;
    SELECT sum(c.covered_milli) INTO used FROM charges c WHERE c.package_id = NEW.package_id AND c.item_id = NEW.item_id
        AND c.state NOT IN ('cancelled', 'entered_in_error');
    SELECT t.quantity_milli * sold.quantity_milli / 1000 INTO listed FROM package_contents t
        WHERE t.package_id = sold.item_id AND t.item_id = NEW.item_id;
    IF NEW.covered_milli > NEW.quantity_milli OR coalesce(used, 0) > coalesce(listed, 0) THEN
        PERFORM refuse('charges_package_used');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER charges_package_used AFTER INSERT ON charges FOR EACH ROW
WHEN (NEW.package_id IS NOT NULL) EXECUTE FUNCTION charges_package_used();
CREATE TRIGGER charges_package_used_update AFTER UPDATE OF package_id, covered_milli, quantity_milli, item_id ON charges FOR EACH ROW
WHEN (NEW.package_id IS NOT NULL AND NEW.state NOT IN ('cancelled', 'entered_in_error')) EXECUTE FUNCTION charges_package_used();
