-- The photo by which the desk recognises a patient: small, and sealed. It goes with the addresses when a record is erased.
CREATE TABLE patient_photos (
    id          BLOB PRIMARY KEY NOT NULL,
    patient_id  BLOB NOT NULL UNIQUE REFERENCES patients (id),
    media       TEXT NOT NULL CHECK (media IN ('jpeg', 'png')),
    sealed      BLOB NOT NULL DEFAULT X'' CHECK (length(sealed) <= 400000),
    taken_at    TEXT NOT NULL,
    taken_by    BLOB NOT NULL REFERENCES users (id)
) STRICT;
CREATE TRIGGER patient_photos_fixed BEFORE UPDATE ON patient_photos
WHEN (NEW.id, NEW.patient_id, NEW.media, NEW.taken_at, NEW.taken_by) IS NOT (OLD.id, OLD.patient_id, OLD.media, OLD.taken_at, OLD.taken_by)
BEGIN
    SELECT RAISE(ABORT, 'patient_photos_fixed');
END;
CREATE TRIGGER patient_photos_key_open_insert BEFORE INSERT ON patient_photos
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER patient_photos_key_open_update BEFORE UPDATE OF sealed ON patient_photos
WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
