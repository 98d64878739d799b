-- Each change of a user's password, sign-in name, state, second factor or roles raises the user's number. A session keeps the number
-- that the user had at sign-in; it is over when the two differ. Triggers raise the number, so that no statement can forget it.
ALTER TABLE users ADD COLUMN credentials_version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN credentials_version INTEGER NOT NULL DEFAULT 0;

CREATE TRIGGER users_credentials_changed AFTER UPDATE OF login, password_hash, status ON users
WHEN NEW.login <> OLD.login OR NEW.status <> OLD.status OR NEW.password_hash IS NOT OLD.password_hash
BEGIN
    UPDATE users SET credentials_version = credentials_version + 1 WHERE id = NEW.id;
END;

-- A factor that is set up counts from its first code on.
CREATE TRIGGER second_factors_credentials_insert AFTER INSERT ON second_factors WHEN NEW.confirmed_at IS NOT NULL
BEGIN
    UPDATE users SET credentials_version = credentials_version + 1 WHERE id = NEW.user_id;
END;
CREATE TRIGGER second_factors_credentials_update AFTER UPDATE OF confirmed_at ON second_factors
WHEN NEW.confirmed_at IS NOT OLD.confirmed_at
BEGIN
    UPDATE users SET credentials_version = credentials_version + 1 WHERE id = NEW.user_id;
END;
CREATE TRIGGER second_factors_credentials_delete AFTER DELETE ON second_factors WHEN OLD.confirmed_at IS NOT NULL
BEGIN
    UPDATE users SET credentials_version = credentials_version + 1 WHERE id = OLD.user_id;
END;

CREATE TRIGGER user_roles_credentials_insert AFTER INSERT ON user_roles
BEGIN
    UPDATE users SET credentials_version = credentials_version + 1 WHERE id = NEW.user_id;
END;
CREATE TRIGGER user_roles_credentials_update AFTER UPDATE ON user_roles
BEGIN
    UPDATE users SET credentials_version = credentials_version + 1 WHERE id = NEW.user_id;
END;
CREATE TRIGGER user_roles_credentials_delete AFTER DELETE ON user_roles
BEGIN
    UPDATE users SET credentials_version = credentials_version + 1 WHERE id = OLD.user_id;
END;
