-- The fluid in which a medicine is dissolved or diluted, and the days for which it may be used once it is opened or made ready.
ALTER TABLE drugs ADD COLUMN diluent TEXT NOT NULL DEFAULT '' CONSTRAINT drugs_diluent CHECK (length(diluent) <= 200);
ALTER TABLE drugs ADD COLUMN in_use_days BIGINT CONSTRAINT drugs_in_use_days CHECK (in_use_days BETWEEN 1 AND 365);
CREATE OR REPLACE FUNCTION drugs_confirmed_unchanged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS NOT DISTINCT FROM OLD.confirmed_at
        AND (NEW.name, NEW.name_es, NEW.code, NEW.status, NEW.form, NEW.dispensing_unit, NEW.divisible, NEW.high_alert, NEW.schedule, NEW.fridge,
        NEW.weekly, NEW.source, NEW.cautions, NEW.counsel, NEW.diluent, NEW.in_use_days)
        IS DISTINCT FROM (OLD.name, OLD.name_es, OLD.code, OLD.status, OLD.form, OLD.dispensing_unit, OLD.divisible, OLD.high_alert, OLD.schedule, OLD.fridge,
        OLD.weekly, OLD.source, OLD.cautions, OLD.counsel, OLD.diluent, OLD.in_use_days) THEN
        PERFORM refuse('drugs_confirmed_unchanged');
    END IF;
    RETURN NEW;
END $$;

-- A pack that was opened or made ready in a storeroom. It is used until a day, and closed when it is empty or thrown away.
CREATE TABLE opened_packs (
    -- Made with the form.
    id        UUID PRIMARY KEY NOT NULL,
    store_id  UUID NOT NULL REFERENCES storerooms (id),
    batch_id  UUID NOT NULL REFERENCES stock_batches (id),
    opened_at TIMESTAMPTZ NOT NULL,
    opened_by UUID NOT NULL REFERENCES users (id),
    -- The last day of use: never after the batch expires.
    use_until DATE NOT NULL,
    outcome   TEXT CHECK (outcome IN ('used_up', 'thrown_away')),
    closed_at TIMESTAMPTZ,
    closed_by UUID REFERENCES users (id),
    CONSTRAINT opened_packs_closed CHECK ((outcome IS NULL) = (closed_at IS NULL) AND (outcome IS NULL) = (closed_by IS NULL))
);
CREATE INDEX opened_packs_open ON opened_packs (store_id, use_until) WHERE outcome IS NULL;
CREATE INDEX opened_packs_by_batch ON opened_packs (batch_id);
CREATE FUNCTION opened_packs_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM refuse('opened_packs_fixed');
    ELSIF OLD.outcome IS NOT NULL OR (NEW.id, NEW.store_id, NEW.batch_id, NEW.opened_at, NEW.opened_by, NEW.use_until) IS DISTINCT FROM (OLD.id, OLD.store_id, OLD.batch_id, OLD.opened_at, OLD.opened_by, OLD.use_until) THEN
        PERFORM refuse('opened_packs_fixed');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER opened_packs_fixed BEFORE UPDATE OR DELETE ON opened_packs FOR EACH ROW EXECUTE FUNCTION opened_packs_fixed();
-- No pack is used beyond the date of its batch.
CREATE FUNCTION opened_packs_in_date() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM stock_batches b WHERE b.id = NEW.batch_id AND (b.status <> 'released' OR b.expires_on < NEW.use_until)) THEN
        PERFORM refuse('opened_packs_in_date');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER opened_packs_in_date BEFORE INSERT ON opened_packs FOR EACH ROW EXECUTE FUNCTION opened_packs_in_date();
