-- The photo by which the desk recognises a patient: small, and sealed. It goes with the addresses when a record is erased.
CREATE TABLE patient_photos (
    id          UUID PRIMARY KEY NOT NULL,
    patient_id  UUID NOT NULL UNIQUE REFERENCES patients (id),
    media       TEXT NOT NULL CHECK (media IN ('jpeg', 'png')),
    sealed      BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 400000),
    taken_at    TIMESTAMPTZ NOT NULL,
    taken_by    UUID NOT NULL REFERENCES users (id)
);
CREATE TRIGGER patient_photos_fixed BEFORE UPDATE ON patient_photos FOR EACH ROW
WHEN ((NEW.id, NEW.patient_id, NEW.media, NEW.taken_at, NEW.taken_by)
    IS DISTINCT FROM (OLD.id, OLD.patient_id, OLD.media, OLD.taken_at, OLD.taken_by))
EXECUTE FUNCTION row_fixed('patient_photos_fixed');
CREATE TRIGGER patient_photos_key_open_insert AFTER INSERT ON patient_photos REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER patient_photos_key_open_update BEFORE UPDATE OF sealed ON patient_photos
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
SELECT guard_rows('patient_photos');
