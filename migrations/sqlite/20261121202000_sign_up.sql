-- A patient's own account comes to the record with a code that the desk hands over. And who signs up writes no password yet.

CREATE TABLE portal_codes (
    patient_id BLOB PRIMARY KEY NOT NULL REFERENCES patients (id),
    -- The code's first four letters find it; all of it is kept as argon2id.
    selector   TEXT NOT NULL UNIQUE CHECK (length(selector) = 4),
    code_hash  TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    expires_at TEXT NOT NULL
) STRICT;

-- Somebody new, who asks for an account; without a name, somebody who forgot the password.
ALTER TABLE forgotten_passwords ADD COLUMN name TEXT;

CREATE TABLE account_links_new (
    -- A SHA-256 of what the link says: who reads the table cannot use it.
    token_hash BLOB PRIMARY KEY NOT NULL CHECK (length(token_hash) = 32),
    user_id    BLOB NOT NULL REFERENCES users (id),
    kind       TEXT NOT NULL CHECK (kind IN ('invitation', 'reset', 'sign_up')),
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    expires_at TEXT NOT NULL,
    used_at    TEXT
) STRICT;
INSERT INTO account_links_new SELECT token_hash, user_id, kind, created_at, created_by, expires_at, used_at FROM account_links;
DROP TABLE account_links;
ALTER TABLE account_links_new RENAME TO account_links;
CREATE INDEX account_links_by_user ON account_links (user_id);
