-- The catalogue of the laboratory: tests with their units, reference ranges, critical limits, delta rules and calculations.
-- A measured value is a whole number of millionths of its unit.

-- Tubes and other containers. They are filled in the order of `draw_order`.
CREATE TABLE lab_containers (
    id          UUID PRIMARY KEY NOT NULL,
    code        TEXT NOT NULL CONSTRAINT lab_containers_code UNIQUE CHECK (length(code) BETWEEN 1 AND 20),
    name_en     TEXT NOT NULL CHECK (length(trim(name_en)) > 0 AND length(name_en) <= 120),
    name_es     TEXT NOT NULL CHECK (length(trim(name_es)) > 0 AND length(name_es) <= 120),
    -- The colour of the cap.
    colour      TEXT NOT NULL DEFAULT '' CHECK (length(colour) <= 40),
    additive    TEXT NOT NULL DEFAULT '' CHECK (length(additive) <= 80),
    -- Microlitres.
    volume_ul   BIGINT NOT NULL CHECK (volume_ul BETWEEN 1 AND 5000000),
    draw_order  BIGINT NOT NULL CHECK (draw_order BETWEEN 1 AND 99),
    retired_at  TIMESTAMPTZ
);

CREATE TABLE lab_tests (
    id              UUID PRIMARY KEY NOT NULL,
    code            TEXT NOT NULL CONSTRAINT lab_tests_code UNIQUE CHECK (length(code) BETWEEN 1 AND 20),
    name_en         TEXT NOT NULL CHECK (length(trim(name_en)) > 0 AND length(name_en) <= 120),
    name_es         TEXT NOT NULL CHECK (length(trim(name_es)) > 0 AND length(name_es) <= 120),
    -- The code of LOINC and its long name, unaltered.
    loinc           TEXT NOT NULL DEFAULT '' CHECK (length(loinc) <= 10),
    loinc_name      TEXT NOT NULL DEFAULT '' CHECK (length(loinc_name) <= 300),
    result_type     TEXT NOT NULL CHECK (result_type IN ('quantity', 'choice', 'titre', 'text', 'organism')),
    -- UCUM.
    unit            TEXT NOT NULL DEFAULT '' CHECK (length(unit) <= 40),
    decimals        BIGINT NOT NULL DEFAULT 0 CHECK (decimals BETWEEN 0 AND 4),
    specimen        TEXT NOT NULL CHECK (specimen IN ('blood', 'serum', 'plasma', 'arterial', 'capillary', 'urine', 'urine_24h', 'stool',
                        'sputum', 'csf', 'swab', 'tissue', 'fluid')),
    container_id    UUID NOT NULL REFERENCES lab_containers (id),
    bench           TEXT NOT NULL CHECK (length(trim(bench)) > 0 AND length(bench) <= 40),
    method          TEXT NOT NULL DEFAULT '' CHECK (length(method) <= 120),
    -- Turnaround in minutes, from receipt to release.
    tat_stat        BIGINT NOT NULL CHECK (tat_stat BETWEEN 1 AND 100000),
    tat_urgent      BIGINT NOT NULL CHECK (tat_urgent BETWEEN 1 AND 100000),
    tat_routine     BIGINT NOT NULL CHECK (tat_routine BETWEEN 1 AND 100000),
    linear_low      BIGINT,
    linear_high     BIGINT,
    -- A value outside of these is refused.
    plausible_low   BIGINT,
    plausible_high  BIGINT,
    -- Within so many hours a second order asks for a confirmation.
    duplicate_hours BIGINT NOT NULL DEFAULT 0 CHECK (duplicate_hours BETWEEN 0 AND 8760),
    portal_rule     TEXT NOT NULL DEFAULT 'at_once' CHECK (portal_rule IN ('at_once', 'after_review', 'after_hours', 'in_person')),
    portal_hours    BIGINT NOT NULL DEFAULT 0 CHECK (portal_hours BETWEEN 0 AND 720),
    autorelease     BOOLEAN NOT NULL DEFAULT FALSE,
    -- The formula of a calculated value; empty for a measured one.
    formula         TEXT NOT NULL DEFAULT '' CHECK (length(formula) <= 40),
    item_id         UUID REFERENCES price_items (id),
    source          TEXT NOT NULL DEFAULT '' CHECK (length(source) <= 300),
    -- The head of the laboratory takes responsibility for units, ranges and limits.
    confirmed_at    TIMESTAMPTZ,
    confirmed_by    UUID REFERENCES users (id),
    version         BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at      TIMESTAMPTZ NOT NULL,
    updated_by      UUID NOT NULL REFERENCES users (id),
    retired_at      TIMESTAMPTZ,
    CONSTRAINT lab_tests_unit CHECK (result_type <> 'quantity' OR length(trim(unit)) > 0),
    CONSTRAINT lab_tests_confirmed CHECK ((confirmed_at IS NULL) = (confirmed_by IS NULL)),
    CONSTRAINT lab_tests_plausible CHECK (plausible_low IS NULL OR plausible_high IS NULL OR plausible_low < plausible_high),
    CONSTRAINT lab_tests_linear CHECK (linear_low IS NULL OR linear_high IS NULL OR linear_low < linear_high),
    CONSTRAINT lab_tests_portal CHECK ((portal_rule = 'after_hours') = (portal_hours > 0)),
    CONSTRAINT lab_tests_autorelease CHECK (NOT autorelease OR confirmed_at IS NOT NULL)
);
CREATE INDEX lab_tests_by_item ON lab_tests (item_id) WHERE item_id IS NOT NULL;

-- The tests from whose values a calculated one follows, in the order that its formula names.
CREATE TABLE lab_test_inputs (
    test_id   UUID NOT NULL REFERENCES lab_tests (id),
    position  BIGINT NOT NULL CHECK (position BETWEEN 1 AND 9),
    input_id  UUID NOT NULL REFERENCES lab_tests (id),
    PRIMARY KEY (test_id, position),
    CONSTRAINT lab_test_inputs_other CHECK (input_id <> test_id)
);
CREATE INDEX lab_test_inputs_by_input ON lab_test_inputs (input_id);

CREATE TABLE lab_panels (
    id          UUID PRIMARY KEY NOT NULL,
    code        TEXT NOT NULL CONSTRAINT lab_panels_code UNIQUE CHECK (length(code) BETWEEN 1 AND 20),
    name_en     TEXT NOT NULL CHECK (length(trim(name_en)) > 0 AND length(name_en) <= 120),
    name_es     TEXT NOT NULL CHECK (length(trim(name_es)) > 0 AND length(name_es) <= 120),
    loinc       TEXT NOT NULL DEFAULT '' CHECK (length(loinc) <= 10),
    item_id     UUID REFERENCES price_items (id),
    version     BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at  TIMESTAMPTZ NOT NULL,
    updated_by  UUID NOT NULL REFERENCES users (id),
    retired_at  TIMESTAMPTZ
);
CREATE TABLE lab_panel_tests (
    panel_id  UUID NOT NULL REFERENCES lab_panels (id),
    position  BIGINT NOT NULL CHECK (position BETWEEN 1 AND 99),
    test_id   UUID NOT NULL REFERENCES lab_tests (id),
    PRIMARY KEY (panel_id, test_id),
    CONSTRAINT lab_panel_tests_position UNIQUE (panel_id, position)
);
CREATE INDEX lab_panel_tests_by_test ON lab_panel_tests (test_id);

-- The coded answers of a test.
CREATE TABLE lab_choices (
    id        UUID PRIMARY KEY NOT NULL,
    test_id   UUID NOT NULL REFERENCES lab_tests (id),
    code      TEXT NOT NULL CHECK (length(code) BETWEEN 1 AND 20),
    name_en   TEXT NOT NULL CHECK (length(trim(name_en)) > 0 AND length(name_en) <= 120),
    name_es   TEXT NOT NULL CHECK (length(trim(name_es)) > 0 AND length(name_es) <= 120),
    -- Normal, abnormal, critical.
    flag      TEXT NOT NULL CHECK (flag IN ('N', 'A', 'AA')),
    position  BIGINT NOT NULL CHECK (position BETWEEN 1 AND 99),
    CONSTRAINT lab_choices_code UNIQUE (test_id, code)
);

-- A reference range with critical limits: for a sex, an age and a condition, from a day on. Without a limit the column is NULL.
CREATE TABLE lab_ranges (
    id             UUID PRIMARY KEY NOT NULL,
    test_id        UUID NOT NULL REFERENCES lab_tests (id),
    -- Empty for every method.
    method         TEXT NOT NULL DEFAULT '' CHECK (length(method) <= 120),
    sex            TEXT NOT NULL CHECK (sex IN ('female', 'male', 'any')),
    age_from_days  BIGINT NOT NULL DEFAULT 0,
    age_to_days    BIGINT,
    condition      TEXT NOT NULL DEFAULT 'none' CHECK (condition IN ('none', 'pregnant_t1', 'pregnant_t2', 'pregnant_t3', 'fasting')),
    low            BIGINT,
    high           BIGINT,
    critical_low   BIGINT,
    critical_high  BIGINT,
    text           TEXT NOT NULL DEFAULT '' CHECK (length(text) <= 120),
    valid_from     DATE NOT NULL,
    valid_to       DATE,
    source         TEXT NOT NULL CONSTRAINT ranges_sourced CHECK (length(trim(source)) > 0 AND length(source) <= 300),
    retired_at     TIMESTAMPTZ,
    created_at     TIMESTAMPTZ NOT NULL,
    created_by     UUID NOT NULL REFERENCES users (id),
    CONSTRAINT ranges_ages CHECK (age_from_days >= 0 AND (age_to_days IS NULL OR age_to_days > age_from_days)),
    CONSTRAINT ranges_validity CHECK (valid_to IS NULL OR valid_to >= valid_from),
    CONSTRAINT ranges_ordered CHECK ((critical_low IS NULL OR low IS NULL OR critical_low <= low) AND (low IS NULL OR high IS NULL OR low <= high)
        AND (high IS NULL OR critical_high IS NULL OR high <= critical_high) AND (critical_low IS NULL OR high IS NULL OR critical_low <= high)
        AND (low IS NULL OR critical_high IS NULL OR low <= critical_high)
        AND (critical_low IS NULL OR critical_high IS NULL OR critical_low < critical_high))
);
CREATE INDEX lab_ranges_by_test ON lab_ranges (test_id) WHERE retired_at IS NULL;

-- A change from the last released value that needs attention: by an amount, by a percentage, or both, within some days.
CREATE TABLE lab_delta_rules (
    id           UUID PRIMARY KEY NOT NULL,
    test_id      UUID NOT NULL REFERENCES lab_tests (id),
    absolute     BIGINT CHECK (absolute > 0),
    percent      BIGINT CHECK (percent BETWEEN 1 AND 10000),
    window_days  BIGINT NOT NULL CHECK (window_days BETWEEN 1 AND 3650),
    source       TEXT NOT NULL CONSTRAINT delta_rules_sourced CHECK (length(trim(source)) > 0 AND length(source) <= 300),
    retired_at   TIMESTAMPTZ,
    CONSTRAINT delta_rules_some CHECK (absolute IS NOT NULL OR percent IS NOT NULL)
);
CREATE INDEX lab_delta_rules_by_test ON lab_delta_rules (test_id) WHERE retired_at IS NULL;

CREATE TABLE lab_settings (
    clinic_id      UUID PRIMARY KEY NOT NULL REFERENCES clinics (id),
    -- One person may enter and release a result: for a laboratory with one person on duty.
    single_handed  BOOLEAN NOT NULL DEFAULT FALSE,
    version        BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at     TIMESTAMPTZ NOT NULL,
    updated_by     UUID NOT NULL REFERENCES users (id)
);

INSERT INTO order_kinds (name) VALUES ('laboratory');

-- Two ranges in use never hold at once for the same test, method, sex, condition, age and day.
ALTER TABLE lab_ranges ADD CONSTRAINT ranges_no_overlap EXCLUDE USING gist (test_id WITH =, method WITH =, sex WITH =, condition WITH =,
    int8range(age_from_days, age_to_days) WITH &&, daterange(valid_from, valid_to, '[]') WITH &&) WHERE (retired_at IS NULL);
-- A range is not rewritten: it gets a last day, or is retired. So the snapshot of a result can be compared with it.
CREATE TRIGGER ranges_frozen BEFORE UPDATE ON lab_ranges FOR EACH ROW
WHEN ((NEW.id, NEW.test_id, NEW.method, NEW.sex, NEW.age_from_days, NEW.age_to_days, NEW.condition, NEW.low, NEW.high, NEW.critical_low,
        NEW.critical_high, NEW.text, NEW.valid_from)
    IS DISTINCT FROM (OLD.id, OLD.test_id, OLD.method, OLD.sex, OLD.age_from_days, OLD.age_to_days, OLD.condition, OLD.low, OLD.high,
        OLD.critical_low, OLD.critical_high, OLD.text, OLD.valid_from))
EXECUTE FUNCTION row_fixed('ranges_frozen');
CREATE TRIGGER ranges_kept BEFORE DELETE ON lab_ranges FOR EACH ROW EXECUTE FUNCTION row_fixed('ranges_frozen');
-- A changed range or delta rule, or a new answer, ends the confirmation of its test.
CREATE FUNCTION lab_confirmation_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE lab_tests SET confirmed_at = NULL, confirmed_by = NULL, autorelease = FALSE WHERE id = NEW.test_id AND confirmed_at IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER lab_confirmation_ends_range AFTER INSERT OR UPDATE ON lab_ranges FOR EACH ROW EXECUTE FUNCTION lab_confirmation_ends();
CREATE TRIGGER lab_confirmation_ends_delta AFTER INSERT OR UPDATE ON lab_delta_rules FOR EACH ROW EXECUTE FUNCTION lab_confirmation_ends();
CREATE TRIGGER lab_confirmation_ends_answer AFTER INSERT ON lab_choices FOR EACH ROW EXECUTE FUNCTION lab_confirmation_ends();
CREATE TRIGGER lab_tests_kept BEFORE DELETE ON lab_tests FOR EACH ROW EXECUTE FUNCTION row_fixed('lab_tests_kept');
REVOKE DELETE, TRUNCATE ON lab_tests, lab_ranges, lab_delta_rules FROM infirmary_app;

-- The role of the pathologist, who releases results.
ALTER TABLE user_roles DROP CONSTRAINT user_roles_role_check, ADD CONSTRAINT user_roles_role_check CHECK (role IN ('patient', 'receptionist',
    'nurse', 'doctor', 'lab', 'pathologist', 'radiology', 'pharmacist', 'cashier', 'accountant', 'storekeeper', 'ward_manager', 'administrator',
    'auditor'));
