-- Sealed fields (src/keys): one envelope a row, blind indexes beside it. What is plain still is sealed by the program before the next
-- migration takes the plain columns away.

-- The versions of the key that rows are sealed with. The keys themselves are elsewhere.
CREATE TABLE encryption_keys (
    version     INTEGER PRIMARY KEY NOT NULL CHECK (version >= 1),
    -- The version as it stands in an envelope.
    marker      BLOB NOT NULL UNIQUE CHECK (length(marker) = 4),
    -- By which the right key is known.
    check_value BLOB NOT NULL CHECK (length(check_value) = 16),
    created_at  TEXT NOT NULL,
    -- From here on nothing more is sealed with it.
    closed_at   TEXT,
    -- From here on nothing is.
    retired_at  TEXT,
    CHECK (retired_at IS NULL OR closed_at IS NOT NULL)
) STRICT;

ALTER TABLE patients ADD COLUMN sealed BLOB NOT NULL DEFAULT x'' CHECK (length(sealed) <= 200000);
ALTER TABLE patient_contacts ADD COLUMN sealed BLOB NOT NULL DEFAULT x'' CHECK (length(sealed) <= 200000);
ALTER TABLE coverages ADD COLUMN sealed BLOB NOT NULL DEFAULT x'' CHECK (length(sealed) <= 200000);
ALTER TABLE notes ADD COLUMN sealed BLOB NOT NULL DEFAULT x'' CHECK (length(sealed) <= 200000);
ALTER TABLE addenda ADD COLUMN sealed BLOB NOT NULL DEFAULT x'' CHECK (length(sealed) <= 200000);
ALTER TABLE mails ADD COLUMN sealed BLOB NOT NULL DEFAULT x'' CHECK (length(sealed) <= 200000);

ALTER TABLE patients ADD COLUMN phone_index BLOB CHECK (length(phone_index) = 16);
ALTER TABLE patients ADD COLUMN national_id_index BLOB CHECK (length(national_id_index) = 16);
ALTER TABLE patients ADD COLUMN email_index BLOB CHECK (length(email_index) = 16);
ALTER TABLE coverages ADD COLUMN policy_index BLOB CHECK (length(policy_index) = 16);

ALTER TABLE patient_identifiers RENAME TO plain_identifiers;
DROP INDEX patient_identifiers_by_patient;
DROP INDEX patient_identifiers_by_value;
CREATE TABLE patient_identifiers (
    id          BLOB PRIMARY KEY NOT NULL,
    system      TEXT NOT NULL,
    value_index BLOB NOT NULL CHECK (length(value_index) = 16),
    patient_id  BLOB NOT NULL REFERENCES patients (id),
    sealed      BLOB NOT NULL,
    UNIQUE (value_index, system)
) STRICT;
CREATE INDEX patient_identifiers_by_patient ON patient_identifiers (patient_id);

-- What was imported, as it came; kept when the import is told to.
CREATE TABLE imported_bodies (
    id          BLOB PRIMARY KEY NOT NULL,
    source      TEXT NOT NULL,
    kind        TEXT NOT NULL,
    external_id TEXT NOT NULL,
    sealed      BLOB NOT NULL,
    UNIQUE (source, kind, external_id)
) STRICT;
