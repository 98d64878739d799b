-- Sealed fields (src/keys): one envelope a row, blind indexes beside it. What is plain still is sealed by the program before the next
-- migration takes the plain columns away.

-- The versions of the key that rows are sealed with. The keys themselves are elsewhere.
CREATE TABLE encryption_keys (
    version     BIGINT PRIMARY KEY CHECK (version >= 1),
    -- The version as it stands in an envelope.
    marker      BYTEA NOT NULL UNIQUE CHECK (length(marker) = 4),
    -- By which the right key is known.
    check_value BYTEA NOT NULL CHECK (length(check_value) = 16),
    created_at  TIMESTAMPTZ NOT NULL,
    -- From here on nothing more is sealed with it.
    closed_at   TIMESTAMPTZ,
    -- From here on nothing is.
    retired_at  TIMESTAMPTZ,
    CHECK (retired_at IS NULL OR closed_at IS NOT NULL)
);

ALTER TABLE patients ADD COLUMN sealed BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 200000);
ALTER TABLE patient_contacts ADD COLUMN sealed BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 200000);
ALTER TABLE coverages ADD COLUMN sealed BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 200000);
ALTER TABLE notes ADD COLUMN sealed BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 200000);
ALTER TABLE addenda ADD COLUMN sealed BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 200000);
ALTER TABLE mails ADD COLUMN sealed BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 200000);

ALTER TABLE patients ADD COLUMN phone_index BYTEA CHECK (length(phone_index) = 16);
ALTER TABLE patients ADD COLUMN national_id_index BYTEA CHECK (length(national_id_index) = 16);
ALTER TABLE patients ADD COLUMN email_index BYTEA CHECK (length(email_index) = 16);
ALTER TABLE coverages ADD COLUMN policy_index BYTEA CHECK (length(policy_index) = 16);

ALTER TABLE patient_identifiers RENAME TO plain_identifiers;
DROP INDEX patient_identifiers_by_patient;
DROP INDEX patient_identifiers_by_value;
CREATE TABLE patient_identifiers (
    id          UUID PRIMARY KEY NOT NULL,
    system      TEXT NOT NULL,
    value_index BYTEA NOT NULL CHECK (length(value_index) = 16),
    patient_id  UUID NOT NULL REFERENCES patients (id),
    sealed      BYTEA NOT NULL,
    UNIQUE (value_index, system)
);
CREATE INDEX patient_identifiers_by_patient ON patient_identifiers (patient_id);

-- What was imported, as it came; kept when the import is told to.
CREATE TABLE imported_bodies (
    id          UUID PRIMARY KEY NOT NULL,
    source      TEXT NOT NULL,
    kind        TEXT NOT NULL,
    external_id TEXT NOT NULL,
    sealed      BYTEA NOT NULL,
    UNIQUE (source, kind, external_id)
);
