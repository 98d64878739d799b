-- Passkeys (WebAuthn): keys with which a person signs in instead of with the password and a code. The sealed part holds the name that the
-- person chose and the credential, so that a row written past the program opens nothing.
CREATE TABLE passkeys (
    id              UUID PRIMARY KEY NOT NULL,
    user_id         UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- The SHA-256 of the credential's id, by which the authenticator names it.
    credential_hash BYTEA NOT NULL CHECK (length(credential_hash) = 32),
    sealed          BYTEA NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    last_used_at    TIMESTAMPTZ,
    CONSTRAINT passkeys_once UNIQUE (credential_hash)
);
CREATE INDEX passkeys_by_user ON passkeys (user_id);

-- A challenge is kept here until it is answered; the answer takes the row away, so that it counts once.
CREATE TABLE passkey_challenges (
    id         UUID PRIMARY KEY NOT NULL,
    -- The user who adds a passkey; empty when somebody signs in.
    user_id    UUID REFERENCES users (id) ON DELETE CASCADE,
    -- The options for the browser, and the state with which the program compares the answer.
    options    TEXT NOT NULL,
    state      TEXT NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX passkey_challenges_by_user ON passkey_challenges (user_id);
CREATE INDEX passkey_challenges_by_end ON passkey_challenges (expires_at);

-- A new or removed passkey ends the other sessions, as a new password does.
CREATE TRIGGER passkeys_credentials_insert AFTER INSERT ON passkeys FOR EACH ROW EXECUTE FUNCTION second_factors_credentials();
CREATE TRIGGER passkeys_credentials_delete AFTER DELETE ON passkeys FOR EACH ROW EXECUTE FUNCTION second_factors_credentials();

CREATE FUNCTION passkeys_at_most_ten() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Additions to one account take turns.
    PERFORM 1 FROM users u WHERE u.id = NEW.user_id FOR NO KEY UPDATE;
    IF (SELECT count(*) FROM passkeys p WHERE p.user_id = NEW.user_id) >= 10 THEN
        PERFORM refuse('passkeys_at_most_ten');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER passkeys_at_most_ten BEFORE INSERT ON passkeys FOR EACH ROW EXECUTE FUNCTION passkeys_at_most_ten();

-- A credential stays with its user.
CREATE TRIGGER passkeys_fixed BEFORE UPDATE OF id, user_id, credential_hash, created_at ON passkeys FOR EACH ROW
WHEN (NEW.id <> OLD.id OR NEW.user_id <> OLD.user_id OR NEW.credential_hash <> OLD.credential_hash OR NEW.created_at <> OLD.created_at)
EXECUTE FUNCTION row_fixed('passkeys_fixed');

-- An active user without a password keeps a way to sign in.
CREATE FUNCTION passkeys_last_way() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM users u WHERE u.id = OLD.user_id FOR NO KEY UPDATE;
    IF EXISTS (SELECT 1 FROM users u WHERE u.id = OLD.user_id AND u.status = 'active' AND u.password_hash IS NULL)
        AND NOT EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = OLD.user_id AND p.id <> OLD.id) THEN
        PERFORM refuse('passkeys_last_way');
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER passkeys_last_way BEFORE DELETE ON passkeys FOR EACH ROW EXECUTE FUNCTION passkeys_last_way();

CREATE TRIGGER passkeys_key_open_insert AFTER INSERT ON passkeys REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER passkeys_key_open_update BEFORE UPDATE OF sealed ON passkeys
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
