-- Two records of one person: the proposal, the decision of a second person, and the way back. Signed rows keep the patient's id that their
-- signature covers; the row of the merge leads from the merged record to the surviving one.

CREATE TABLE patient_merges (
    id          UUID PRIMARY KEY NOT NULL,
    survivor_id UUID NOT NULL REFERENCES patients (id),
    merged_id   UUID NOT NULL REFERENCES patients (id),
    clinic_id   UUID NOT NULL REFERENCES clinics (id),
    state       TEXT NOT NULL CHECK (state IN ('proposed', 'merged', 'rejected', 'undone')),
    reason      TEXT NOT NULL CHECK (reason IN ('registered_twice', 'unknown_named', 'imported', 'other')),
    -- The words of the proposal, of the decision and of the way back, and the facts of the surviving record before and after.
    sealed      BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 200000),
    proposed_at TIMESTAMPTZ NOT NULL,
    proposed_by UUID NOT NULL REFERENCES users (id),
    decided_at  TIMESTAMPTZ,
    decided_by  UUID REFERENCES users (id),
    undone_at   TIMESTAMPTZ,
    undone_by   UUID REFERENCES users (id),
    CONSTRAINT merges_two_records CHECK (survivor_id <> merged_id),
    CONSTRAINT merges_two_persons CHECK (decided_by IS NULL OR decided_by <> proposed_by),
    CONSTRAINT merges_decided CHECK ((state = 'proposed') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)),
    CONSTRAINT merges_undone CHECK ((state = 'undone') = (undone_at IS NOT NULL) AND (undone_at IS NULL) = (undone_by IS NULL))
);
-- A record is merged into one other.
CREATE UNIQUE INDEX merges_once ON patient_merges (merged_id) WHERE state IN ('proposed', 'merged');
CREATE INDEX patient_merges_by_merged ON patient_merges (merged_id, state);
CREATE INDEX patient_merges_by_survivor ON patient_merges (survivor_id, state);
CREATE INDEX patient_merges_by_clinic ON patient_merges (clinic_id, proposed_at, id);
CREATE INDEX patient_merges_waiting ON patient_merges (clinic_id, proposed_at) WHERE state = 'proposed';

-- The rows that a merge moved to the surviving record, and the rows of care that it added.
CREATE TABLE patient_merge_rows (
    merge_id    UUID NOT NULL REFERENCES patient_merges (id),
    table_name  TEXT NOT NULL CHECK (length(table_name) BETWEEN 1 AND 60),
    column_name TEXT NOT NULL CHECK (length(column_name) BETWEEN 1 AND 60),
    row_id      UUID NOT NULL,
    act         TEXT NOT NULL CHECK (act IN ('moved', 'added')),
    PRIMARY KEY (merge_id, table_name, column_name, row_id)
);

CREATE TRIGGER merges_begin BEFORE INSERT ON patient_merges FOR EACH ROW
WHEN (NEW.state <> 'proposed') EXECUTE FUNCTION row_fixed('merges_moves');
CREATE TRIGGER merges_moves BEFORE UPDATE OF state ON patient_merges FOR EACH ROW
WHEN (NEW.state <> OLD.state
    AND NOT ((OLD.state = 'proposed' AND NEW.state IN ('merged', 'rejected')) OR (OLD.state = 'merged' AND NEW.state = 'undone')))
EXECUTE FUNCTION row_fixed('merges_moves');
CREATE TRIGGER merges_fixed BEFORE UPDATE ON patient_merges FOR EACH ROW
WHEN ((NEW.id, NEW.survivor_id, NEW.merged_id, NEW.clinic_id, NEW.reason, NEW.proposed_at, NEW.proposed_by)
    IS DISTINCT FROM (OLD.id, OLD.survivor_id, OLD.merged_id, OLD.clinic_id, OLD.reason, OLD.proposed_at, OLD.proposed_by)
    OR (OLD.decided_at IS NOT NULL AND (NEW.decided_at, NEW.decided_by) IS DISTINCT FROM (OLD.decided_at, OLD.decided_by))
    OR (OLD.undone_at IS NOT NULL AND (NEW.undone_at, NEW.undone_by) IS DISTINCT FROM (OLD.undone_at, OLD.undone_by)))
EXECUTE FUNCTION row_fixed('merges_fixed');
CREATE TRIGGER merges_kept BEFORE DELETE ON patient_merges FOR EACH ROW EXECUTE FUNCTION row_fixed('merges_fixed');
CREATE TRIGGER merge_rows_fixed BEFORE UPDATE ON patient_merge_rows FOR EACH ROW EXECUTE FUNCTION row_fixed('merge_rows_fixed');
CREATE TRIGGER merge_rows_kept BEFORE DELETE ON patient_merge_rows FOR EACH ROW EXECUTE FUNCTION row_fixed('merge_rows_fixed');

-- No chains: a record that was merged takes no other record, and one that took others is not merged. A patient who is in the house stays
-- under the record on which the visit or the stay is kept. The functions read as their owner.
CREATE FUNCTION merges_possible() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM patient_merges m WHERE m.state = 'merged' AND (m.merged_id = NEW.survivor_id OR m.survivor_id = NEW.merged_id)) THEN
        PERFORM refuse('merges_flat');
    END IF;
    IF EXISTS (SELECT 1 FROM visits v WHERE v.patient_id = NEW.merged_id AND v.ended_at IS NULL)
        OR EXISTS (SELECT 1 FROM admissions a WHERE a.patient_id = NEW.merged_id AND a.state IN ('requested', 'accepted', 'admitted')) THEN
        PERFORM refuse('merges_empty');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER merges_possible BEFORE UPDATE OF state ON patient_merges FOR EACH ROW
WHEN (NEW.state = 'merged' AND OLD.state <> 'merged') EXECUTE FUNCTION merges_possible();

-- Both records are in the care of the clinics of both.
CREATE FUNCTION merges_care() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO patient_merge_rows (merge_id, table_name, column_name, row_id, act)
    SELECT NEW.id, 'care', CASE WHEN k.patient_id = NEW.merged_id THEN 'survivor_id' ELSE 'merged_id' END, k.clinic_id, 'added'
    FROM care k WHERE k.patient_id IN (NEW.survivor_id, NEW.merged_id) AND NOT EXISTS (SELECT 1 FROM care o WHERE o.clinic_id = k.clinic_id
        AND o.patient_id = CASE WHEN k.patient_id = NEW.merged_id THEN NEW.survivor_id ELSE NEW.merged_id END);
    INSERT INTO care (patient_id, clinic_id, since, because)
    SELECT CASE WHEN r.column_name = 'survivor_id' THEN NEW.survivor_id ELSE NEW.merged_id END, k.clinic_id, k.since, k.because
    FROM patient_merge_rows r JOIN care k ON k.clinic_id = r.row_id
        AND k.patient_id = CASE WHEN r.column_name = 'survivor_id' THEN NEW.merged_id ELSE NEW.survivor_id END
    WHERE r.merge_id = NEW.id AND r.table_name = 'care';
    RETURN NULL;
END $$;
CREATE TRIGGER merges_care AFTER UPDATE OF state ON patient_merges FOR EACH ROW
WHEN (NEW.state = 'merged' AND OLD.state <> 'merged') EXECUTE FUNCTION merges_care();
CREATE FUNCTION merges_care_undone() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM care WHERE EXISTS (SELECT 1 FROM patient_merge_rows r WHERE r.merge_id = NEW.id AND r.table_name = 'care'
        AND r.row_id = care.clinic_id
        AND care.patient_id = CASE WHEN r.column_name = 'survivor_id' THEN NEW.survivor_id ELSE NEW.merged_id END)
    -- A clinic that has worked with the record since keeps it.
    AND NOT EXISTS (SELECT 1 FROM appointments a WHERE a.patient_id = care.patient_id AND a.clinic_id = care.clinic_id)
    AND NOT EXISTS (SELECT 1 FROM visits v WHERE v.patient_id = care.patient_id AND v.clinic_id = care.clinic_id);
    RETURN NULL;
END $$;
CREATE TRIGGER merges_care_undone AFTER UPDATE OF state ON patient_merges FOR EACH ROW
WHEN (NEW.state = 'undone' AND OLD.state <> 'undone') EXECUTE FUNCTION merges_care_undone();

-- A merged record takes nothing new: acts on the patient lock the patient's row, so that they take turns with the merge.
CREATE FUNCTION patients_merged() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM patient_merges m WHERE m.merged_id = NEW.patient_id AND m.state = 'merged') THEN
        PERFORM refuse('patients_merged');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER patients_merged BEFORE INSERT ON appointments FOR EACH ROW EXECUTE FUNCTION patients_merged();
CREATE TRIGGER patients_merged BEFORE INSERT ON waitlist FOR EACH ROW EXECUTE FUNCTION patients_merged();
CREATE TRIGGER patients_merged BEFORE INSERT ON visits FOR EACH ROW EXECUTE FUNCTION patients_merged();
CREATE TRIGGER patients_merged BEFORE INSERT ON admissions FOR EACH ROW EXECUTE FUNCTION patients_merged();
CREATE TRIGGER patients_merged BEFORE INSERT ON allergies FOR EACH ROW EXECUTE FUNCTION patients_merged();
CREATE TRIGGER patients_merged BEFORE INSERT ON patient_contacts FOR EACH ROW EXECUTE FUNCTION patients_merged();
CREATE TRIGGER patients_merged BEFORE INSERT ON coverages FOR EACH ROW EXECUTE FUNCTION patients_merged();
CREATE TRIGGER patients_merged BEFORE INSERT ON portal_codes FOR EACH ROW EXECUTE FUNCTION patients_merged();
CREATE TRIGGER patients_merged BEFORE INSERT ON patient_users FOR EACH ROW EXECUTE FUNCTION patients_merged();
CREATE FUNCTION guardians_merged() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM patient_merges m WHERE m.merged_id IN (NEW.patient_id, NEW.guardian_id) AND m.state = 'merged') THEN
        PERFORM refuse('patients_merged');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER patients_merged BEFORE INSERT ON guardians FOR EACH ROW EXECUTE FUNCTION guardians_merged();

CREATE TRIGGER patient_merges_key_open_insert AFTER INSERT ON patient_merges REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER patient_merges_key_open_update BEFORE UPDATE OF sealed ON patient_merges
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();

SELECT guard_rows('patient_merges', 'survivor_id', '(SELECT reader_may()) = ''read_audit''');
ALTER TABLE patient_merge_rows ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON patient_merge_rows
    USING (EXISTS (SELECT 1 FROM patient_merges m WHERE m.id = patient_merge_rows.merge_id OFFSET 0));
REVOKE DELETE, TRUNCATE ON patient_merges, patient_merge_rows FROM infirmary_app;
REVOKE UPDATE ON patient_merge_rows FROM infirmary_app;

-- A reader of a record also reads the records that were merged into it. The function reads as its owner.
CREATE OR REPLACE FUNCTION reader_patients() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(nullif(current_setting('infirmary.patients', true), '')::uuid[], '{}')
        || ARRAY(SELECT m.merged_id FROM patient_merges m WHERE m.state = 'merged'
            AND m.survivor_id = ANY (coalesce(nullif(current_setting('infirmary.patients', true), '')::uuid[], '{}')))
$$;
