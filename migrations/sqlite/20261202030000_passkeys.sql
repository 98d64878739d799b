-- Passkeys (WebAuthn): keys with which a person signs in instead of with the password and a code. The sealed part holds the name that the
-- person chose and the credential, so that a row written past the program opens nothing.
CREATE TABLE passkeys (
    id              BLOB PRIMARY KEY NOT NULL,
    user_id         BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- The SHA-256 of the credential's id, by which the authenticator names it.
    credential_hash BLOB NOT NULL CHECK (length(credential_hash) = 32),
    sealed          BLOB NOT NULL,
    created_at      TEXT NOT NULL,
    last_used_at    TEXT,
    CONSTRAINT passkeys_once UNIQUE (credential_hash)
) STRICT;
CREATE INDEX passkeys_by_user ON passkeys (user_id);

-- A challenge is kept here until it is answered; the answer takes the row away, so that it counts once.
CREATE TABLE passkey_challenges (
    id         BLOB PRIMARY KEY NOT NULL,
    -- The user who adds a passkey; empty when somebody signs in.
    user_id    BLOB REFERENCES users (id) ON DELETE CASCADE,
    -- The options for the browser, and the state with which the program compares the answer.
    options    TEXT NOT NULL,
    state      TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;
CREATE INDEX passkey_challenges_by_user ON passkey_challenges (user_id);
CREATE INDEX passkey_challenges_by_end ON passkey_challenges (expires_at);

-- A new or removed passkey ends the other sessions, as a new password does.
CREATE TRIGGER passkeys_credentials_insert AFTER INSERT ON passkeys
BEGIN
    UPDATE users SET credentials_version = credentials_version + 1 WHERE id = NEW.user_id;
END;
CREATE TRIGGER passkeys_credentials_delete AFTER DELETE ON passkeys
BEGIN
    UPDATE users SET credentials_version = credentials_version + 1 WHERE id = OLD.user_id;
END;

CREATE TRIGGER passkeys_at_most_ten BEFORE INSERT ON passkeys
WHEN (SELECT count(*) FROM passkeys p WHERE p.user_id = NEW.user_id) >= 10
BEGIN
    SELECT RAISE(ABORT, 'passkeys_at_most_ten');
END;
-- A credential stays with its user.
CREATE TRIGGER passkeys_fixed BEFORE UPDATE OF id, user_id, credential_hash, created_at ON passkeys
WHEN NEW.id <> OLD.id OR NEW.user_id <> OLD.user_id OR NEW.credential_hash <> OLD.credential_hash OR NEW.created_at <> OLD.created_at
BEGIN
    SELECT RAISE(ABORT, 'passkeys_fixed');
END;
-- An active user without a password keeps a way to sign in.
CREATE TRIGGER passkeys_last_way BEFORE DELETE ON passkeys
WHEN EXISTS (SELECT 1 FROM users u WHERE u.id = OLD.user_id AND u.status = 'active' AND u.password_hash IS NULL)
    AND NOT EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = OLD.user_id AND p.id <> OLD.id)
BEGIN
    SELECT RAISE(ABORT, 'passkeys_last_way');
END;
CREATE TRIGGER passkeys_key_open_insert BEFORE INSERT ON passkeys WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER passkeys_key_open_update BEFORE UPDATE OF sealed ON passkeys WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
