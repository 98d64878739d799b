-- Each warning in spite of which a medicine was prescribed, with the reason, as the prescriber read it. A pharmacist of the clinic reviews it once.
CREATE TABLE check_findings (
    id              BLOB PRIMARY KEY NOT NULL,
    prescription_id BLOB NOT NULL REFERENCES prescriptions (id),
    patient_id      BLOB NOT NULL REFERENCES patients (id),
    clinic_id       BLOB NOT NULL REFERENCES clinics (id),
    -- When the prescription was written, or when it was signed.
    stage           TEXT NOT NULL CHECK (stage IN ('write', 'sign')),
    -- The key of the warning (clinical::workflow::warnings).
    rule_key        TEXT NOT NULL CHECK (length(rule_key) BETWEEN 1 AND 200),
    level           TEXT NOT NULL CHECK (level IN ('block', 'strong', 'warn', 'info')),
    sentence        TEXT NOT NULL CHECK (length(sentence) BETWEEN 1 AND 2000),
    reason          TEXT NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    decided_at      TEXT NOT NULL,
    decided_by      BLOB NOT NULL REFERENCES users (id),
    reviewed_at     TEXT,
    reviewed_by     BLOB REFERENCES users (id),
    CONSTRAINT check_findings_reviewed CHECK ((reviewed_at IS NULL) = (reviewed_by IS NULL)),
    CONSTRAINT check_findings_by_another CHECK (reviewed_by IS NULL OR reviewed_by <> decided_by)
) STRICT;
CREATE UNIQUE INDEX check_findings_once ON check_findings (prescription_id, rule_key);
CREATE INDEX check_findings_waiting ON check_findings (clinic_id, decided_at, id) WHERE reviewed_at IS NULL;
CREATE INDEX check_findings_by_clinic ON check_findings (clinic_id, decided_at, id);
CREATE INDEX check_findings_by_patient ON check_findings (patient_id);
CREATE TRIGGER check_findings_frozen BEFORE UPDATE ON check_findings
WHEN OLD.reviewed_at IS NOT NULL OR (NEW.id, NEW.prescription_id, NEW.patient_id, NEW.clinic_id, NEW.stage, NEW.rule_key, NEW.level,
    NEW.sentence, NEW.reason, NEW.decided_at, NEW.decided_by) IS NOT (OLD.id, OLD.prescription_id, OLD.patient_id, OLD.clinic_id, OLD.stage,
    OLD.rule_key, OLD.level, OLD.sentence, OLD.reason, OLD.decided_at, OLD.decided_by)
BEGIN
    SELECT RAISE(ABORT, 'check_findings_frozen');
END;
CREATE TRIGGER check_findings_never_deleted BEFORE DELETE ON check_findings
BEGIN
    SELECT RAISE(ABORT, 'check_findings_never_deleted');
END;
