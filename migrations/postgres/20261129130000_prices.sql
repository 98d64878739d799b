-- The price list is kept in pages. A price stands for one clinic, insurer and doctor, or for all of them, from a day on. A change is a
-- new row; the older row gets its last day and is otherwise never rewritten.
ALTER TABLE price_items ADD COLUMN unit TEXT NOT NULL DEFAULT '' CHECK (length(unit) <= 40),
    ADD COLUMN discountable BOOLEAN NOT NULL DEFAULT true,
    ADD COLUMN created_at TIMESTAMPTZ, ADD COLUMN created_by UUID REFERENCES users (id),
    ADD COLUMN updated_at TIMESTAMPTZ, ADD COLUMN updated_by UUID REFERENCES users (id), ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
CREATE UNIQUE INDEX price_items_one_code ON price_items (upper(code));

ALTER TABLE prices ADD COLUMN insurer_id UUID REFERENCES insurers (id),
    -- The doctor's own fee.
    ADD COLUMN provider_id UUID REFERENCES staff (id),
    -- The amount is for so many: 100 tablets, 1 hour.
    ADD COLUMN per BIGINT NOT NULL DEFAULT 1 CONSTRAINT prices_per CHECK (per BETWEEN 1 AND 1000),
    ADD COLUMN closed_at TIMESTAMPTZ, ADD COLUMN closed_by UUID REFERENCES users (id),
    -- A price that was replaced on its first day, or before it: it is kept, and never used again.
    ADD COLUMN withdrawn_at TIMESTAMPTZ;

-- Older rows without a last day end before the next row begins.
UPDATE prices p SET valid_to = (
    SELECT min(n.valid_from) - 1 FROM prices n
    WHERE n.item_id = p.item_id AND n.clinic_id IS NOT DISTINCT FROM p.clinic_id AND n.valid_from > p.valid_from)
WHERE EXISTS (SELECT 1 FROM prices n WHERE n.item_id = p.item_id AND n.clinic_id IS NOT DISTINCT FROM p.clinic_id
    AND n.valid_from > p.valid_from AND n.valid_from <= coalesce(p.valid_to, DATE '9999-12-31'));

DROP INDEX prices_one_start;
DROP INDEX prices_one_start_everywhere;
CREATE INDEX prices_by_item ON prices (item_id, valid_from);

ALTER TABLE prices ADD CONSTRAINT prices_limit CHECK (amount <= 100000000000) NOT VALID,
    ADD CONSTRAINT prices_overlap EXCLUDE USING gist (item_id WITH =,
        (coalesce(clinic_id, '00000000-0000-0000-0000-000000000000'::uuid)) WITH =,
        (coalesce(insurer_id, '00000000-0000-0000-0000-000000000000'::uuid)) WITH =,
        (coalesce(provider_id, '00000000-0000-0000-0000-000000000000'::uuid)) WITH =,
        (daterange(valid_from, valid_to, '[]')) WITH &&) WHERE (withdrawn_at IS NULL);

-- An update may end a price earlier or withdraw it, once; nothing else changes.
CREATE FUNCTION prices_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse('prices_kept');
    RETURN NULL;
END $$;
CREATE TRIGGER prices_kept BEFORE UPDATE ON prices FOR EACH ROW
WHEN (NOT (NEW.id = OLD.id AND NEW.item_id = OLD.item_id AND NEW.clinic_id IS NOT DISTINCT FROM OLD.clinic_id
    AND NEW.insurer_id IS NOT DISTINCT FROM OLD.insurer_id AND NEW.provider_id IS NOT DISTINCT FROM OLD.provider_id
    AND NEW.amount = OLD.amount AND NEW.per = OLD.per AND NEW.valid_from = OLD.valid_from AND NEW.created_at = OLD.created_at
    AND NEW.created_by = OLD.created_by AND OLD.withdrawn_at IS NULL
    AND (NEW.valid_to IS NOT DISTINCT FROM OLD.valid_to
        OR (NEW.valid_to IS NOT NULL AND NEW.valid_to < coalesce(OLD.valid_to, DATE '9999-12-31')))))
EXECUTE FUNCTION prices_kept();
CREATE TRIGGER prices_kept_delete BEFORE DELETE ON prices FOR EACH ROW EXECUTE FUNCTION prices_kept();
