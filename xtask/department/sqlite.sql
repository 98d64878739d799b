-- {{title}}: names that a clinic has once.

CREATE TABLE {{name}}_entries (
    id         BLOB PRIMARY KEY NOT NULL,
    clinic_id  BLOB NOT NULL REFERENCES clinics (id),
    name       TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id)
) STRICT;
CREATE UNIQUE INDEX {{name}}_entries_once ON {{name}}_entries (clinic_id, name);
