-- The catalogue of the laboratory: tests with their units, reference ranges, critical limits, delta rules and calculations.
-- A measured value is a whole number of millionths of its unit.

-- Tubes and other containers. They are filled in the order of `draw_order`.
CREATE TABLE lab_containers (
    id          BLOB PRIMARY KEY NOT NULL,
    code        TEXT NOT NULL CONSTRAINT lab_containers_code UNIQUE CHECK (length(code) BETWEEN 1 AND 20),
    name_en     TEXT NOT NULL CHECK (length(trim(name_en)) > 0 AND length(name_en) <= 120),
    name_es     TEXT NOT NULL CHECK (length(trim(name_es)) > 0 AND length(name_es) <= 120),
    -- The colour of the cap.
    colour      TEXT NOT NULL DEFAULT '' CHECK (length(colour) <= 40),
    additive    TEXT NOT NULL DEFAULT '' CHECK (length(additive) <= 80),
    -- Microlitres.
    volume_ul   INTEGER NOT NULL CHECK (volume_ul BETWEEN 1 AND 5000000),
    draw_order  INTEGER NOT NULL CHECK (draw_order BETWEEN 1 AND 99),
    retired_at  TEXT
) STRICT;

CREATE TABLE lab_tests (
    id              BLOB PRIMARY KEY NOT NULL,
    code            TEXT NOT NULL CONSTRAINT lab_tests_code UNIQUE CHECK (length(code) BETWEEN 1 AND 20),
    name_en         TEXT NOT NULL CHECK (length(trim(name_en)) > 0 AND length(name_en) <= 120),
    name_es         TEXT NOT NULL CHECK (length(trim(name_es)) > 0 AND length(name_es) <= 120),
    -- The code of LOINC and its long name, unaltered.
    loinc           TEXT NOT NULL DEFAULT '' CHECK (length(loinc) <= 10),
    loinc_name      TEXT NOT NULL DEFAULT '' CHECK (length(loinc_name) <= 300),
    result_type     TEXT NOT NULL CHECK (result_type IN ('quantity', 'choice', 'titre', 'text', 'organism')),
    -- UCUM.
    unit            TEXT NOT NULL DEFAULT '' CHECK (length(unit) <= 40),
    decimals        INTEGER NOT NULL DEFAULT 0 CHECK (decimals BETWEEN 0 AND 4),
    specimen        TEXT NOT NULL CHECK (specimen IN ('blood', 'serum', 'plasma', 'arterial', 'capillary', 'urine', 'urine_24h', 'stool',
                        'sputum', 'csf', 'swab', 'tissue', 'fluid')),
    container_id    BLOB NOT NULL REFERENCES lab_containers (id),
    bench           TEXT NOT NULL CHECK (length(trim(bench)) > 0 AND length(bench) <= 40),
    method          TEXT NOT NULL DEFAULT '' CHECK (length(method) <= 120),
    -- Turnaround in minutes, from receipt to release.
    tat_stat        INTEGER NOT NULL CHECK (tat_stat BETWEEN 1 AND 100000),
    tat_urgent      INTEGER NOT NULL CHECK (tat_urgent BETWEEN 1 AND 100000),
    tat_routine     INTEGER NOT NULL CHECK (tat_routine BETWEEN 1 AND 100000),
    linear_low      INTEGER,
    linear_high     INTEGER,
    -- A value outside of these is refused.
    plausible_low   INTEGER,
    plausible_high  INTEGER,
    -- Within so many hours a second order asks for a confirmation.
    duplicate_hours INTEGER NOT NULL DEFAULT 0 CHECK (duplicate_hours BETWEEN 0 AND 8760),
    portal_rule     TEXT NOT NULL DEFAULT 'at_once' CHECK (portal_rule IN ('at_once', 'after_review', 'after_hours', 'in_person')),
    portal_hours    INTEGER NOT NULL DEFAULT 0 CHECK (portal_hours BETWEEN 0 AND 720),
    autorelease     INTEGER NOT NULL DEFAULT 0 CHECK (autorelease IN (0, 1)),
    -- The formula of a calculated value; empty for a measured one.
    formula         TEXT NOT NULL DEFAULT '' CHECK (length(formula) <= 40),
    item_id         BLOB REFERENCES price_items (id),
    source          TEXT NOT NULL DEFAULT '' CHECK (length(source) <= 300),
    -- The head of the laboratory takes responsibility for units, ranges and limits.
    confirmed_at    TEXT,
    confirmed_by    BLOB REFERENCES users (id),
    version         INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at      TEXT NOT NULL,
    updated_by      BLOB NOT NULL REFERENCES users (id),
    retired_at      TEXT,
    CONSTRAINT lab_tests_unit CHECK (result_type <> 'quantity' OR length(trim(unit)) > 0),
    CONSTRAINT lab_tests_confirmed CHECK ((confirmed_at IS NULL) = (confirmed_by IS NULL)),
    CONSTRAINT lab_tests_plausible CHECK (plausible_low IS NULL OR plausible_high IS NULL OR plausible_low < plausible_high),
    CONSTRAINT lab_tests_linear CHECK (linear_low IS NULL OR linear_high IS NULL OR linear_low < linear_high),
    CONSTRAINT lab_tests_portal CHECK ((portal_rule = 'after_hours') = (portal_hours > 0)),
    CONSTRAINT lab_tests_autorelease CHECK (NOT autorelease OR confirmed_at IS NOT NULL)
) STRICT;
CREATE INDEX lab_tests_by_item ON lab_tests (item_id) WHERE item_id IS NOT NULL;

-- The tests from whose values a calculated one follows, in the order that its formula names.
CREATE TABLE lab_test_inputs (
    test_id   BLOB NOT NULL REFERENCES lab_tests (id),
    position  INTEGER NOT NULL CHECK (position BETWEEN 1 AND 9),
    input_id  BLOB NOT NULL REFERENCES lab_tests (id),
    PRIMARY KEY (test_id, position),
    CONSTRAINT lab_test_inputs_other CHECK (input_id <> test_id)
) STRICT;
CREATE INDEX lab_test_inputs_by_input ON lab_test_inputs (input_id);

CREATE TABLE lab_panels (
    id          BLOB PRIMARY KEY NOT NULL,
    code        TEXT NOT NULL CONSTRAINT lab_panels_code UNIQUE CHECK (length(code) BETWEEN 1 AND 20),
    name_en     TEXT NOT NULL CHECK (length(trim(name_en)) > 0 AND length(name_en) <= 120),
    name_es     TEXT NOT NULL CHECK (length(trim(name_es)) > 0 AND length(name_es) <= 120),
    loinc       TEXT NOT NULL DEFAULT '' CHECK (length(loinc) <= 10),
    item_id     BLOB REFERENCES price_items (id),
    version     INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at  TEXT NOT NULL,
    updated_by  BLOB NOT NULL REFERENCES users (id),
    retired_at  TEXT
) STRICT;
CREATE TABLE lab_panel_tests (
    panel_id  BLOB NOT NULL REFERENCES lab_panels (id),
    position  INTEGER NOT NULL CHECK (position BETWEEN 1 AND 99),
    test_id   BLOB NOT NULL REFERENCES lab_tests (id),
    PRIMARY KEY (panel_id, test_id),
    CONSTRAINT lab_panel_tests_position UNIQUE (panel_id, position)
) STRICT;
CREATE INDEX lab_panel_tests_by_test ON lab_panel_tests (test_id);

-- The coded answers of a test.
CREATE TABLE lab_choices (
    id        BLOB PRIMARY KEY NOT NULL,
    test_id   BLOB NOT NULL REFERENCES lab_tests (id),
    code      TEXT NOT NULL CHECK (length(code) BETWEEN 1 AND 20),
    name_en   TEXT NOT NULL CHECK (length(trim(name_en)) > 0 AND length(name_en) <= 120),
    name_es   TEXT NOT NULL CHECK (length(trim(name_es)) > 0 AND length(name_es) <= 120),
    -- Normal, abnormal, critical.
    flag      TEXT NOT NULL CHECK (flag IN ('N', 'A', 'AA')),
    position  INTEGER NOT NULL CHECK (position BETWEEN 1 AND 99),
    CONSTRAINT lab_choices_code UNIQUE (test_id, code)
) STRICT;

-- A reference range with critical limits: for a sex, an age and a condition, from a day on. Without a limit the column is NULL.
CREATE TABLE lab_ranges (
    id             BLOB PRIMARY KEY NOT NULL,
    test_id        BLOB NOT NULL REFERENCES lab_tests (id),
    -- Empty for every method.
    method         TEXT NOT NULL DEFAULT '' CHECK (length(method) <= 120),
    sex            TEXT NOT NULL CHECK (sex IN ('female', 'male', 'any')),
    age_from_days  INTEGER NOT NULL DEFAULT 0,
    age_to_days    INTEGER,
    condition      TEXT NOT NULL DEFAULT 'none' CHECK (condition IN ('none', 'pregnant_t1', 'pregnant_t2', 'pregnant_t3', 'fasting')),
    low            INTEGER,
    high           INTEGER,
    critical_low   INTEGER,
    critical_high  INTEGER,
    text           TEXT NOT NULL DEFAULT '' CHECK (length(text) <= 120),
    valid_from     TEXT NOT NULL,
    valid_to       TEXT,
    source         TEXT NOT NULL CONSTRAINT ranges_sourced CHECK (length(trim(source)) > 0 AND length(source) <= 300),
    retired_at     TEXT,
    created_at     TEXT NOT NULL,
    created_by     BLOB NOT NULL REFERENCES users (id),
    CONSTRAINT ranges_ages CHECK (age_from_days >= 0 AND (age_to_days IS NULL OR age_to_days > age_from_days)),
    CONSTRAINT ranges_validity CHECK (valid_to IS NULL OR valid_to >= valid_from),
    CONSTRAINT ranges_ordered CHECK ((critical_low IS NULL OR low IS NULL OR critical_low <= low) AND (low IS NULL OR high IS NULL OR low <= high)
        AND (high IS NULL OR critical_high IS NULL OR high <= critical_high) AND (critical_low IS NULL OR high IS NULL OR critical_low <= high)
        AND (low IS NULL OR critical_high IS NULL OR low <= critical_high)
        AND (critical_low IS NULL OR critical_high IS NULL OR critical_low < critical_high))
) STRICT;
CREATE INDEX lab_ranges_by_test ON lab_ranges (test_id) WHERE retired_at IS NULL;

-- A change from the last released value that needs attention: by an amount, by a percentage, or both, within some days.
CREATE TABLE lab_delta_rules (
    id           BLOB PRIMARY KEY NOT NULL,
    test_id      BLOB NOT NULL REFERENCES lab_tests (id),
    absolute     INTEGER CHECK (absolute > 0),
    percent      INTEGER CHECK (percent BETWEEN 1 AND 10000),
    window_days  INTEGER NOT NULL CHECK (window_days BETWEEN 1 AND 3650),
    source       TEXT NOT NULL CONSTRAINT delta_rules_sourced CHECK (length(trim(source)) > 0 AND length(source) <= 300),
    retired_at   TEXT,
    CONSTRAINT delta_rules_some CHECK (absolute IS NOT NULL OR percent IS NOT NULL)
) STRICT;
CREATE INDEX lab_delta_rules_by_test ON lab_delta_rules (test_id) WHERE retired_at IS NULL;

CREATE TABLE lab_settings (
    clinic_id      BLOB PRIMARY KEY NOT NULL REFERENCES clinics (id),
    -- One person may enter and release a result: for a laboratory with one person on duty.
    single_handed  INTEGER NOT NULL DEFAULT 0 CHECK (single_handed IN (0, 1)),
    version        INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at     TEXT NOT NULL,
    updated_by     BLOB NOT NULL REFERENCES users (id)
) STRICT;

INSERT INTO order_kinds (name) VALUES ('laboratory');

-- Two ranges in use never hold at once for the same test, method, sex, condition, age and day.
CREATE TRIGGER ranges_no_overlap_insert BEFORE INSERT ON lab_ranges
WHEN NEW.retired_at IS NULL AND EXISTS (SELECT 1 FROM lab_ranges r WHERE r.test_id = NEW.test_id AND r.method = NEW.method AND r.sex = NEW.sex
    AND r.condition = NEW.condition AND r.retired_at IS NULL AND r.id <> NEW.id
    AND (r.age_to_days IS NULL OR r.age_to_days > NEW.age_from_days) AND (NEW.age_to_days IS NULL OR NEW.age_to_days > r.age_from_days)
    AND (r.valid_to IS NULL OR r.valid_to >= NEW.valid_from) AND (NEW.valid_to IS NULL OR NEW.valid_to >= r.valid_from))
BEGIN
    SELECT RAISE(ABORT, 'ranges_no_overlap');
END;
CREATE TRIGGER ranges_no_overlap_update BEFORE UPDATE ON lab_ranges
WHEN NEW.retired_at IS NULL AND EXISTS (SELECT 1 FROM lab_ranges r WHERE r.test_id = NEW.test_id AND r.method = NEW.method AND r.sex = NEW.sex
    AND r.condition = NEW.condition AND r.retired_at IS NULL AND r.id <> NEW.id
    AND (r.age_to_days IS NULL OR r.age_to_days > NEW.age_from_days) AND (NEW.age_to_days IS NULL OR NEW.age_to_days > r.age_from_days)
    AND (r.valid_to IS NULL OR r.valid_to >= NEW.valid_from) AND (NEW.valid_to IS NULL OR NEW.valid_to >= r.valid_from))
BEGIN
    SELECT RAISE(ABORT, 'ranges_no_overlap');
END;
-- A range is not rewritten: it gets a last day, or is retired. So the snapshot of a result can be compared with it.
CREATE TRIGGER ranges_frozen BEFORE UPDATE ON lab_ranges
WHEN (NEW.id, NEW.test_id, NEW.method, NEW.sex, NEW.age_from_days, NEW.age_to_days, NEW.condition, NEW.low, NEW.high, NEW.critical_low,
        NEW.critical_high, NEW.text, NEW.valid_from)
    IS NOT (OLD.id, OLD.test_id, OLD.method, OLD.sex, OLD.age_from_days, OLD.age_to_days, OLD.condition, OLD.low, OLD.high, OLD.critical_low,
        OLD.critical_high, OLD.text, OLD.valid_from)
BEGIN
    SELECT RAISE(ABORT, 'ranges_frozen');
END;
CREATE TRIGGER ranges_kept BEFORE DELETE ON lab_ranges
BEGIN
    SELECT RAISE(ABORT, 'ranges_frozen');
END;
-- A changed range or delta rule, or a new answer, ends the confirmation of its test.
CREATE TRIGGER lab_confirmation_ends_range AFTER INSERT ON lab_ranges
BEGIN
    UPDATE lab_tests SET confirmed_at = NULL, confirmed_by = NULL, autorelease = 0 WHERE id = NEW.test_id AND confirmed_at IS NOT NULL;
END;
CREATE TRIGGER lab_confirmation_ends_range_update AFTER UPDATE ON lab_ranges
BEGIN
    UPDATE lab_tests SET confirmed_at = NULL, confirmed_by = NULL, autorelease = 0 WHERE id = NEW.test_id AND confirmed_at IS NOT NULL;
END;
CREATE TRIGGER lab_confirmation_ends_delta AFTER INSERT ON lab_delta_rules
BEGIN
    UPDATE lab_tests SET confirmed_at = NULL, confirmed_by = NULL, autorelease = 0 WHERE id = NEW.test_id AND confirmed_at IS NOT NULL;
END;
CREATE TRIGGER lab_confirmation_ends_delta_update AFTER UPDATE ON lab_delta_rules
BEGIN
    UPDATE lab_tests SET confirmed_at = NULL, confirmed_by = NULL, autorelease = 0 WHERE id = NEW.test_id AND confirmed_at IS NOT NULL;
END;
CREATE TRIGGER lab_confirmation_ends_answer AFTER INSERT ON lab_choices
BEGIN
    UPDATE lab_tests SET confirmed_at = NULL, confirmed_by = NULL, autorelease = 0 WHERE id = NEW.test_id AND confirmed_at IS NOT NULL;
END;
-- The unit of a test stays once a value was measured in it: another unit is another test.
CREATE TRIGGER lab_tests_kept BEFORE DELETE ON lab_tests
BEGIN
    SELECT RAISE(ABORT, 'lab_tests_kept');
END;

-- The role of the pathologist, who releases results. The list of roles is a CHECK, so the table is written again.
CREATE TABLE user_roles_before AS SELECT * FROM user_roles;
DROP TABLE user_roles;
CREATE TABLE user_roles (
    user_id    BLOB NOT NULL REFERENCES users (id),
    role       TEXT NOT NULL CHECK (role IN ('patient', 'receptionist', 'nurse', 'doctor', 'lab', 'pathologist', 'radiology', 'pharmacist',
                   'cashier', 'accountant', 'storekeeper', 'ward_manager', 'administrator', 'auditor')),
    clinic_id  BLOB REFERENCES clinics (id),
    granted_at TEXT NOT NULL,
    granted_by BLOB NOT NULL REFERENCES users (id)
) STRICT;
INSERT INTO user_roles (user_id, role, clinic_id, granted_at, granted_by)
SELECT user_id, role, clinic_id, granted_at, granted_by FROM user_roles_before;
DROP TABLE user_roles_before;
CREATE UNIQUE INDEX user_roles_everywhere ON user_roles (user_id, role) WHERE clinic_id IS NULL;
CREATE UNIQUE INDEX user_roles_at_clinic ON user_roles (user_id, role, clinic_id) WHERE clinic_id IS NOT NULL;
CREATE INDEX user_roles_by_user ON user_roles (user_id);
CREATE INDEX user_roles_by_role ON user_roles (role, user_id);
CREATE INDEX user_roles_by_clinic ON user_roles (clinic_id) WHERE clinic_id IS NOT NULL;
CREATE TRIGGER user_roles_credentials_insert AFTER INSERT ON user_roles
BEGIN
    UPDATE users SET credentials_version = credentials_version + 1 WHERE id = NEW.user_id;
END;
CREATE TRIGGER user_roles_credentials_update AFTER UPDATE ON user_roles
BEGIN
    UPDATE users SET credentials_version = credentials_version + 1 WHERE id = NEW.user_id;
END;
CREATE TRIGGER user_roles_credentials_delete AFTER DELETE ON user_roles
BEGIN
    UPDATE users SET credentials_version = credentials_version + 1 WHERE id = OLD.user_id;
END;
CREATE TRIGGER user_roles_last_administrator_delete AFTER DELETE ON user_roles
WHEN OLD.role = 'administrator' AND OLD.clinic_id IS NULL
    AND EXISTS (SELECT 1 FROM users u WHERE u.id = OLD.user_id AND u.status = 'active' AND u.password_hash IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM user_roles r JOIN users u ON u.id = r.user_id WHERE r.role = 'administrator' AND r.clinic_id IS NULL
        AND u.status = 'active' AND u.password_hash IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'last_administrator');
END;
CREATE TRIGGER user_roles_last_administrator_update AFTER UPDATE ON user_roles
WHEN OLD.role = 'administrator' AND OLD.clinic_id IS NULL
    AND EXISTS (SELECT 1 FROM users u WHERE u.id = OLD.user_id AND u.status = 'active' AND u.password_hash IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM user_roles r JOIN users u ON u.id = r.user_id WHERE r.role = 'administrator' AND r.clinic_id IS NULL
        AND u.status = 'active' AND u.password_hash IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'last_administrator');
END;
