-- Parts of a note that a doctor holds back from the portal: from everybody, from those who act for the patient, or from the patient.
CREATE TABLE note_holds (
    id           BLOB PRIMARY KEY NOT NULL,
    encounter_id BLOB NOT NULL REFERENCES encounters (id),
    patient_id   BLOB NOT NULL REFERENCES patients (id),
    part         TEXT NOT NULL CHECK (part IN ('reason', 'history', 'examination', 'assessment', 'plan', 'diagnoses', 'addenda')),
    hidden_from  TEXT NOT NULL CHECK (hidden_from IN ('everybody', 'guardians', 'patient')),
    -- The reason.
    sealed       BLOB NOT NULL DEFAULT X'' CHECK (length(sealed) <= 4000),
    held_at      TEXT NOT NULL,
    held_by      BLOB NOT NULL REFERENCES users (id),
    ended_at     TEXT,
    ended_by     BLOB REFERENCES users (id),
    CONSTRAINT note_holds_ended CHECK ((ended_at IS NULL) = (ended_by IS NULL))
) STRICT;
CREATE UNIQUE INDEX note_holds_once ON note_holds (encounter_id, part) WHERE ended_at IS NULL;
CREATE INDEX note_holds_by_encounter ON note_holds (encounter_id);
CREATE INDEX note_holds_by_patient ON note_holds (patient_id);
CREATE TRIGGER note_holds_same_patient BEFORE INSERT ON note_holds
WHEN NOT EXISTS (SELECT 1 FROM encounters e WHERE e.id = NEW.encounter_id AND e.patient_id = NEW.patient_id)
BEGIN
    SELECT RAISE(ABORT, 'note_holds_same_patient');
END;
CREATE TRIGGER note_holds_fixed BEFORE UPDATE ON note_holds
WHEN (NEW.id, NEW.encounter_id, NEW.patient_id, NEW.part, NEW.hidden_from, NEW.held_at, NEW.held_by)
    IS NOT (OLD.id, OLD.encounter_id, OLD.patient_id, OLD.part, OLD.hidden_from, OLD.held_at, OLD.held_by)
    OR (OLD.ended_at IS NOT NULL AND (NEW.ended_at, NEW.ended_by) IS NOT (OLD.ended_at, OLD.ended_by))
BEGIN
    SELECT RAISE(ABORT, 'note_holds_fixed');
END;
CREATE TRIGGER note_holds_kept BEFORE DELETE ON note_holds
BEGIN
    SELECT RAISE(ABORT, 'note_holds_fixed');
END;
CREATE TRIGGER note_holds_key_open_insert BEFORE INSERT ON note_holds
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER note_holds_key_open_update BEFORE UPDATE OF sealed ON note_holds WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
