-- The price list is kept in pages. A price stands for one clinic, insurer and doctor, or for all of them, from a day on. A change is a
-- new row; the older row gets its last day and is otherwise never rewritten.
ALTER TABLE price_items ADD COLUMN unit TEXT NOT NULL DEFAULT '' CHECK (length(unit) <= 40);
ALTER TABLE price_items ADD COLUMN discountable INTEGER NOT NULL DEFAULT 1 CHECK (discountable IN (0, 1));
ALTER TABLE price_items ADD COLUMN created_at TEXT;
ALTER TABLE price_items ADD COLUMN created_by BLOB REFERENCES users (id);
ALTER TABLE price_items ADD COLUMN updated_at TEXT;
ALTER TABLE price_items ADD COLUMN updated_by BLOB REFERENCES users (id);
ALTER TABLE price_items ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
CREATE UNIQUE INDEX price_items_one_code ON price_items (upper(code));

ALTER TABLE prices ADD COLUMN insurer_id BLOB REFERENCES insurers (id);
-- The doctor's own fee.
ALTER TABLE prices ADD COLUMN provider_id BLOB REFERENCES staff (id);
-- The amount is for so many: 100 tablets, 1 hour.
ALTER TABLE prices ADD COLUMN per INTEGER NOT NULL DEFAULT 1 CONSTRAINT prices_per CHECK (per BETWEEN 1 AND 1000);
ALTER TABLE prices ADD COLUMN closed_at TEXT;
ALTER TABLE prices ADD COLUMN closed_by BLOB REFERENCES users (id);
-- A price that was replaced on its first day, or before it: it is kept, and never used again.
ALTER TABLE prices ADD COLUMN withdrawn_at TEXT;

-- Older rows without a last day end before the next row begins.
UPDATE prices SET valid_to = (
    SELECT date(min(n.valid_from), '-1 day') FROM prices n
    WHERE n.item_id = prices.item_id AND n.clinic_id IS prices.clinic_id AND n.valid_from > prices.valid_from)
WHERE EXISTS (SELECT 1 FROM prices n WHERE n.item_id = prices.item_id AND n.clinic_id IS prices.clinic_id
    AND n.valid_from > prices.valid_from AND n.valid_from <= coalesce(prices.valid_to, '9999-12-31'));

DROP INDEX prices_one_start;
DROP INDEX prices_one_start_everywhere;
CREATE INDEX prices_by_item ON prices (item_id, valid_from);

CREATE TRIGGER prices_overlap BEFORE INSERT ON prices
WHEN NEW.withdrawn_at IS NULL
BEGIN
    SELECT RAISE(ABORT, 'prices_overlap') WHERE EXISTS (
        SELECT 1 FROM prices p
        WHERE p.item_id = NEW.item_id AND p.id <> NEW.id AND p.withdrawn_at IS NULL
          AND p.clinic_id IS NEW.clinic_id AND p.insurer_id IS NEW.insurer_id AND p.provider_id IS NEW.provider_id
          AND p.valid_from <= coalesce(NEW.valid_to, '9999-12-31') AND coalesce(p.valid_to, '9999-12-31') >= NEW.valid_from);
END;
CREATE TRIGGER prices_limit BEFORE INSERT ON prices
WHEN NEW.amount > 100000000000
BEGIN
    SELECT RAISE(ABORT, 'prices_limit');
END;
-- An update may end a price earlier or withdraw it, once; nothing else changes.
CREATE TRIGGER prices_kept BEFORE UPDATE ON prices
WHEN NOT (NEW.id IS OLD.id AND NEW.item_id IS OLD.item_id AND NEW.clinic_id IS OLD.clinic_id AND NEW.insurer_id IS OLD.insurer_id
    AND NEW.provider_id IS OLD.provider_id AND NEW.amount IS OLD.amount AND NEW.per IS OLD.per AND NEW.valid_from IS OLD.valid_from
    AND NEW.created_at IS OLD.created_at AND NEW.created_by IS OLD.created_by AND OLD.withdrawn_at IS NULL
    AND (NEW.valid_to IS OLD.valid_to OR (NEW.valid_to IS NOT NULL AND NEW.valid_to < coalesce(OLD.valid_to, '9999-12-31'))))
BEGIN
    SELECT RAISE(ABORT, 'prices_kept');
END;
CREATE TRIGGER prices_kept_delete BEFORE DELETE ON prices
BEGIN
    SELECT RAISE(ABORT, 'prices_kept');
END;
