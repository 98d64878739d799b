-- Links with which a user chooses a password, once: an invitation, or a password that was forgotten.

CREATE TABLE account_links (
    -- A SHA-256 of what the link says: who reads the table cannot use it.
    token_hash BYTEA PRIMARY KEY CHECK (length(token_hash) = 32),
    user_id    UUID NOT NULL REFERENCES users (id),
    kind       TEXT NOT NULL CHECK (kind IN ('invitation', 'reset')),
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    expires_at TIMESTAMPTZ NOT NULL,
    used_at    TIMESTAMPTZ
);
CREATE INDEX account_links_by_user ON account_links (user_id);

-- Those who work here, among the many patients.
CREATE INDEX user_roles_by_role ON user_roles (role, user_id);
