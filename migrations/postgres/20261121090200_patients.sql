-- The people the hospital cares for.

CREATE TABLE patients (
    id                 UUID PRIMARY KEY NOT NULL,
    mrn                TEXT NOT NULL UNIQUE,
    given_names        TEXT NOT NULL CHECK (length(given_names) <= 200),
    family_name        TEXT NOT NULL DEFAULT '' CHECK (length(family_name) <= 200),
    preferred_name     TEXT NOT NULL DEFAULT '' CHECK (length(preferred_name) <= 200),
    birth_date         DATE,
    birth_precision    TEXT NOT NULL CHECK (birth_precision IN ('day', 'month', 'year', 'unknown')),
    sex                TEXT NOT NULL CHECK (sex IN ('female', 'male', 'other', 'unknown')),
    gender             TEXT NOT NULL DEFAULT '' CHECK (length(gender) <= 100),
    national_id        TEXT NOT NULL DEFAULT '' CHECK (length(national_id) <= 60),
    phone              TEXT NOT NULL DEFAULT '' CHECK (length(phone) <= 40),
    phone_digits       TEXT NOT NULL DEFAULT '',
    email              TEXT NOT NULL DEFAULT '' CHECK (length(email) <= 254),
    address            TEXT NOT NULL DEFAULT '' CHECK (length(address) <= 300),
    city               TEXT NOT NULL DEFAULT '' CHECK (length(city) <= 100),
    region             TEXT NOT NULL DEFAULT '' CHECK (length(region) <= 100),
    postal_code        TEXT NOT NULL DEFAULT '' CHECK (length(postal_code) <= 20),
    country            TEXT NOT NULL DEFAULT '' CHECK (length(country) <= 100),
    language           TEXT NOT NULL DEFAULT '' CHECK (length(language) <= 35),
    marital_status     TEXT NOT NULL DEFAULT '' CHECK (length(marital_status) <= 40),
    blood_group        TEXT NOT NULL DEFAULT '' CHECK (blood_group IN ('', 'A+', 'A-', 'B+', 'B-', 'AB+', 'AB-', 'O+', 'O-')),
    allergy_status     TEXT NOT NULL DEFAULT 'not_recorded' CHECK (allergy_status IN ('not_recorded', 'none_known', 'recorded')),
    deceased_on        DATE,
    name_key           TEXT NOT NULL,
    created_at         TIMESTAMPTZ NOT NULL,
    created_by         UUID NOT NULL REFERENCES users (id),
    updated_at         TIMESTAMPTZ NOT NULL,
    updated_by         UUID NOT NULL REFERENCES users (id),
    version            BIGINT NOT NULL DEFAULT 1,
    CHECK ((birth_precision = 'unknown') = (birth_date IS NULL))
);
CREATE INDEX patients_by_phone ON patients (phone_digits) WHERE phone_digits <> '';
CREATE INDEX patients_by_birth ON patients (birth_date);
CREATE INDEX patients_by_national_id ON patients (national_id) WHERE national_id <> '';
CREATE INDEX patients_by_name_key ON patients (name_key);

-- What a patient is found by: each folded word of the name, and '~' with its phonetic key.
CREATE TABLE patient_search_terms (
    term       TEXT NOT NULL,
    patient_id UUID NOT NULL REFERENCES patients (id),
    PRIMARY KEY (term, patient_id)
);
-- Prefix search compares bytes.
CREATE INDEX patient_search_terms_prefix ON patient_search_terms (term text_pattern_ops, patient_id);
CREATE INDEX patient_search_terms_by_patient ON patient_search_terms (patient_id);

CREATE TABLE patient_identifiers (
    system     TEXT NOT NULL,
    value      TEXT NOT NULL,
    patient_id UUID NOT NULL REFERENCES patients (id),
    PRIMARY KEY (system, value)
);
CREATE INDEX patient_identifiers_by_patient ON patient_identifiers (patient_id);

-- The one link between a portal user and the record that user may see.
CREATE TABLE patient_users (
    user_id    UUID PRIMARY KEY NOT NULL REFERENCES users (id),
    patient_id UUID NOT NULL UNIQUE REFERENCES patients (id),
    linked_at  TIMESTAMPTZ NOT NULL,
    linked_by  UUID NOT NULL REFERENCES users (id)
);

CREATE TABLE patient_contacts (
    id           UUID PRIMARY KEY NOT NULL,
    patient_id   UUID NOT NULL REFERENCES patients (id),
    name         TEXT NOT NULL,
    relationship TEXT NOT NULL DEFAULT '',
    phone        TEXT NOT NULL DEFAULT ''
);
CREATE INDEX patient_contacts_by_patient ON patient_contacts (patient_id);

CREATE TABLE allergies (
    id                  UUID PRIMARY KEY NOT NULL,
    patient_id          UUID NOT NULL REFERENCES patients (id),
    substance           TEXT NOT NULL CHECK (length(substance) BETWEEN 1 AND 200),
    category            TEXT NOT NULL CHECK (category IN ('medication', 'food', 'environment', 'other')),
    criticality         TEXT NOT NULL CHECK (criticality IN ('low', 'high', 'unable_to_assess')),
    reaction            TEXT NOT NULL DEFAULT '' CHECK (length(reaction) <= 500),
    severity            TEXT NOT NULL DEFAULT '' CHECK (severity IN ('', 'mild', 'moderate', 'severe')),
    clinical_status     TEXT NOT NULL CHECK (clinical_status IN ('active', 'inactive', 'resolved')),
    verification        TEXT NOT NULL CHECK (verification IN ('unconfirmed', 'confirmed', 'refuted')),
    recorded_at         TIMESTAMPTZ NOT NULL,
    recorded_by         UUID NOT NULL REFERENCES users (id),
    entered_in_error_at TIMESTAMPTZ,
    entered_in_error_by UUID REFERENCES users (id),
    error_reason        TEXT NOT NULL DEFAULT ''
);
CREATE INDEX allergies_by_patient ON allergies (patient_id);

CREATE TABLE problems (
    id                  UUID PRIMARY KEY NOT NULL,
    patient_id          UUID NOT NULL REFERENCES patients (id),
    code                TEXT NOT NULL DEFAULT '',
    description         TEXT NOT NULL CHECK (length(description) BETWEEN 1 AND 500),
    clinical_status     TEXT NOT NULL CHECK (clinical_status IN ('active', 'inactive', 'resolved')),
    verification        TEXT NOT NULL CHECK (verification IN ('provisional', 'confirmed', 'refuted')),
    onset_on            DATE,
    recorded_at         TIMESTAMPTZ NOT NULL,
    recorded_by         UUID NOT NULL REFERENCES users (id),
    entered_in_error_at TIMESTAMPTZ,
    entered_in_error_by UUID REFERENCES users (id),
    error_reason        TEXT NOT NULL DEFAULT ''
);
CREATE INDEX problems_by_patient ON problems (patient_id);

CREATE TABLE insurers (
    id         UUID PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL UNIQUE,
    self_pay   BOOLEAN NOT NULL DEFAULT FALSE,
    retired_at TIMESTAMPTZ
);

CREATE TABLE coverages (
    id             UUID PRIMARY KEY NOT NULL,
    patient_id     UUID NOT NULL REFERENCES patients (id),
    insurer_id     UUID NOT NULL REFERENCES insurers (id),
    plan           TEXT NOT NULL DEFAULT '' CHECK (length(plan) <= 200),
    policy_number  TEXT NOT NULL DEFAULT '' CHECK (length(policy_number) <= 60),
    holder         TEXT NOT NULL DEFAULT '' CHECK (length(holder) <= 200),
    valid_from     DATE,
    valid_to       DATE,
    copay_percent  BIGINT NOT NULL CHECK (copay_percent BETWEEN 0 AND 100),
    priority       BIGINT NOT NULL DEFAULT 1 CHECK (priority BETWEEN 1 AND 9),
    created_at     TIMESTAMPTZ NOT NULL,
    created_by     UUID NOT NULL REFERENCES users (id),
    ended_at       TIMESTAMPTZ,
    CHECK (valid_from IS NULL OR valid_to IS NULL OR valid_from <= valid_to)
);
CREATE INDEX coverages_by_patient ON coverages (patient_id);
