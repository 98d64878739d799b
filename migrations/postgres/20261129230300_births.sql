-- Births on a ward. A child that lives is a patient with an admission of its own, which names the mother's.

CREATE TABLE births (
    id              UUID PRIMARY KEY NOT NULL,
    -- The mother's admission.
    mother_id       UUID NOT NULL REFERENCES admissions (id),
    -- Children of this pregnancy, and the place of this one among them.
    plurality       BIGINT NOT NULL CHECK (plurality BETWEEN 1 AND 5),
    birth_order     BIGINT NOT NULL,
    born_at         TIMESTAMPTZ NOT NULL,
    sex             TEXT NOT NULL CHECK (sex IN ('female', 'male', 'other', 'unknown')),
    -- Grams.
    weight_g        BIGINT CHECK (weight_g BETWEEN 200 AND 8000),
    gestation_days  BIGINT CHECK (gestation_days BETWEEN 140 AND 315),
    apgar_1         BIGINT CHECK (apgar_1 BETWEEN 0 AND 10),
    apgar_5         BIGINT CHECK (apgar_5 BETWEEN 0 AND 10),
    apgar_10        BIGINT CHECK (apgar_10 BETWEEN 0 AND 10),
    outcome         TEXT NOT NULL CHECK (outcome IN ('live', 'stillborn')),
    -- The child's admission.
    baby_id         UUID REFERENCES admissions (id),
    noted_at        TIMESTAMPTZ NOT NULL,
    noted_by        UUID NOT NULL REFERENCES users (id),
    CONSTRAINT births_order_once UNIQUE (mother_id, birth_order),
    CONSTRAINT births_order CHECK (birth_order BETWEEN 1 AND plurality),
    CONSTRAINT births_times CHECK (born_at <= noted_at),
    CONSTRAINT births_outcome CHECK ((outcome = 'live') = (baby_id IS NOT NULL))
);
CREATE UNIQUE INDEX births_baby_once ON births (baby_id);

-- The figures of the wards count by day.
CREATE INDEX bed_days_by_day ON bed_days (day, bed_id);
CREATE INDEX admissions_came ON admissions (clinic_id, admitted_at) WHERE admitted_at IS NOT NULL;
CREATE INDEX admissions_left ON admissions (clinic_id, left_at) WHERE left_at IS NOT NULL;

-- A child is born to a patient who is on the ward, and not to a child that was born there; its admission names the same mother.
CREATE FUNCTION births_no_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM admissions a WHERE a.id = NEW.mother_id AND a.mother_id IS NOT NULL)
        OR EXISTS (SELECT 1 FROM admissions a WHERE a.id = NEW.baby_id AND a.mother_id IS DISTINCT FROM NEW.mother_id) THEN
        PERFORM refuse('births_no_chain');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER births_no_chain BEFORE INSERT ON births FOR EACH ROW EXECUTE FUNCTION births_no_chain();
CREATE FUNCTION admissions_no_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM admissions a WHERE a.id = NEW.mother_id AND (a.mother_id IS NOT NULL OR a.patient_id = NEW.patient_id)) THEN
        PERFORM refuse('births_no_chain');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER admissions_no_chain BEFORE INSERT ON admissions FOR EACH ROW
WHEN (NEW.mother_id IS NOT NULL) EXECUTE FUNCTION admissions_no_chain();
CREATE TRIGGER admissions_mother_fixed BEFORE UPDATE OF mother_id ON admissions FOR EACH ROW
WHEN (NEW.mother_id IS DISTINCT FROM OLD.mother_id) EXECUTE FUNCTION row_fixed('births_no_chain');
CREATE TRIGGER births_kept BEFORE DELETE ON births FOR EACH ROW EXECUTE FUNCTION row_fixed('births_kept');

ALTER TABLE births ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON births USING (EXISTS (SELECT 1 FROM admissions a WHERE a.id = births.mother_id OFFSET 0));

-- A child that is born on the ward becomes a patient of the clinic, for whom the mother acts.
CREATE POLICY births ON patients FOR INSERT WITH CHECK ((SELECT reader_may()) = 'record_births');
CREATE POLICY births ON care FOR INSERT
    WITH CHECK (clinic_id = ANY ((SELECT reader_clinics())::uuid[]) AND (SELECT reader_may()) = 'record_births');
CREATE POLICY births ON access_grants FOR INSERT
    WITH CHECK (user_id = (SELECT reader_user()) AND (SELECT reader_may()) = 'record_births' AND kind = 'guardian');
