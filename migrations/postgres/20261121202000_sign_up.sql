-- A patient's own account comes to the record with a code that the desk hands over. And who signs up writes no password yet.

CREATE TABLE portal_codes (
    patient_id UUID PRIMARY KEY REFERENCES patients (id),
    -- The code's first four letters find it; all of it is kept as argon2id.
    selector   TEXT NOT NULL UNIQUE CHECK (length(selector) = 4),
    code_hash  TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    expires_at TIMESTAMPTZ NOT NULL
);

-- Somebody new, who asks for an account; without a name, somebody who forgot the password.
ALTER TABLE forgotten_passwords ADD COLUMN name TEXT;

ALTER TABLE account_links DROP CONSTRAINT account_links_kind_check;
ALTER TABLE account_links ADD CONSTRAINT account_links_kind_check CHECK (kind IN ('invitation', 'reset', 'sign_up'));
