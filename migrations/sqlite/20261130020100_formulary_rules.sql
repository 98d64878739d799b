-- The rules by which prescriptions are checked. Each row names its public source; a rule acts while it is unconfirmed too, and says so.

-- An interaction is between two substances, or groups of substances; the side with the smaller id stands first.
CREATE TABLE interactions (
    id                 BLOB PRIMARY KEY NOT NULL,
    one_id             BLOB NOT NULL,
    one_substance_id   BLOB REFERENCES substances (id),
    one_group_id       BLOB REFERENCES substance_groups (id),
    other_id           BLOB NOT NULL,
    other_substance_id BLOB REFERENCES substances (id),
    other_group_id     BLOB REFERENCES substance_groups (id),
    level              TEXT NOT NULL CHECK (level IN ('contraindicated', 'severe')),
    text_en            TEXT NOT NULL CHECK (length(text_en) BETWEEN 1 AND 500),
    text_es            TEXT NOT NULL CHECK (length(text_es) BETWEEN 1 AND 500),
    source             TEXT NOT NULL CHECK (length(source) BETWEEN 1 AND 500),
    confirmed_at       TEXT,
    confirmed_by       BLOB REFERENCES users (id),
    retired_at         TEXT,
    updated_at         TEXT NOT NULL,
    updated_by         BLOB NOT NULL REFERENCES users (id),
    version            INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT interactions_sides CHECK ((one_substance_id IS NULL) <> (one_group_id IS NULL)
        AND (other_substance_id IS NULL) <> (other_group_id IS NULL)
        AND one_id = coalesce(one_substance_id, one_group_id) AND other_id = coalesce(other_substance_id, other_group_id)),
    CONSTRAINT interactions_in_order CHECK (one_id < other_id OR (one_id = other_id AND one_group_id IS NOT NULL)),
    CONSTRAINT interactions_confirmed CHECK ((confirmed_at IS NULL) = (confirmed_by IS NULL))
) STRICT;
CREATE UNIQUE INDEX interactions_once ON interactions (one_id, other_id) WHERE retired_at IS NULL;
CREATE TRIGGER interactions_confirmed_unchanged BEFORE UPDATE ON interactions
WHEN OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS OLD.confirmed_at
    AND (NEW.one_id, NEW.other_id, NEW.level, NEW.text_en, NEW.text_es, NEW.source)
        IS NOT (OLD.one_id, OLD.other_id, OLD.level, OLD.text_en, OLD.text_es, OLD.source)
BEGIN
    SELECT RAISE(ABORT, 'interactions_confirmed_unchanged');
END;

-- The range of doses of a substance, by route and age. All figures of a row have its unit; `per_kg` applies to the ranges, and never to
-- the absolute maxima. Exact decimals as text.
CREATE TABLE dose_rules (
    id           BLOB PRIMARY KEY NOT NULL,
    substance_id BLOB NOT NULL REFERENCES substances (id),
    -- Any route without one.
    route        TEXT CHECK (route IN ('oral', 'sublingual', 'inhaled', 'topical', 'subcutaneous', 'intramuscular', 'intravenous',
        'rectal', 'nasal', 'eye', 'ear', 'buccal', 'vaginal', 'transdermal', 'intraosseous', 'intrathecal', 'epidural', 'tube')),
    -- From this age in days, and below that one.
    from_days    INTEGER NOT NULL DEFAULT 0 CHECK (from_days >= 0),
    to_days      INTEGER,
    unit         TEXT NOT NULL CHECK (unit IN ('mg', 'g', 'microgram', 'IU', 'mmol', 'mL', 'L', 'tablet', 'capsule', 'ampoule', 'vial',
        'bag', 'syringe', 'sachet', 'dose', 'patch', 'suppository', 'pessary', 'bottle', 'tube')),
    per_kg       INTEGER NOT NULL CHECK (per_kg IN (0, 1)),
    dose_low     TEXT CONSTRAINT dose_rules_dose_low CHECK (dose_low NOT GLOB '*[^0-9.]*' AND CAST(dose_low AS REAL) > 0),
    dose_high    TEXT CONSTRAINT dose_rules_dose_high CHECK (dose_high NOT GLOB '*[^0-9.]*' AND CAST(dose_high AS REAL) > 0),
    day_low      TEXT CONSTRAINT dose_rules_day_low CHECK (day_low NOT GLOB '*[^0-9.]*' AND CAST(day_low AS REAL) > 0),
    day_high     TEXT CONSTRAINT dose_rules_day_high CHECK (day_high NOT GLOB '*[^0-9.]*' AND CAST(day_high AS REAL) > 0),
    dose_max     TEXT CONSTRAINT dose_rules_dose_max CHECK (dose_max NOT GLOB '*[^0-9.]*' AND CAST(dose_max AS REAL) > 0),
    day_max      TEXT CONSTRAINT dose_rules_day_max CHECK (day_max NOT GLOB '*[^0-9.]*' AND CAST(day_max AS REAL) > 0),
    source       TEXT NOT NULL CHECK (length(source) BETWEEN 1 AND 500),
    confirmed_at TEXT,
    confirmed_by BLOB REFERENCES users (id),
    retired_at   TEXT,
    updated_at   TEXT NOT NULL,
    updated_by   BLOB NOT NULL REFERENCES users (id),
    version      INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT dose_rules_ages CHECK (to_days IS NULL OR to_days > from_days),
    CONSTRAINT dose_rules_figure CHECK (coalesce(dose_high, day_high, dose_max, day_max) IS NOT NULL),
    CONSTRAINT dose_rules_range CHECK ((dose_low IS NULL OR dose_high IS NULL OR CAST(dose_low AS REAL) <= CAST(dose_high AS REAL))
        AND (day_low IS NULL OR day_high IS NULL OR CAST(day_low AS REAL) <= CAST(day_high AS REAL))),
    CONSTRAINT dose_rules_confirmed CHECK ((confirmed_at IS NULL) = (confirmed_by IS NULL))
) STRICT;
CREATE UNIQUE INDEX dose_rules_once ON dose_rules (substance_id, coalesce(route, ''), from_days, per_kg) WHERE retired_at IS NULL;
CREATE TRIGGER dose_rules_confirmed_unchanged BEFORE UPDATE ON dose_rules
WHEN OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS OLD.confirmed_at
    AND (NEW.substance_id, NEW.route, NEW.from_days, NEW.to_days, NEW.unit, NEW.per_kg, NEW.dose_low, NEW.dose_high, NEW.day_low, NEW.day_high,
        NEW.dose_max, NEW.day_max, NEW.source) IS NOT (OLD.substance_id, OLD.route, OLD.from_days, OLD.to_days, OLD.unit, OLD.per_kg,
        OLD.dose_low, OLD.dose_high, OLD.day_low, OLD.day_high, OLD.dose_max, OLD.day_max, OLD.source)
BEGIN
    SELECT RAISE(ABORT, 'dose_rules_confirmed_unchanged');
END;

-- A limit of the patient below which a substance needs care: the creatinine clearance in mL/min, or the age in years.
CREATE TABLE substance_limits (
    id           BLOB PRIMARY KEY NOT NULL,
    substance_id BLOB NOT NULL REFERENCES substances (id),
    kind         TEXT NOT NULL CHECK (kind IN ('clearance', 'age')),
    below        INTEGER NOT NULL CHECK (below BETWEEN 1 AND 150),
    level        TEXT NOT NULL CHECK (level IN ('block', 'strong', 'warn', 'info')),
    source       TEXT NOT NULL CHECK (length(source) BETWEEN 1 AND 500),
    confirmed_at TEXT,
    confirmed_by BLOB REFERENCES users (id),
    retired_at   TEXT,
    updated_at   TEXT NOT NULL,
    updated_by   BLOB NOT NULL REFERENCES users (id),
    version      INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT substance_limits_confirmed CHECK ((confirmed_at IS NULL) = (confirmed_by IS NULL))
) STRICT;
CREATE UNIQUE INDEX substance_limits_once ON substance_limits (substance_id, kind, below) WHERE retired_at IS NULL;
CREATE TRIGGER substance_limits_confirmed_unchanged BEFORE UPDATE ON substance_limits
WHEN OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS OLD.confirmed_at
    AND (NEW.substance_id, NEW.kind, NEW.below, NEW.level, NEW.source) IS NOT (OLD.substance_id, OLD.kind, OLD.below, OLD.level, OLD.source)
BEGIN
    SELECT RAISE(ABORT, 'substance_limits_confirmed_unchanged');
END;

-- An allergy to a member of one allergy group may concern the members of another.
CREATE TABLE cross_reactions (
    id             BLOB PRIMARY KEY NOT NULL,
    one_group_id   BLOB NOT NULL REFERENCES substance_groups (id),
    other_group_id BLOB NOT NULL REFERENCES substance_groups (id),
    level          TEXT NOT NULL CHECK (level IN ('block', 'strong', 'warn', 'info')),
    source         TEXT NOT NULL CHECK (length(source) BETWEEN 1 AND 500),
    confirmed_at   TEXT,
    confirmed_by   BLOB REFERENCES users (id),
    retired_at     TEXT,
    updated_at     TEXT NOT NULL,
    updated_by     BLOB NOT NULL REFERENCES users (id),
    version        INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT cross_reactions_in_order CHECK (one_group_id < other_group_id),
    CONSTRAINT cross_reactions_confirmed CHECK ((confirmed_at IS NULL) = (confirmed_by IS NULL))
) STRICT;
CREATE UNIQUE INDEX cross_reactions_once ON cross_reactions (one_group_id, other_group_id) WHERE retired_at IS NULL;
CREATE TRIGGER cross_reactions_confirmed_unchanged BEFORE UPDATE ON cross_reactions
WHEN OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS OLD.confirmed_at
    AND (NEW.one_group_id, NEW.other_group_id, NEW.level, NEW.source) IS NOT (OLD.one_group_id, OLD.other_group_id, OLD.level, OLD.source)
BEGIN
    SELECT RAISE(ABORT, 'cross_reactions_confirmed_unchanged');
END;
