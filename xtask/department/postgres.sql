-- {{title}}: names that a clinic has once.

CREATE TABLE {{name}}_entries (
    id         UUID PRIMARY KEY,
    clinic_id  UUID NOT NULL REFERENCES clinics (id),
    name       TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id)
);
CREATE UNIQUE INDEX {{name}}_entries_once ON {{name}}_entries (clinic_id, name);
