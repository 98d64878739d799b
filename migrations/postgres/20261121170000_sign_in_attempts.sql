-- Attempts to sign in: too many in a row, and the door is closed for a while. On every node alike.

CREATE TABLE sign_in_attempts (
    -- A SHA-256 of the name as it was typed, or of the address.
    key          BYTEA PRIMARY KEY,
    attempts     BIGINT NOT NULL CHECK (attempts >= 0),
    last_at      TIMESTAMPTZ NOT NULL,
    closed_until TIMESTAMPTZ
);
CREATE INDEX sign_in_attempts_by_time ON sign_in_attempts (last_at);
