-- The corrections of the facts of patients' records: each field, its value before and after. Names and values are sealed.
CREATE TABLE patient_changes (
    id         BLOB PRIMARY KEY NOT NULL,
    patient_id BLOB NOT NULL REFERENCES patients (id),
    changed_at TEXT NOT NULL,
    changed_by BLOB NOT NULL REFERENCES users (id),
    -- The request, by which a line of the audit log finds its changes.
    request_id TEXT NOT NULL CHECK (length(request_id) BETWEEN 1 AND 40),
    -- The changes of facts that the record holds in the open, and of those that it seals.
    sealed     BLOB NOT NULL DEFAULT X'' CHECK (length(sealed) <= 40000)
) STRICT;
CREATE INDEX patient_changes_by_patient ON patient_changes (patient_id, changed_at, id);
CREATE INDEX patient_changes_by_request ON patient_changes (request_id, patient_id);
CREATE INDEX patient_changes_by_user ON patient_changes (changed_by);
CREATE TRIGGER patient_changes_fixed BEFORE UPDATE ON patient_changes
WHEN (NEW.id, NEW.patient_id, NEW.changed_at, NEW.changed_by, NEW.request_id)
    IS NOT (OLD.id, OLD.patient_id, OLD.changed_at, OLD.changed_by, OLD.request_id)
BEGIN
    SELECT RAISE(ABORT, 'patient_changes_fixed');
END;
CREATE TRIGGER patient_changes_kept BEFORE DELETE ON patient_changes
BEGIN
    SELECT RAISE(ABORT, 'patient_changes_fixed');
END;
CREATE TRIGGER patient_changes_key_open_insert BEFORE INSERT ON patient_changes
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER patient_changes_key_open_update BEFORE UPDATE OF sealed ON patient_changes WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
