-- Changes of a user's sign-in by somebody else, until the user's bell has them.
CREATE TABLE access_notices (
    id        UUID PRIMARY KEY NOT NULL,
    user_id   UUID NOT NULL REFERENCES users (id),
    what      TEXT NOT NULL CHECK (what IN ('role_given', 'role_taken', 'activated', 'deactivated', 'link_made', 'slip_printed', 'corrected')),
    -- The role, where it is about one, with the clinic's name; without a clinic it is all of them.
    role      TEXT NOT NULL DEFAULT '',
    clinic    TEXT,
    by_name   TEXT NOT NULL,
    at        TIMESTAMPTZ NOT NULL
);
