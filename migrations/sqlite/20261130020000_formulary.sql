-- The formulary: substances with their names and groups, and drugs that are made of substances. A row that the program offers is unconfirmed
-- until a pharmacist confirms it. A confirmed row changes only together with its confirmation.
CREATE TABLE substances (
    id           BLOB PRIMARY KEY NOT NULL,
    -- The international nonproprietary name, in English.
    name         TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    name_es      TEXT NOT NULL DEFAULT '' CHECK (length(name_es) <= 200),
    rxcui        TEXT NOT NULL DEFAULT '' CHECK (length(rxcui) <= 20),
    pregnancy    TEXT NOT NULL DEFAULT 'unknown' CHECK (pregnancy IN ('safe', 'avoid', 'contraindicated', 'unknown')),
    lactation    TEXT NOT NULL DEFAULT 'unknown' CHECK (lactation IN ('safe', 'avoid', 'contraindicated', 'unknown')),
    source       TEXT NOT NULL DEFAULT '' CHECK (length(source) <= 500),
    confirmed_at TEXT,
    confirmed_by BLOB REFERENCES users (id),
    created_at   TEXT NOT NULL,
    created_by   BLOB NOT NULL REFERENCES users (id),
    updated_at   TEXT NOT NULL,
    updated_by   BLOB NOT NULL REFERENCES users (id),
    version      INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT substances_confirmed CHECK ((confirmed_at IS NULL) = (confirmed_by IS NULL)),
    CONSTRAINT substances_sourced CHECK (source <> '' OR (pregnancy = 'unknown' AND lactation = 'unknown'))
) STRICT;
CREATE UNIQUE INDEX substances_one_name ON substances (lower(name));
CREATE TRIGGER substances_confirmed_unchanged BEFORE UPDATE ON substances
WHEN OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS OLD.confirmed_at
    AND (NEW.name, NEW.pregnancy, NEW.lactation, NEW.source) IS NOT (OLD.name, OLD.pregnancy, OLD.lactation, OLD.source)
BEGIN
    SELECT RAISE(ABORT, 'substances_confirmed_unchanged');
END;

-- All names of a substance, its own among them. The key is the name without accents, as it sounds: one name means one substance.
CREATE TABLE substance_names (
    name_key     TEXT PRIMARY KEY NOT NULL CHECK (name_key <> ''),
    substance_id BLOB NOT NULL REFERENCES substances (id),
    name         TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200)
) STRICT;
CREATE INDEX substance_names_by_substance ON substance_names (substance_id);

CREATE TABLE substance_groups (
    id      BLOB PRIMARY KEY NOT NULL,
    code    TEXT NOT NULL CHECK (length(code) BETWEEN 1 AND 40),
    -- An allergy to a substance of an allergy group concerns the whole group.
    kind    TEXT NOT NULL CHECK (kind IN ('allergy', 'interaction', 'therapeutic')),
    name    TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    name_es TEXT NOT NULL DEFAULT '' CHECK (length(name_es) <= 200),
    source  TEXT NOT NULL CHECK (length(source) BETWEEN 1 AND 500)
) STRICT;
CREATE UNIQUE INDEX substance_groups_one_code ON substance_groups (code);

CREATE TABLE substance_group_members (
    group_id     BLOB NOT NULL REFERENCES substance_groups (id),
    substance_id BLOB NOT NULL REFERENCES substances (id),
    PRIMARY KEY (group_id, substance_id)
) STRICT;
CREATE INDEX substance_group_members_by_substance ON substance_group_members (substance_id);

-- The list of medicines keeps its table and its ids. Older and imported rows are unmapped: a pharmacist maps each to a drug of the formulary.
ALTER TABLE drugs ADD COLUMN code TEXT NOT NULL DEFAULT '' CHECK (length(code) <= 40);
ALTER TABLE drugs ADD COLUMN name_es TEXT NOT NULL DEFAULT '' CHECK (length(name_es) <= 200);
ALTER TABLE drugs ADD COLUMN status TEXT NOT NULL DEFAULT 'unmapped'
    CHECK (status IN ('formulary', 'restricted', 'non_formulary', 'unmapped'));
ALTER TABLE drugs ADD COLUMN same_as BLOB REFERENCES drugs (id);
ALTER TABLE drugs ADD COLUMN form TEXT CHECK (form IN ('tablet', 'prolonged_tablet', 'dispersible_tablet', 'chewable_tablet',
    'orodispersible_tablet', 'sublingual_tablet', 'gastro_resistant_tablet', 'capsule', 'prolonged_capsule', 'gastro_resistant_capsule',
    'oral_solution', 'oral_suspension', 'oral_drops', 'oral_powder', 'injection', 'powder_for_injection', 'infusion', 'prefilled_syringe',
    'inhaler', 'powder_inhaler', 'nebuliser_solution', 'cream', 'ointment', 'gel', 'lotion', 'patch', 'eye_drops', 'eye_ointment',
    'ear_drops', 'nasal_spray', 'suppository', 'pessary', 'enema', 'mouthwash'));
ALTER TABLE drugs ADD COLUMN dispensing_unit TEXT CHECK (dispensing_unit IN ('mg', 'g', 'microgram', 'IU', 'mmol', 'mL', 'L', 'tablet',
    'capsule', 'ampoule', 'vial', 'bag', 'syringe', 'sachet', 'dose', 'patch', 'suppository', 'pessary', 'bottle', 'tube'));
-- The parts into which one unit can be divided.
ALTER TABLE drugs ADD COLUMN divisible INTEGER NOT NULL DEFAULT 1 CONSTRAINT drugs_divisible CHECK (divisible IN (1, 2, 4));
ALTER TABLE drugs ADD COLUMN high_alert INTEGER NOT NULL DEFAULT 0 CHECK (high_alert IN (0, 1));
-- The class of a controlled medicine, in the country's own word.
ALTER TABLE drugs ADD COLUMN schedule TEXT NOT NULL DEFAULT '' CHECK (length(schedule) <= 20);
ALTER TABLE drugs ADD COLUMN fridge INTEGER NOT NULL DEFAULT 0 CHECK (fridge IN (0, 1));
-- Taken once a week, never daily.
ALTER TABLE drugs ADD COLUMN weekly INTEGER NOT NULL DEFAULT 0 CHECK (weekly IN (0, 1));
ALTER TABLE drugs ADD COLUMN source TEXT NOT NULL DEFAULT '' CHECK (length(source) <= 500);
ALTER TABLE drugs ADD COLUMN confirmed_at TEXT;
ALTER TABLE drugs ADD COLUMN confirmed_by BLOB REFERENCES users (id);
ALTER TABLE drugs ADD COLUMN updated_at TEXT;
ALTER TABLE drugs ADD COLUMN updated_by BLOB REFERENCES users (id);
ALTER TABLE drugs ADD COLUMN version INTEGER NOT NULL DEFAULT 1
    CONSTRAINT drugs_confirmed CHECK ((confirmed_at IS NULL) = (confirmed_by IS NULL) AND (confirmed_at IS NULL OR status <> 'unmapped'))
    CONSTRAINT drugs_mapped_once CHECK (same_as IS NULL OR (status = 'unmapped' AND same_as <> id));
CREATE UNIQUE INDEX drugs_one_code ON drugs (upper(code)) WHERE code <> '';
CREATE INDEX drugs_by_same_as ON drugs (same_as) WHERE same_as IS NOT NULL;

-- A strength is an exact decimal number as text, without zeros that say nothing: 500 mg in 1 tablet, 2.5 mg in 1 mL.
CREATE TABLE drug_ingredients (
    drug_id      BLOB NOT NULL REFERENCES drugs (id),
    substance_id BLOB NOT NULL REFERENCES substances (id),
    position     INTEGER NOT NULL CHECK (position BETWEEN 1 AND 9),
    amount       TEXT NOT NULL CONSTRAINT drug_ingredients_amount CHECK (length(amount) BETWEEN 1 AND 16
        AND amount NOT GLOB '*[^0-9.]*' AND amount NOT GLOB '*.*.*' AND amount GLOB '[0-9]*' AND amount NOT GLOB '0[0-9]*'
        AND amount NOT GLOB '*.' AND amount NOT GLOB '*.*0' AND amount <> '0'),
    unit         TEXT NOT NULL CHECK (unit IN ('mg', 'g', 'microgram', 'IU', 'mmol', 'mL', 'L', 'tablet', 'capsule', 'ampoule', 'vial',
        'bag', 'syringe', 'sachet', 'dose', 'patch', 'suppository', 'pessary', 'bottle', 'tube')),
    per          TEXT NOT NULL CONSTRAINT drug_ingredients_per CHECK (length(per) BETWEEN 1 AND 16
        AND per NOT GLOB '*[^0-9.]*' AND per NOT GLOB '*.*.*' AND per GLOB '[0-9]*' AND per NOT GLOB '0[0-9]*'
        AND per NOT GLOB '*.' AND per NOT GLOB '*.*0' AND per <> '0'),
    per_unit     TEXT NOT NULL CHECK (per_unit IN ('mg', 'g', 'microgram', 'IU', 'mmol', 'mL', 'L', 'tablet', 'capsule', 'ampoule', 'vial',
        'bag', 'syringe', 'sachet', 'dose', 'patch', 'suppository', 'pessary', 'bottle', 'tube')),
    PRIMARY KEY (drug_id, substance_id)
) STRICT;
CREATE INDEX drug_ingredients_by_substance ON drug_ingredients (substance_id);

CREATE TABLE drug_routes (
    drug_id BLOB NOT NULL REFERENCES drugs (id),
    route   TEXT NOT NULL CHECK (route IN ('oral', 'sublingual', 'inhaled', 'topical', 'subcutaneous', 'intramuscular', 'intravenous',
        'rectal', 'nasal', 'eye', 'ear', 'buccal', 'vaginal', 'transdermal', 'intraosseous', 'intrathecal', 'epidural', 'tube')),
    PRIMARY KEY (drug_id, route)
) STRICT;

-- A drug of the formulary has at least one ingredient, one route, a form and a unit.
CREATE TRIGGER drugs_whole_insert BEFORE INSERT ON drugs WHEN NEW.status <> 'unmapped'
BEGIN
    SELECT RAISE(ABORT, 'drugs_whole');
END;
CREATE TRIGGER drugs_whole_update BEFORE UPDATE ON drugs
WHEN NEW.status <> 'unmapped' AND (NEW.form IS NULL OR NEW.dispensing_unit IS NULL OR NEW.code = ''
    OR NOT EXISTS (SELECT 1 FROM drug_ingredients i WHERE i.drug_id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM drug_routes r WHERE r.drug_id = NEW.id))
BEGIN
    SELECT RAISE(ABORT, 'drugs_whole');
END;
CREATE TRIGGER drugs_whole_ingredient BEFORE DELETE ON drug_ingredients
WHEN EXISTS (SELECT 1 FROM drugs d WHERE d.id = OLD.drug_id AND d.status <> 'unmapped')
    AND NOT EXISTS (SELECT 1 FROM drug_ingredients i WHERE i.drug_id = OLD.drug_id AND i.substance_id <> OLD.substance_id)
BEGIN
    SELECT RAISE(ABORT, 'drugs_whole');
END;
CREATE TRIGGER drugs_whole_route BEFORE DELETE ON drug_routes
WHEN EXISTS (SELECT 1 FROM drugs d WHERE d.id = OLD.drug_id AND d.status <> 'unmapped')
    AND NOT EXISTS (SELECT 1 FROM drug_routes r WHERE r.drug_id = OLD.drug_id AND r.route <> OLD.route)
BEGIN
    SELECT RAISE(ABORT, 'drugs_whole');
END;
-- A name is mapped to a drug of the formulary, not to another name.
CREATE TRIGGER drugs_mapped_to_whole BEFORE UPDATE OF same_as ON drugs
WHEN NEW.same_as IS NOT NULL AND NOT EXISTS (SELECT 1 FROM drugs d WHERE d.id = NEW.same_as AND d.status <> 'unmapped' AND d.retired_at IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'drugs_mapped_to_whole');
END;
CREATE TRIGGER drugs_mapped_stay BEFORE UPDATE OF status ON drugs
WHEN NEW.status = 'unmapped' AND OLD.status <> 'unmapped'
BEGIN
    SELECT RAISE(ABORT, 'drugs_mapped_stay');
END;
CREATE TRIGGER drugs_confirmed_unchanged BEFORE UPDATE ON drugs
WHEN OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS OLD.confirmed_at
    AND (NEW.name, NEW.name_es, NEW.code, NEW.status, NEW.form, NEW.dispensing_unit, NEW.divisible, NEW.high_alert, NEW.schedule, NEW.fridge,
        NEW.weekly, NEW.source) IS NOT (OLD.name, OLD.name_es, OLD.code, OLD.status, OLD.form, OLD.dispensing_unit, OLD.divisible,
        OLD.high_alert, OLD.schedule, OLD.fridge, OLD.weekly, OLD.source)
BEGIN
    SELECT RAISE(ABORT, 'drugs_confirmed_unchanged');
END;
CREATE TRIGGER drug_ingredients_confirmed_insert BEFORE INSERT ON drug_ingredients
WHEN EXISTS (SELECT 1 FROM drugs d WHERE d.id = NEW.drug_id AND d.confirmed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'drugs_confirmed_unchanged');
END;
CREATE TRIGGER drug_ingredients_confirmed_update BEFORE UPDATE ON drug_ingredients
WHEN EXISTS (SELECT 1 FROM drugs d WHERE d.id IN (OLD.drug_id, NEW.drug_id) AND d.confirmed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'drugs_confirmed_unchanged');
END;
CREATE TRIGGER drug_ingredients_confirmed_delete BEFORE DELETE ON drug_ingredients
WHEN EXISTS (SELECT 1 FROM drugs d WHERE d.id = OLD.drug_id AND d.confirmed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'drugs_confirmed_unchanged');
END;
