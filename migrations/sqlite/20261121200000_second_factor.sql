-- The second factor: what an authenticator app and the hospital both know, codes for the day it is lost, and who must have one.

CREATE TABLE second_factors (
    id           BLOB PRIMARY KEY NOT NULL,
    user_id      BLOB NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    -- The app's secret.
    sealed       BLOB NOT NULL,
    -- The time step (of 30 seconds) of the last code that was used: each works once.
    last_step    INTEGER NOT NULL DEFAULT 0,
    created_at   TEXT NOT NULL,
    -- When the first code was right; before that it is not asked for.
    confirmed_at TEXT
) STRICT;

CREATE TABLE recovery_codes (
    -- A SHA-256 of 120 random bits: who reads the table cannot use them.
    code_hash  BLOB PRIMARY KEY NOT NULL CHECK (length(code_hash) = 32),
    user_id    BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    used_at    TEXT
) STRICT;
CREATE INDEX recovery_codes_by_user ON recovery_codes (user_id);

CREATE TABLE second_factor_roles (
    role        TEXT PRIMARY KEY NOT NULL,
    required_at TEXT NOT NULL,
    required_by BLOB NOT NULL REFERENCES users (id)
) STRICT;
