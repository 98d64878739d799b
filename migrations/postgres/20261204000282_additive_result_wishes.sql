-- The time at which a patient wants to see results of the laboratory. Without a row the rule of each test counts.
CREATE TABLE lab_result_wishes (
    patient_id  UUID PRIMARY KEY NOT NULL REFERENCES patients (id),
    wish        TEXT NOT NULL CHECK (wish IN ('rules', 'at_once', 'after_review')),
    version     BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at  TIMESTAMPTZ NOT NULL,
    updated_by  UUID NOT NULL REFERENCES users (id)
);
SELECT guard_rows('lab_result_wishes');
REVOKE DELETE, TRUNCATE ON lab_result_wishes FROM infirmary_app;
