-- A price can be for visits of one type: a first visit costs more than a control.
ALTER TABLE prices ADD COLUMN visit_type_id BLOB REFERENCES visit_types (id);
CREATE INDEX prices_by_visit_type ON prices (visit_type_id) WHERE visit_type_id IS NOT NULL;

DROP TRIGGER prices_overlap;
CREATE TRIGGER prices_overlap BEFORE INSERT ON prices
WHEN NEW.withdrawn_at IS NULL
BEGIN
    SELECT RAISE(ABORT, 'prices_overlap') WHERE EXISTS (
        SELECT 1 FROM prices p
        WHERE p.item_id = NEW.item_id AND p.id <> NEW.id AND p.withdrawn_at IS NULL
          AND p.clinic_id IS NEW.clinic_id AND p.insurer_id IS NEW.insurer_id AND p.provider_id IS NEW.provider_id
          AND p.visit_type_id IS NEW.visit_type_id
          AND p.valid_from <= coalesce(NEW.valid_to, '9999-12-31') AND coalesce(p.valid_to, '9999-12-31') >= NEW.valid_from);
END;
CREATE TRIGGER prices_visit_type_kept BEFORE UPDATE ON prices
WHEN NEW.visit_type_id IS NOT OLD.visit_type_id
BEGIN
    SELECT RAISE(ABORT, 'prices_kept');
END;
