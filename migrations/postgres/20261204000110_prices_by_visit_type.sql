-- A price can be for visits of one type: a first visit costs more than a control.
ALTER TABLE prices ADD COLUMN visit_type_id UUID REFERENCES visit_types (id);
CREATE INDEX prices_by_visit_type ON prices (visit_type_id) WHERE visit_type_id IS NOT NULL;

ALTER TABLE prices DROP CONSTRAINT prices_overlap;
ALTER TABLE prices ADD CONSTRAINT prices_overlap EXCLUDE USING gist (item_id WITH =,
    (coalesce(clinic_id, '00000000-0000-0000-0000-000000000000'::uuid)) WITH =,
    (coalesce(insurer_id, '00000000-0000-0000-0000-000000000000'::uuid)) WITH =,
    (coalesce(provider_id, '00000000-0000-0000-0000-000000000000'::uuid)) WITH =,
    (coalesce(visit_type_id, '00000000-0000-0000-0000-000000000000'::uuid)) WITH =,
    (daterange(valid_from, valid_to, '[]')) WITH &&) WHERE (withdrawn_at IS NULL);
CREATE TRIGGER prices_visit_type_kept BEFORE UPDATE ON prices FOR EACH ROW
WHEN (NEW.visit_type_id IS DISTINCT FROM OLD.visit_type_id) EXECUTE FUNCTION prices_kept();
