-- The second factor: what an authenticator app and the hospital both know, codes for the day it is lost, and who must have one.

CREATE TABLE second_factors (
    id           UUID PRIMARY KEY,
    user_id      UUID NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    -- The app's secret.
    sealed       BYTEA NOT NULL,
    -- The time step (of 30 seconds) of the last code that was used: each works once.
    last_step    BIGINT NOT NULL DEFAULT 0,
    created_at   TIMESTAMPTZ NOT NULL,
    -- When the first code was right; before that it is not asked for.
    confirmed_at TIMESTAMPTZ
);

CREATE TABLE recovery_codes (
    -- A SHA-256 of 120 random bits: who reads the table cannot use them.
    code_hash  BYTEA PRIMARY KEY CHECK (length(code_hash) = 32),
    user_id    UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at TIMESTAMPTZ NOT NULL,
    used_at    TIMESTAMPTZ
);
CREATE INDEX recovery_codes_by_user ON recovery_codes (user_id);

CREATE TABLE second_factor_roles (
    role        TEXT PRIMARY KEY,
    required_at TIMESTAMPTZ NOT NULL,
    required_by UUID NOT NULL REFERENCES users (id)
);
