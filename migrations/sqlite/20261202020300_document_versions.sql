-- A newer version of a document replaces the one before, which stays. A scanner for viruses looks at each file that arrives.
ALTER TABLE patient_documents ADD COLUMN replaces BLOB REFERENCES patient_documents (id);
ALTER TABLE patient_documents ADD COLUMN scan TEXT NOT NULL DEFAULT 'not_scanned'
    CHECK (scan IN ('not_scanned', 'waiting', 'clean', 'infected'));
ALTER TABLE patient_documents ADD COLUMN scanned_at TEXT
    CONSTRAINT documents_scanned CHECK ((scan IN ('clean', 'infected')) = (scanned_at IS NOT NULL));
CREATE UNIQUE INDEX documents_replaced_once ON patient_documents (replaces) WHERE replaces IS NOT NULL AND error_at IS NULL;
CREATE INDEX patient_documents_by_version ON patient_documents (replaces) WHERE replaces IS NOT NULL;
CREATE INDEX patient_documents_to_scan ON patient_documents (added_at) WHERE scan = 'waiting';
DROP TRIGGER documents_fixed;
CREATE TRIGGER documents_fixed BEFORE UPDATE ON patient_documents
WHEN (NEW.id, NEW.patient_id, NEW.clinic_id, NEW.kind, NEW.media, NEW.size, NEW.chunks, NEW.digest, NEW.day, NEW.by_patient, NEW.added_at,
        NEW.added_by, NEW.replaces)
    IS NOT (OLD.id, OLD.patient_id, OLD.clinic_id, OLD.kind, OLD.media, OLD.size, OLD.chunks, OLD.digest, OLD.day, OLD.by_patient, OLD.added_at,
        OLD.added_by, OLD.replaces)
    OR (OLD.error_at IS NOT NULL AND (NEW.error_at IS NOT OLD.error_at OR NEW.error_by IS NOT OLD.error_by OR NEW.portal <> OLD.portal))
BEGIN
    SELECT RAISE(ABORT, 'documents_fixed');
END;
-- The result of a scan comes once.
CREATE TRIGGER documents_scan_once BEFORE UPDATE ON patient_documents
WHEN (NEW.scan, NEW.scanned_at) IS NOT (OLD.scan, OLD.scanned_at) AND (OLD.scan <> 'waiting' OR NEW.scan NOT IN ('clean', 'infected'))
BEGIN
    SELECT RAISE(ABORT, 'documents_scan_once');
END;
CREATE TRIGGER documents_same_patient BEFORE INSERT ON patient_documents
WHEN NEW.replaces IS NOT NULL AND NOT EXISTS (SELECT 1 FROM patient_documents d
    WHERE d.id = NEW.replaces AND d.patient_id = NEW.patient_id AND d.error_at IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'documents_same_patient');
END;
