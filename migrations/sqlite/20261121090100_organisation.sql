-- The hospital, its clinics, departments, people and the points where they serve.

CREATE TABLE hospital (
    id               INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    name             TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    address          TEXT NOT NULL DEFAULT '',
    phone            TEXT NOT NULL DEFAULT '',
    email            TEXT NOT NULL DEFAULT '',
    licence_number   TEXT NOT NULL DEFAULT '',
    established_year INTEGER,
    currency         TEXT NOT NULL CHECK (length(currency) = 3),
    default_language TEXT NOT NULL CHECK (default_language IN ('en', 'es')),
    demo             INTEGER NOT NULL DEFAULT 0,
    updated_at       TEXT NOT NULL,
    version          INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE clinics (
    id          BLOB PRIMARY KEY NOT NULL,
    code        TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    time_zone   TEXT NOT NULL,
    address     TEXT NOT NULL DEFAULT '',
    city        TEXT NOT NULL DEFAULT '',
    region      TEXT NOT NULL DEFAULT '',
    postal_code TEXT NOT NULL DEFAULT '',
    country     TEXT NOT NULL DEFAULT '',
    phone       TEXT NOT NULL DEFAULT '',
    email       TEXT NOT NULL DEFAULT '',
    retired_at  TEXT
) STRICT;

CREATE TABLE user_roles (
    user_id    BLOB NOT NULL REFERENCES users (id),
    role       TEXT NOT NULL CHECK (role IN ('patient', 'receptionist', 'nurse', 'doctor', 'lab', 'radiology', 'pharmacist',
                   'cashier', 'storekeeper', 'ward_manager', 'administrator', 'auditor')),
    clinic_id  BLOB REFERENCES clinics (id),
    granted_at TEXT NOT NULL,
    granted_by BLOB NOT NULL REFERENCES users (id)
) STRICT;
-- A role without a clinic holds in all of them.
CREATE UNIQUE INDEX user_roles_everywhere ON user_roles (user_id, role) WHERE clinic_id IS NULL;
CREATE UNIQUE INDEX user_roles_at_clinic ON user_roles (user_id, role, clinic_id) WHERE clinic_id IS NOT NULL;

CREATE TABLE departments (
    id         BLOB PRIMARY KEY NOT NULL,
    code       TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    location   TEXT NOT NULL DEFAULT '',
    phone      TEXT NOT NULL DEFAULT '',
    retired_at TEXT
) STRICT;

CREATE TABLE specialties (
    id          BLOB PRIMARY KEY NOT NULL,
    name        TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL DEFAULT '',
    retired_at  TEXT
) STRICT;

CREATE TABLE staff (
    id                BLOB PRIMARY KEY NOT NULL,
    user_id           BLOB UNIQUE REFERENCES users (id),
    kind              TEXT NOT NULL CHECK (kind IN ('doctor', 'nurse', 'receptionist', 'cashier', 'technician', 'pharmacist', 'therapist', 'other')),
    display_name      TEXT NOT NULL,
    given_names       TEXT NOT NULL DEFAULT '',
    family_name       TEXT NOT NULL DEFAULT '',
    sex               TEXT NOT NULL DEFAULT 'unknown' CHECK (sex IN ('female', 'male', 'other', 'unknown')),
    phone             TEXT NOT NULL DEFAULT '',
    email             TEXT NOT NULL DEFAULT '',
    licence_number    TEXT NOT NULL DEFAULT '',
    qualification     TEXT NOT NULL DEFAULT '',
    biography         TEXT NOT NULL DEFAULT '',
    practising_since  INTEGER,
    department_id     BLOB REFERENCES departments (id),
    accepting_bookings INTEGER NOT NULL DEFAULT 0,
    retired_at        TEXT
) STRICT;
CREATE INDEX staff_by_department ON staff (department_id);

CREATE TABLE staff_specialties (
    staff_id     BLOB NOT NULL REFERENCES staff (id),
    specialty_id BLOB NOT NULL REFERENCES specialties (id),
    PRIMARY KEY (staff_id, specialty_id)
) STRICT;
CREATE INDEX staff_specialties_by_specialty ON staff_specialties (specialty_id);

-- An outpatient service of a clinic: what a patient queues for. Its letter begins the tokens (A-017).
CREATE TABLE services (
    id             BLOB PRIMARY KEY NOT NULL,
    clinic_id      BLOB NOT NULL REFERENCES clinics (id),
    department_id  BLOB NOT NULL REFERENCES departments (id),
    name           TEXT NOT NULL,
    token_letter   TEXT NOT NULL CHECK (length(token_letter) BETWEEN 1 AND 2),
    retired_at     TEXT,
    UNIQUE (clinic_id, department_id),
    UNIQUE (clinic_id, token_letter)
) STRICT;

-- A room or counter where a queue is served.
CREATE TABLE service_points (
    id         BLOB PRIMARY KEY NOT NULL,
    clinic_id  BLOB NOT NULL REFERENCES clinics (id),
    service_id BLOB REFERENCES services (id),
    name       TEXT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('reception', 'triage', 'consulting_room', 'cashier')),
    retired_at TEXT,
    UNIQUE (clinic_id, name)
) STRICT;

-- Buildings, wards, rooms and beds as the hospital lists them.
CREATE TABLE locations (
    id            BLOB PRIMARY KEY NOT NULL,
    name          TEXT NOT NULL,
    kind          TEXT NOT NULL CHECK (kind IN ('building', 'area', 'ward', 'room', 'bed', 'other')),
    part_of       BLOB REFERENCES locations (id),
    department_id BLOB REFERENCES departments (id),
    retired_at    TEXT
) STRICT;
CREATE INDEX locations_by_parent ON locations (part_of);

-- Gapless numbers: invoices, receipts. Taken inside the transaction that uses them.
CREATE TABLE number_series (
    name TEXT PRIMARY KEY NOT NULL,
    last INTEGER NOT NULL CHECK (last >= 0)
) STRICT;
