-- The corrections of the facts of patients' records: each field, its value before and after. Names and values are sealed.
CREATE TABLE patient_changes (
    id         UUID PRIMARY KEY NOT NULL,
    patient_id UUID NOT NULL REFERENCES patients (id),
    changed_at TIMESTAMPTZ NOT NULL,
    changed_by UUID NOT NULL REFERENCES users (id),
    -- The request, by which a line of the audit log finds its changes.
    request_id TEXT NOT NULL CHECK (length(request_id) BETWEEN 1 AND 40),
    -- The changes of facts that the record holds in the open, and of those that it seals.
    sealed     BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 40000)
);
CREATE INDEX patient_changes_by_patient ON patient_changes (patient_id, changed_at, id);
CREATE INDEX patient_changes_by_request ON patient_changes (request_id, patient_id);
CREATE INDEX patient_changes_by_user ON patient_changes (changed_by);
CREATE TRIGGER patient_changes_fixed BEFORE UPDATE ON patient_changes FOR EACH ROW
WHEN ((NEW.id, NEW.patient_id, NEW.changed_at, NEW.changed_by, NEW.request_id)
    IS DISTINCT FROM (OLD.id, OLD.patient_id, OLD.changed_at, OLD.changed_by, OLD.request_id))
EXECUTE FUNCTION row_fixed('patient_changes_fixed');
CREATE TRIGGER patient_changes_kept BEFORE DELETE ON patient_changes FOR EACH ROW EXECUTE FUNCTION row_fixed('patient_changes_fixed');
CREATE TRIGGER patient_changes_key_open_insert AFTER INSERT ON patient_changes REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER patient_changes_key_open_update BEFORE UPDATE OF sealed ON patient_changes
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
REVOKE DELETE, TRUNCATE ON patient_changes FROM infirmary_app;
-- The auditor reads which fields changed, of every patient, as in the log.
SELECT guard_rows('patient_changes', 'patient_id', '(SELECT reader_may()) = ''read_audit''');
