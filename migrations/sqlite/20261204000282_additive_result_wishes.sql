-- The time at which a patient wants to see results of the laboratory. Without a row the rule of each test counts.
CREATE TABLE lab_result_wishes (
    patient_id  BLOB PRIMARY KEY NOT NULL REFERENCES patients (id),
    wish        TEXT NOT NULL CHECK (wish IN ('rules', 'at_once', 'after_review')),
    version     INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at  TEXT NOT NULL,
    updated_by  BLOB NOT NULL REFERENCES users (id)
) STRICT;
