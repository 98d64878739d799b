-- Who signs up is nobody here before confirming the address: until then there is a wish with a link, which ends by itself. Before, a
-- user was made at once, and stayed.

CREATE TABLE sign_ups (
    -- A SHA-256 of what the link says: who reads the table cannot use it.
    token_hash BLOB PRIMARY KEY NOT NULL CHECK (length(token_hash) = 32),
    login      TEXT NOT NULL CHECK (login = lower(login) AND length(login) BETWEEN 2 AND 254),
    name       TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    language   TEXT NOT NULL CHECK (language IN ('en', 'es')),
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;
CREATE INDEX sign_ups_by_login ON sign_ups (login);
CREATE INDEX sign_ups_by_expiry ON sign_ups (expires_at);

-- Of those users the ones who never confirmed, and are known here in no other way.
CREATE TEMPORARY TABLE unconfirmed AS
SELECT id FROM users
WHERE password_hash IS NULL
  AND id IN (SELECT user_id FROM account_links WHERE kind = 'sign_up')
  AND id NOT IN (SELECT user_id FROM account_links WHERE kind <> 'sign_up')
  AND id NOT IN (SELECT user_id FROM user_roles WHERE role <> 'patient')
  AND id NOT IN (SELECT user_id FROM staff WHERE user_id IS NOT NULL)
  AND id NOT IN (SELECT user_id FROM patient_users);
INSERT INTO sign_ups (token_hash, login, name, language, created_at, expires_at)
SELECT l.token_hash, u.login, u.display_name, coalesce(u.language, 'en'), l.created_at, l.expires_at
FROM account_links l JOIN users u ON u.id = l.user_id
WHERE l.kind = 'sign_up' AND l.used_at IS NULL AND u.id IN (SELECT id FROM unconfirmed);
DELETE FROM account_links WHERE user_id IN (SELECT id FROM unconfirmed);
DELETE FROM user_roles WHERE user_id IN (SELECT id FROM unconfirmed);
DELETE FROM users WHERE id IN (SELECT id FROM unconfirmed);
DROP TABLE unconfirmed;
