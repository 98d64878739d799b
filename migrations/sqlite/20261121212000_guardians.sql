-- Who acts for whom: a parent books for a child and reads the child's record, from a day on and up to one, or until it is ended.

CREATE TABLE guardians (
    id          BLOB PRIMARY KEY NOT NULL,
    -- Whose record it is.
    patient_id  BLOB NOT NULL REFERENCES patients (id),
    -- Who acts; by the portal of this person's own record.
    guardian_id BLOB NOT NULL REFERENCES patients (id),
    -- What the patient is to the guardian.
    kind        TEXT NOT NULL CHECK (kind IN ('child', 'spouse', 'parent', 'other')),
    from_day    TEXT NOT NULL,
    -- The last day; a child's is the one before it comes of age.
    until_day   TEXT,
    created_at  TEXT NOT NULL,
    created_by  BLOB NOT NULL REFERENCES users (id),
    ended_at    TEXT,
    ended_by    BLOB REFERENCES users (id),
    CHECK (patient_id <> guardian_id),
    CHECK (until_day IS NULL OR until_day >= from_day),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
    CHECK (kind <> 'child' OR until_day IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX guardians_once ON guardians (patient_id, guardian_id) WHERE ended_at IS NULL;
CREATE INDEX guardians_by_guardian ON guardians (guardian_id) WHERE ended_at IS NULL;
