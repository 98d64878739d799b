-- Parts of a note that a doctor holds back from the portal: from everybody, from those who act for the patient, or from the patient.
CREATE TABLE note_holds (
    id           UUID PRIMARY KEY NOT NULL,
    encounter_id UUID NOT NULL REFERENCES encounters (id),
    patient_id   UUID NOT NULL REFERENCES patients (id),
    part         TEXT NOT NULL CHECK (part IN ('reason', 'history', 'examination', 'assessment', 'plan', 'diagnoses', 'addenda')),
    hidden_from  TEXT NOT NULL CHECK (hidden_from IN ('everybody', 'guardians', 'patient')),
    -- The reason.
    sealed       BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 4000),
    held_at      TIMESTAMPTZ NOT NULL,
    held_by      UUID NOT NULL REFERENCES users (id),
    ended_at     TIMESTAMPTZ,
    ended_by     UUID REFERENCES users (id),
    CONSTRAINT note_holds_ended CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE UNIQUE INDEX note_holds_once ON note_holds (encounter_id, part) WHERE ended_at IS NULL;
CREATE INDEX note_holds_by_encounter ON note_holds (encounter_id);
CREATE INDEX note_holds_by_patient ON note_holds (patient_id);
CREATE FUNCTION note_holds_same_patient() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM encounters e WHERE e.id = NEW.encounter_id AND e.patient_id = NEW.patient_id) THEN
        PERFORM refuse('note_holds_same_patient');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER note_holds_same_patient BEFORE INSERT ON note_holds FOR EACH ROW EXECUTE FUNCTION note_holds_same_patient();
CREATE TRIGGER note_holds_fixed BEFORE UPDATE ON note_holds FOR EACH ROW
WHEN ((NEW.id, NEW.encounter_id, NEW.patient_id, NEW.part, NEW.hidden_from, NEW.held_at, NEW.held_by)
    IS DISTINCT FROM (OLD.id, OLD.encounter_id, OLD.patient_id, OLD.part, OLD.hidden_from, OLD.held_at, OLD.held_by)
    OR (OLD.ended_at IS NOT NULL AND (NEW.ended_at, NEW.ended_by) IS DISTINCT FROM (OLD.ended_at, OLD.ended_by)))
EXECUTE FUNCTION row_fixed('note_holds_fixed');
CREATE TRIGGER note_holds_kept BEFORE DELETE ON note_holds FOR EACH ROW EXECUTE FUNCTION row_fixed('note_holds_fixed');
CREATE TRIGGER note_holds_key_open_insert AFTER INSERT ON note_holds REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER note_holds_key_open_update BEFORE UPDATE OF sealed ON note_holds FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
SELECT guard_rows('note_holds');
REVOKE DELETE, TRUNCATE ON note_holds FROM infirmary_app;
