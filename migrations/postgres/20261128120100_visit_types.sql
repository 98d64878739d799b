-- Kinds of visits: how long one takes, who may book it, and how a patient prepares for it.
CREATE TABLE visit_types (
    id          UUID PRIMARY KEY NOT NULL,
    name        TEXT NOT NULL CONSTRAINT visit_types_name UNIQUE,
    minutes     BIGINT NOT NULL CONSTRAINT visit_types_minutes CHECK (minutes BETWEEN 5 AND 480),
    booked_by   TEXT NOT NULL CHECK (booked_by IN ('everybody', 'desk')),
    preparation TEXT NOT NULL DEFAULT '' CHECK (length(preparation) <= 1000),
    retired_at  TIMESTAMPTZ,
    created_at  TIMESTAMPTZ NOT NULL,
    created_by  UUID NOT NULL REFERENCES users (id),
    updated_at  TIMESTAMPTZ NOT NULL,
    updated_by  UUID NOT NULL REFERENCES users (id),
    version     BIGINT NOT NULL DEFAULT 1
);
