-- Links with which a user chooses a password, once: an invitation, or a password that was forgotten.

CREATE TABLE account_links (
    -- A SHA-256 of what the link says: who reads the table cannot use it.
    token_hash BLOB PRIMARY KEY NOT NULL CHECK (length(token_hash) = 32),
    user_id    BLOB NOT NULL REFERENCES users (id),
    kind       TEXT NOT NULL CHECK (kind IN ('invitation', 'reset')),
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    expires_at TEXT NOT NULL,
    used_at    TEXT
) STRICT;
CREATE INDEX account_links_by_user ON account_links (user_id);

-- Those who work here, among the many patients.
CREATE INDEX user_roles_by_role ON user_roles (role, user_id);
