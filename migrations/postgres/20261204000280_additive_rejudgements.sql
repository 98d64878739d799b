-- The results that a corrected birth date or sex concerns: those that are not released are judged anew, released ones are listed for the laboratory
-- when they would be flagged otherwise, and are never changed by themselves.
CREATE TABLE lab_rejudgements (
    result_id            UUID PRIMARY KEY NOT NULL REFERENCES lab_results (id),
    patient_id           UUID NOT NULL REFERENCES patients (id),
    clinic_id            UUID NOT NULL REFERENCES clinics (id),
    -- The facts by which the result was judged.
    was_sex              TEXT NOT NULL CHECK (was_sex IN ('female', 'male', 'other', 'unknown')),
    was_birth_date       DATE,
    was_birth_precision  TEXT NOT NULL CHECK (was_birth_precision IN ('day', 'month', 'year', 'unknown')),
    state                TEXT NOT NULL CHECK (state IN ('waiting', 'same', 'judged', 'listed', 'kept', 'corrected')),
    noticed_at           TIMESTAMPTZ NOT NULL,
    settled_at           TIMESTAMPTZ,
    settled_by           UUID REFERENCES users (id),
    -- How a listed result would be judged today.
    flag                 TEXT NOT NULL DEFAULT '' CHECK (flag IN ('', 'LL', 'L', 'N', 'H', 'HH', 'A', 'AA', '?')),
    value_text           TEXT NOT NULL DEFAULT '' CHECK (length(value_text) <= 40),
    range_text           TEXT NOT NULL DEFAULT '' CHECK (length(range_text) <= 200),
    -- Why the laboratory left a listed result as it is.
    reason               TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    CONSTRAINT rejudgements_settled CHECK ((state = 'waiting') = (settled_at IS NULL) AND (settled_at IS NULL) = (settled_by IS NULL)),
    CONSTRAINT rejudgements_reasoned CHECK ((state = 'kept') = (length(trim(reason)) > 0)),
    CONSTRAINT rejudgements_born CHECK ((was_birth_precision = 'unknown') = (was_birth_date IS NULL))
);
CREATE INDEX lab_rejudgements_waiting ON lab_rejudgements (clinic_id, patient_id) WHERE state = 'waiting';
CREATE INDEX lab_rejudgements_listed ON lab_rejudgements (clinic_id, noticed_at) WHERE state = 'listed';
CREATE INDEX lab_rejudgements_by_patient ON lab_rejudgements (patient_id);
SELECT guard_rows('lab_rejudgements', 'patient_id', 'lab_rejudgements.clinic_id = ANY ((SELECT reader_clinics())::uuid[])');
REVOKE DELETE, TRUNCATE ON lab_rejudgements FROM infirmary_app;

-- A correction of the facts notes the patient's current results at all clinics, whoever made it. The function writes as its owner.
CREATE FUNCTION notice_results() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO lab_rejudgements (result_id, patient_id, clinic_id, was_sex, was_birth_date, was_birth_precision, state, noticed_at)
    SELECT r.id, r.patient_id, r.clinic_id, OLD.sex, OLD.birth_date, OLD.birth_precision, 'waiting', NEW.updated_at
    FROM lab_results r WHERE r.patient_id = NEW.id AND r.superseded_at IS NULL AND r.kind IN ('quantity', 'absent')
    ON CONFLICT (result_id) DO UPDATE SET state = 'waiting', noticed_at = excluded.noticed_at, settled_at = NULL, settled_by = NULL, flag = '',
        value_text = '', range_text = '', reason = '';
    RETURN NULL;
END $$;
CREATE TRIGGER patients_notice_results AFTER UPDATE OF birth_date, birth_precision, sex ON patients FOR EACH ROW
WHEN ((NEW.birth_date, NEW.birth_precision, NEW.sex) IS DISTINCT FROM (OLD.birth_date, OLD.birth_precision, OLD.sex))
EXECUTE FUNCTION notice_results();
-- A result stays the one that was noted, with the facts by which it was judged.
CREATE TRIGGER rejudgements_fixed BEFORE UPDATE ON lab_rejudgements FOR EACH ROW
WHEN ((NEW.result_id, NEW.patient_id, NEW.clinic_id, NEW.was_sex, NEW.was_birth_date, NEW.was_birth_precision)
    IS DISTINCT FROM (OLD.result_id, OLD.patient_id, OLD.clinic_id, OLD.was_sex, OLD.was_birth_date, OLD.was_birth_precision))
EXECUTE FUNCTION row_fixed('rejudgements_fixed');
CREATE TRIGGER rejudgements_kept BEFORE DELETE ON lab_rejudgements FOR EACH ROW EXECUTE FUNCTION row_fixed('rejudgements_fixed');
