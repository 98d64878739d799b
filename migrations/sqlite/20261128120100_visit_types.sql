-- Kinds of visits: how long one takes, who may book it, and how a patient prepares for it.
CREATE TABLE visit_types (
    id          BLOB PRIMARY KEY NOT NULL,
    name        TEXT NOT NULL CONSTRAINT visit_types_name UNIQUE,
    minutes     INTEGER NOT NULL CONSTRAINT visit_types_minutes CHECK (minutes BETWEEN 5 AND 480),
    booked_by   TEXT NOT NULL CHECK (booked_by IN ('everybody', 'desk')),
    preparation TEXT NOT NULL DEFAULT '' CHECK (length(preparation) <= 1000),
    retired_at  TEXT,
    created_at  TEXT NOT NULL,
    created_by  BLOB NOT NULL REFERENCES users (id),
    updated_at  TEXT NOT NULL,
    updated_by  BLOB NOT NULL REFERENCES users (id),
    version     INTEGER NOT NULL DEFAULT 1
) STRICT;
