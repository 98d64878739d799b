-- The treatment plan of an encounter: goals, instructions, follow-up and the day of its review, in versions.

CREATE TABLE treatment_plans (
    id             UUID PRIMARY KEY NOT NULL,
    encounter_id   UUID NOT NULL REFERENCES encounters (id),
    patient_id     UUID NOT NULL REFERENCES patients (id),
    clinic_id      UUID NOT NULL REFERENCES clinics (id),
    version        BIGINT NOT NULL CHECK (version >= 1),
    -- The goals, the instructions for the patient, and the follow-up.
    sealed         BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 200000),
    review_on      DATE,
    written_at     TIMESTAMPTZ NOT NULL,
    written_by     UUID NOT NULL REFERENCES users (id),
    superseded_at  TIMESTAMPTZ,
    CONSTRAINT treatment_plans_versions UNIQUE (encounter_id, version)
);
CREATE UNIQUE INDEX treatment_plans_one_current ON treatment_plans (encounter_id) WHERE superseded_at IS NULL;
CREATE INDEX treatment_plans_by_patient ON treatment_plans (patient_id, written_at) WHERE superseded_at IS NULL;

SELECT guard_rows('treatment_plans', 'patient_id', 'treatment_plans.clinic_id = ANY ((SELECT reader_clinics())::uuid[])');
REVOKE DELETE, TRUNCATE ON treatment_plans FROM infirmary_app;
-- A plan is of the patient and the clinic of its encounter. The function reads as its owner.
CREATE FUNCTION treatment_plans_same_patient() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM encounters e WHERE e.id = NEW.encounter_id AND e.patient_id = NEW.patient_id AND e.clinic_id = NEW.clinic_id) THEN
        PERFORM refuse('treatment_plans_same_patient');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER treatment_plans_same_patient BEFORE INSERT ON treatment_plans FOR EACH ROW EXECUTE FUNCTION treatment_plans_same_patient();
-- A version stays what it is; a later one replaces it once.
CREATE TRIGGER treatment_plans_frozen BEFORE UPDATE ON treatment_plans FOR EACH ROW
WHEN ((NEW.id, NEW.encounter_id, NEW.patient_id, NEW.clinic_id, NEW.version, NEW.review_on, NEW.written_at, NEW.written_by)
        IS DISTINCT FROM (OLD.id, OLD.encounter_id, OLD.patient_id, OLD.clinic_id, OLD.version, OLD.review_on, OLD.written_at, OLD.written_by)
    OR (OLD.superseded_at IS NOT NULL AND NEW.superseded_at IS DISTINCT FROM OLD.superseded_at))
EXECUTE FUNCTION row_fixed('treatment_plans_frozen');
CREATE TRIGGER treatment_plans_kept BEFORE DELETE ON treatment_plans FOR EACH ROW EXECUTE FUNCTION row_fixed('treatment_plans_frozen');
CREATE TRIGGER treatment_plans_key_open_insert AFTER INSERT ON treatment_plans REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER treatment_plans_key_open_update BEFORE UPDATE OF sealed ON treatment_plans FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
