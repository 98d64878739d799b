-- The fluid in which a medicine is dissolved or diluted, and the days for which it may be used once it is opened or made ready.
ALTER TABLE drugs ADD COLUMN diluent TEXT NOT NULL DEFAULT '' CONSTRAINT drugs_diluent CHECK (length(diluent) <= 200);
ALTER TABLE drugs ADD COLUMN in_use_days INTEGER CONSTRAINT drugs_in_use_days CHECK (in_use_days BETWEEN 1 AND 365);
DROP TRIGGER drugs_confirmed_unchanged;
CREATE TRIGGER drugs_confirmed_unchanged BEFORE UPDATE ON drugs
WHEN OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS OLD.confirmed_at
    AND (NEW.name, NEW.name_es, NEW.code, NEW.status, NEW.form, NEW.dispensing_unit, NEW.divisible, NEW.high_alert, NEW.schedule, NEW.fridge,
        NEW.weekly, NEW.source, NEW.cautions, NEW.counsel, NEW.diluent, NEW.in_use_days)
    IS NOT (OLD.name, OLD.name_es, OLD.code, OLD.status, OLD.form, OLD.dispensing_unit, OLD.divisible, OLD.high_alert, OLD.schedule, OLD.fridge,
        OLD.weekly, OLD.source, OLD.cautions, OLD.counsel, OLD.diluent, OLD.in_use_days)
BEGIN
    SELECT RAISE(ABORT, 'drugs_confirmed_unchanged');
END;

-- A pack that was opened or made ready in a storeroom. It is used until a day, and closed when it is empty or thrown away.
CREATE TABLE opened_packs (
    -- Made with the form.
    id        BLOB PRIMARY KEY NOT NULL,
    store_id  BLOB NOT NULL REFERENCES storerooms (id),
    batch_id  BLOB NOT NULL REFERENCES stock_batches (id),
    opened_at TEXT NOT NULL,
    opened_by BLOB NOT NULL REFERENCES users (id),
    -- The last day of use: never after the batch expires.
    use_until TEXT NOT NULL,
    outcome   TEXT CHECK (outcome IN ('used_up', 'thrown_away')),
    closed_at TEXT,
    closed_by BLOB REFERENCES users (id),
    CONSTRAINT opened_packs_closed CHECK ((outcome IS NULL) = (closed_at IS NULL) AND (outcome IS NULL) = (closed_by IS NULL))
) STRICT;
CREATE INDEX opened_packs_open ON opened_packs (store_id, use_until) WHERE outcome IS NULL;
CREATE INDEX opened_packs_by_batch ON opened_packs (batch_id);
CREATE TRIGGER opened_packs_fixed BEFORE UPDATE ON opened_packs
WHEN OLD.outcome IS NOT NULL OR (NEW.id, NEW.store_id, NEW.batch_id, NEW.opened_at, NEW.opened_by, NEW.use_until) IS NOT (OLD.id, OLD.store_id, OLD.batch_id, OLD.opened_at, OLD.opened_by, OLD.use_until)
BEGIN
    SELECT RAISE(ABORT, 'opened_packs_fixed');
END;
CREATE TRIGGER opened_packs_kept BEFORE DELETE ON opened_packs
BEGIN
    SELECT RAISE(ABORT, 'opened_packs_fixed');
END;
-- No pack is used beyond the date of its batch.
CREATE TRIGGER opened_packs_in_date BEFORE INSERT ON opened_packs
WHEN EXISTS (SELECT 1 FROM stock_batches b WHERE b.id = NEW.batch_id AND (b.status <> 'released' OR b.expires_on < NEW.use_until))
BEGIN
    SELECT RAISE(ABORT, 'opened_packs_in_date');
END;
