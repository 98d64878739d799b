-- The history of other systems: read here, and worked on nowhere. Only the import writes these rows; a newer version of the source
-- replaces a row under the next version.

-- Requests of before, as their source has them: nobody works on them here.
CREATE TABLE past_orders (
    id            UUID PRIMARY KEY NOT NULL,
    patient_id    UUID NOT NULL REFERENCES patients (id),
    clinic_id     UUID NOT NULL REFERENCES clinics (id),
    encounter_id  UUID REFERENCES encounters (id),
    kind          TEXT NOT NULL CHECK (kind IN ('laboratory', 'imaging', 'other')),
    state         TEXT NOT NULL CHECK (state IN ('active', 'on_hold', 'completed', 'revoked', 'unknown')),
    -- The code of LOINC, and the name as it was sent.
    code          TEXT NOT NULL DEFAULT '' CHECK (length(code) <= 40),
    title         TEXT NOT NULL CHECK (length(trim(title)) > 0 AND length(title) <= 300),
    at            TIMESTAMPTZ NOT NULL,
    by_user       UUID NOT NULL REFERENCES users (id),
    -- The reason.
    sealed        BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 200000),
    version       BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1)
);
CREATE INDEX past_orders_by_patient ON past_orders (patient_id, at);
CREATE INDEX past_orders_by_encounter ON past_orders (encounter_id) WHERE encounter_id IS NOT NULL;

-- Samples of before. Those of a patient and a time are one draw.
CREATE TABLE past_specimens (
    id          UUID PRIMARY KEY NOT NULL,
    patient_id  UUID NOT NULL REFERENCES patients (id),
    clinic_id   UUID NOT NULL REFERENCES clinics (id),
    title       TEXT NOT NULL DEFAULT '' CHECK (length(title) <= 200),
    state       TEXT NOT NULL DEFAULT '' CHECK (length(state) <= 20),
    at          TIMESTAMPTZ NOT NULL,
    version     BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1)
);
CREATE INDEX past_specimens_by_patient ON past_specimens (patient_id, at);

-- Laboratory results of before.
CREATE TABLE past_results (
    id            UUID PRIMARY KEY NOT NULL,
    patient_id    UUID NOT NULL REFERENCES patients (id),
    clinic_id     UUID NOT NULL REFERENCES clinics (id),
    encounter_id  UUID REFERENCES encounters (id),
    order_id      UUID REFERENCES past_orders (id),
    specimen_id   UUID REFERENCES past_specimens (id),
    -- The code of LOINC, and the name as it was sent.
    code          TEXT NOT NULL DEFAULT '' CHECK (length(code) <= 40),
    title         TEXT NOT NULL CHECK (length(trim(title)) > 0 AND length(title) <= 300),
    -- A number with its unit; words stand in `sealed`.
    value         TEXT NOT NULL DEFAULT '' CHECK (length(value) <= 60),
    unit          TEXT NOT NULL DEFAULT '' CHECK (length(unit) <= 40),
    -- As it was sent, where value and unit were converted.
    sent          TEXT NOT NULL DEFAULT '' CHECK (length(sent) <= 120),
    range_text    TEXT NOT NULL DEFAULT '' CHECK (length(range_text) <= 120),
    -- The sender's own flag: nobody judged it here.
    flag          TEXT NOT NULL DEFAULT '' CHECK (length(flag) <= 20),
    -- When it was drawn, and when it was reported.
    at            TIMESTAMPTZ NOT NULL,
    reported_at   TIMESTAMPTZ,
    by_user       UUID NOT NULL REFERENCES users (id),
    -- The text of a result in words, and the comment.
    sealed        BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 200000),
    version       BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1)
);
CREATE INDEX past_results_by_patient ON past_results (patient_id, at);
CREATE INDEX past_results_by_encounter ON past_results (encounter_id) WHERE encounter_id IS NOT NULL;
CREATE INDEX past_results_by_order ON past_results (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX past_results_by_specimen ON past_results (specimen_id) WHERE specimen_id IS NOT NULL;

-- Imaging studies of before: the images stayed where they were made.
CREATE TABLE past_studies (
    id            UUID PRIMARY KEY NOT NULL,
    patient_id    UUID NOT NULL REFERENCES patients (id),
    clinic_id     UUID NOT NULL REFERENCES clinics (id),
    encounter_id  UUID REFERENCES encounters (id),
    order_id      UUID REFERENCES past_orders (id),
    modality      TEXT NOT NULL DEFAULT '' CHECK (length(modality) <= 40),
    code          TEXT NOT NULL DEFAULT '' CHECK (length(code) <= 40),
    title         TEXT NOT NULL CHECK (length(trim(title)) > 0 AND length(title) <= 300),
    study_uid     TEXT NOT NULL DEFAULT '' CHECK (length(study_uid) <= 80),
    series        BIGINT NOT NULL DEFAULT 0 CHECK (series >= 0),
    images        BIGINT NOT NULL DEFAULT 0 CHECK (images >= 0),
    at            TIMESTAMPTZ NOT NULL,
    version       BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1)
);
CREATE INDEX past_studies_by_patient ON past_studies (patient_id, at);
CREATE INDEX past_studies_by_encounter ON past_studies (encounter_id) WHERE encounter_id IS NOT NULL;
CREATE INDEX past_studies_by_order ON past_studies (order_id) WHERE order_id IS NOT NULL;

-- Reports of before, of the laboratory and of imaging.
CREATE TABLE past_reports (
    id             UUID PRIMARY KEY NOT NULL,
    patient_id     UUID NOT NULL REFERENCES patients (id),
    clinic_id      UUID NOT NULL REFERENCES clinics (id),
    encounter_id   UUID REFERENCES encounters (id),
    order_id       UUID REFERENCES past_orders (id),
    study_id       UUID REFERENCES past_studies (id),
    kind           TEXT NOT NULL CHECK (kind IN ('laboratory', 'imaging', 'other')),
    code           TEXT NOT NULL DEFAULT '' CHECK (length(code) <= 40),
    title          TEXT NOT NULL CHECK (length(trim(title)) > 0 AND length(title) <= 300),
    -- The time of its newest result, and what its source says.
    at             TIMESTAMPTZ NOT NULL,
    source_issued  TIMESTAMPTZ,
    by_user        UUID NOT NULL REFERENCES users (id),
    -- The conclusion, and the text.
    sealed         BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 200000),
    version        BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1)
);
CREATE INDEX past_reports_by_patient ON past_reports (patient_id, at);
CREATE INDEX past_reports_by_encounter ON past_reports (encounter_id) WHERE encounter_id IS NOT NULL;
CREATE INDEX past_reports_by_order ON past_reports (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX past_reports_by_study ON past_reports (study_id) WHERE study_id IS NOT NULL;

-- Doses that were given or not given before.
CREATE TABLE past_doses (
    id               UUID PRIMARY KEY NOT NULL,
    patient_id       UUID NOT NULL REFERENCES patients (id),
    clinic_id        UUID NOT NULL REFERENCES clinics (id),
    encounter_id     UUID REFERENCES encounters (id),
    prescription_id  UUID REFERENCES prescriptions (id),
    drug             TEXT NOT NULL CHECK (length(trim(drug)) > 0 AND length(drug) <= 200),
    dose             TEXT NOT NULL DEFAULT '' CHECK (length(dose) <= 120),
    route            TEXT NOT NULL DEFAULT '' CHECK (length(route) <= 60),
    outcome          TEXT NOT NULL CHECK (outcome IN ('given', 'not_given', 'stopped')),
    at               TIMESTAMPTZ NOT NULL,
    -- The clinic's day.
    day              DATE NOT NULL,
    by_user          UUID NOT NULL REFERENCES users (id),
    -- The reason why it was not given, and the remark.
    sealed           BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 200000),
    version          BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1)
);
CREATE INDEX past_doses_by_patient ON past_doses (patient_id, day);
CREATE INDEX past_doses_by_encounter ON past_doses (encounter_id) WHERE encounter_id IS NOT NULL;
CREATE INDEX past_doses_by_prescription ON past_doses (prescription_id) WHERE prescription_id IS NOT NULL;

-- The admissions that were brought along. Days before `charged_from` were paid for elsewhere.
CREATE TABLE past_stays (
    admission_id  UUID PRIMARY KEY NOT NULL REFERENCES admissions (id),
    patient_id    UUID NOT NULL REFERENCES patients (id),
    encounter_id  UUID NOT NULL REFERENCES encounters (id),
    charged_from  DATE NOT NULL,
    brought_at    TIMESTAMPTZ NOT NULL
);
CREATE INDEX past_stays_by_patient ON past_stays (patient_id);
CREATE INDEX past_stays_by_encounter ON past_stays (encounter_id);

SELECT guard_rows('past_orders'), guard_rows('past_specimens'), guard_rows('past_results'), guard_rows('past_studies'),
    guard_rows('past_reports'), guard_rows('past_doses'), guard_rows('past_stays');
REVOKE DELETE, TRUNCATE ON past_orders, past_specimens, past_results, past_studies, past_reports, past_doses, past_stays FROM infirmary_app;

-- A row stays, of its patient; its version goes up by one.
CREATE TRIGGER past_orders_fixed BEFORE UPDATE ON past_orders FOR EACH ROW
WHEN ((NEW.id, NEW.patient_id, NEW.clinic_id) IS DISTINCT FROM (OLD.id, OLD.patient_id, OLD.clinic_id)
    OR NEW.version NOT IN (OLD.version, OLD.version + 1))
EXECUTE FUNCTION row_fixed('past_fixed');
CREATE TRIGGER past_orders_kept BEFORE DELETE ON past_orders FOR EACH ROW EXECUTE FUNCTION row_fixed('past_fixed');
CREATE TRIGGER past_specimens_fixed BEFORE UPDATE ON past_specimens FOR EACH ROW
WHEN ((NEW.id, NEW.patient_id, NEW.clinic_id) IS DISTINCT FROM (OLD.id, OLD.patient_id, OLD.clinic_id)
    OR NEW.version NOT IN (OLD.version, OLD.version + 1))
EXECUTE FUNCTION row_fixed('past_fixed');
CREATE TRIGGER past_specimens_kept BEFORE DELETE ON past_specimens FOR EACH ROW EXECUTE FUNCTION row_fixed('past_fixed');
CREATE TRIGGER past_results_fixed BEFORE UPDATE ON past_results FOR EACH ROW
WHEN ((NEW.id, NEW.patient_id, NEW.clinic_id) IS DISTINCT FROM (OLD.id, OLD.patient_id, OLD.clinic_id)
    OR NEW.version NOT IN (OLD.version, OLD.version + 1))
EXECUTE FUNCTION row_fixed('past_fixed');
CREATE TRIGGER past_results_kept BEFORE DELETE ON past_results FOR EACH ROW EXECUTE FUNCTION row_fixed('past_fixed');
CREATE TRIGGER past_studies_fixed BEFORE UPDATE ON past_studies FOR EACH ROW
WHEN ((NEW.id, NEW.patient_id, NEW.clinic_id) IS DISTINCT FROM (OLD.id, OLD.patient_id, OLD.clinic_id)
    OR NEW.version NOT IN (OLD.version, OLD.version + 1))
EXECUTE FUNCTION row_fixed('past_fixed');
CREATE TRIGGER past_studies_kept BEFORE DELETE ON past_studies FOR EACH ROW EXECUTE FUNCTION row_fixed('past_fixed');
CREATE TRIGGER past_reports_fixed BEFORE UPDATE ON past_reports FOR EACH ROW
WHEN ((NEW.id, NEW.patient_id, NEW.clinic_id) IS DISTINCT FROM (OLD.id, OLD.patient_id, OLD.clinic_id)
    OR NEW.version NOT IN (OLD.version, OLD.version + 1))
EXECUTE FUNCTION row_fixed('past_fixed');
CREATE TRIGGER past_reports_kept BEFORE DELETE ON past_reports FOR EACH ROW EXECUTE FUNCTION row_fixed('past_fixed');
CREATE TRIGGER past_doses_fixed BEFORE UPDATE ON past_doses FOR EACH ROW
WHEN ((NEW.id, NEW.patient_id, NEW.clinic_id) IS DISTINCT FROM (OLD.id, OLD.patient_id, OLD.clinic_id)
    OR NEW.version NOT IN (OLD.version, OLD.version + 1))
EXECUTE FUNCTION row_fixed('past_fixed');
CREATE TRIGGER past_doses_kept BEFORE DELETE ON past_doses FOR EACH ROW EXECUTE FUNCTION row_fixed('past_fixed');
CREATE TRIGGER past_stays_fixed BEFORE UPDATE ON past_stays FOR EACH ROW EXECUTE FUNCTION row_fixed('past_fixed');
CREATE TRIGGER past_stays_kept BEFORE DELETE ON past_stays FOR EACH ROW EXECUTE FUNCTION row_fixed('past_fixed');
-- The parts of one record are of one patient. The functions read as their owner.
CREATE FUNCTION past_orders_same_patient() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM encounters o WHERE o.id = NEW.encounter_id AND o.patient_id <> NEW.patient_id) THEN
        PERFORM refuse('past_same_patient');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER past_orders_same_patient BEFORE INSERT OR UPDATE ON past_orders FOR EACH ROW EXECUTE FUNCTION past_orders_same_patient();
CREATE FUNCTION past_results_same_patient() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM encounters o WHERE o.id = NEW.encounter_id AND o.patient_id <> NEW.patient_id)
        OR EXISTS (SELECT 1 FROM past_orders o WHERE o.id = NEW.order_id AND o.patient_id <> NEW.patient_id)
        OR EXISTS (SELECT 1 FROM past_specimens o WHERE o.id = NEW.specimen_id AND o.patient_id <> NEW.patient_id) THEN
        PERFORM refuse('past_same_patient');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER past_results_same_patient BEFORE INSERT OR UPDATE ON past_results FOR EACH ROW EXECUTE FUNCTION past_results_same_patient();
CREATE FUNCTION past_studies_same_patient() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM encounters o WHERE o.id = NEW.encounter_id AND o.patient_id <> NEW.patient_id)
        OR EXISTS (SELECT 1 FROM past_orders o WHERE o.id = NEW.order_id AND o.patient_id <> NEW.patient_id) THEN
        PERFORM refuse('past_same_patient');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER past_studies_same_patient BEFORE INSERT OR UPDATE ON past_studies FOR EACH ROW EXECUTE FUNCTION past_studies_same_patient();
CREATE FUNCTION past_reports_same_patient() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM encounters o WHERE o.id = NEW.encounter_id AND o.patient_id <> NEW.patient_id)
        OR EXISTS (SELECT 1 FROM past_orders o WHERE o.id = NEW.order_id AND o.patient_id <> NEW.patient_id)
        OR EXISTS (SELECT 1 FROM past_studies o WHERE o.id = NEW.study_id AND o.patient_id <> NEW.patient_id) THEN
        PERFORM refuse('past_same_patient');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER past_reports_same_patient BEFORE INSERT OR UPDATE ON past_reports FOR EACH ROW EXECUTE FUNCTION past_reports_same_patient();
CREATE FUNCTION past_doses_same_patient() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM encounters o WHERE o.id = NEW.encounter_id AND o.patient_id <> NEW.patient_id)
        OR EXISTS (SELECT 1 FROM prescriptions o WHERE o.id = NEW.prescription_id AND o.patient_id <> NEW.patient_id) THEN
        PERFORM refuse('past_same_patient');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER past_doses_same_patient BEFORE INSERT OR UPDATE ON past_doses FOR EACH ROW EXECUTE FUNCTION past_doses_same_patient();
CREATE FUNCTION past_stays_same_patient() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM admissions a JOIN encounters e ON e.patient_id = a.patient_id
            WHERE a.id = NEW.admission_id AND e.id = NEW.encounter_id AND a.patient_id = NEW.patient_id) THEN
        PERFORM refuse('past_same_patient');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER past_stays_same_patient BEFORE INSERT ON past_stays FOR EACH ROW EXECUTE FUNCTION past_stays_same_patient();
-- The days before the import are not charged again.
CREATE FUNCTION past_stays_charged() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM past_stays s WHERE s.admission_id = NEW.admission_id AND NEW.day < s.charged_from) THEN
        PERFORM refuse('past_stays_charged');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER past_stays_charged BEFORE INSERT ON bed_days FOR EACH ROW EXECUTE FUNCTION past_stays_charged();
CREATE TRIGGER past_orders_key_open_insert AFTER INSERT ON past_orders REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER past_orders_key_open_update BEFORE UPDATE OF sealed ON past_orders FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER past_results_key_open_insert AFTER INSERT ON past_results REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER past_results_key_open_update BEFORE UPDATE OF sealed ON past_results FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER past_reports_key_open_insert AFTER INSERT ON past_reports REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER past_reports_key_open_update BEFORE UPDATE OF sealed ON past_reports FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER past_doses_key_open_insert AFTER INSERT ON past_doses REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER past_doses_key_open_update BEFORE UPDATE OF sealed ON past_doses FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
