-- Births on a ward. A child that lives is a patient with an admission of its own, which names the mother's.

CREATE TABLE births (
    id              BLOB PRIMARY KEY NOT NULL,
    -- The mother's admission.
    mother_id       BLOB NOT NULL REFERENCES admissions (id),
    -- Children of this pregnancy, and the place of this one among them.
    plurality       INTEGER NOT NULL CHECK (plurality BETWEEN 1 AND 5),
    birth_order     INTEGER NOT NULL,
    born_at         TEXT NOT NULL,
    sex             TEXT NOT NULL CHECK (sex IN ('female', 'male', 'other', 'unknown')),
    -- Grams.
    weight_g        INTEGER CHECK (weight_g BETWEEN 200 AND 8000),
    gestation_days  INTEGER CHECK (gestation_days BETWEEN 140 AND 315),
    apgar_1         INTEGER CHECK (apgar_1 BETWEEN 0 AND 10),
    apgar_5         INTEGER CHECK (apgar_5 BETWEEN 0 AND 10),
    apgar_10        INTEGER CHECK (apgar_10 BETWEEN 0 AND 10),
    outcome         TEXT NOT NULL CHECK (outcome IN ('live', 'stillborn')),
    -- The child's admission.
    baby_id         BLOB REFERENCES admissions (id),
    noted_at        TEXT NOT NULL,
    noted_by        BLOB NOT NULL REFERENCES users (id),
    CONSTRAINT births_order_once UNIQUE (mother_id, birth_order),
    CONSTRAINT births_order CHECK (birth_order BETWEEN 1 AND plurality),
    CONSTRAINT births_times CHECK (born_at <= noted_at),
    CONSTRAINT births_outcome CHECK ((outcome = 'live') = (baby_id IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX births_baby_once ON births (baby_id);

-- The figures of the wards count by day.
CREATE INDEX bed_days_by_day ON bed_days (day, bed_id);
CREATE INDEX admissions_came ON admissions (clinic_id, admitted_at) WHERE admitted_at IS NOT NULL;
CREATE INDEX admissions_left ON admissions (clinic_id, left_at) WHERE left_at IS NOT NULL;

CREATE TRIGGER births_order_once_insert BEFORE INSERT ON births
BEGIN
    SELECT RAISE(ABORT, 'births_order_once') WHERE EXISTS (
        SELECT 1 FROM births o WHERE o.mother_id = NEW.mother_id AND o.birth_order = NEW.birth_order AND o.id <> NEW.id);
END;
-- A child is born to a patient who is on the ward, and not to a child that was born there; its admission names the same mother.
CREATE TRIGGER births_no_chain BEFORE INSERT ON births
BEGIN
    SELECT RAISE(ABORT, 'births_no_chain') WHERE EXISTS (SELECT 1 FROM admissions a WHERE a.id = NEW.mother_id AND a.mother_id IS NOT NULL)
        OR EXISTS (SELECT 1 FROM admissions a WHERE a.id = NEW.baby_id AND a.mother_id IS NOT NEW.mother_id);
END;
CREATE TRIGGER admissions_no_chain BEFORE INSERT ON admissions WHEN NEW.mother_id IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'births_no_chain') WHERE EXISTS (
        SELECT 1 FROM admissions a WHERE a.id = NEW.mother_id AND (a.mother_id IS NOT NULL OR a.patient_id = NEW.patient_id));
END;
CREATE TRIGGER admissions_mother_fixed BEFORE UPDATE OF mother_id ON admissions WHEN NEW.mother_id IS NOT OLD.mother_id
BEGIN
    SELECT RAISE(ABORT, 'births_no_chain');
END;
CREATE TRIGGER births_kept BEFORE DELETE ON births
BEGIN
    SELECT RAISE(ABORT, 'births_kept');
END;
