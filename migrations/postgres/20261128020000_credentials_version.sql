-- Each change of a user's password, sign-in name, state, second factor or roles raises the user's number. A session keeps the number
-- that the user had at sign-in; it is over when the two differ. Triggers raise the number, so that no statement can forget it.
ALTER TABLE users ADD COLUMN credentials_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN credentials_version BIGINT NOT NULL DEFAULT 0;

CREATE FUNCTION users_credentials_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.credentials_version := OLD.credentials_version + 1;
    RETURN NEW;
END $$;
CREATE TRIGGER users_credentials_changed BEFORE UPDATE OF login, password_hash, status ON users FOR EACH ROW
WHEN (NEW.login <> OLD.login OR NEW.status <> OLD.status OR NEW.password_hash IS DISTINCT FROM OLD.password_hash)
EXECUTE FUNCTION users_credentials_changed();

-- A factor that is set up counts from its first code on.
CREATE FUNCTION second_factors_credentials() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE users SET credentials_version = credentials_version + 1
    WHERE id = CASE TG_OP WHEN 'DELETE' THEN OLD.user_id ELSE NEW.user_id END;
    RETURN NULL;
END $$;
CREATE TRIGGER second_factors_credentials_insert AFTER INSERT ON second_factors FOR EACH ROW
WHEN (NEW.confirmed_at IS NOT NULL) EXECUTE FUNCTION second_factors_credentials();
CREATE TRIGGER second_factors_credentials_update AFTER UPDATE OF confirmed_at ON second_factors FOR EACH ROW
WHEN (NEW.confirmed_at IS DISTINCT FROM OLD.confirmed_at) EXECUTE FUNCTION second_factors_credentials();
CREATE TRIGGER second_factors_credentials_delete AFTER DELETE ON second_factors FOR EACH ROW
WHEN (OLD.confirmed_at IS NOT NULL) EXECUTE FUNCTION second_factors_credentials();

CREATE FUNCTION user_roles_credentials() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE users SET credentials_version = credentials_version + 1 WHERE id IN (SELECT user_id FROM changed);
    RETURN NULL;
END $$;
CREATE TRIGGER user_roles_credentials_insert AFTER INSERT ON user_roles REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION user_roles_credentials();
CREATE TRIGGER user_roles_credentials_update AFTER UPDATE ON user_roles REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION user_roles_credentials();
CREATE TRIGGER user_roles_credentials_delete AFTER DELETE ON user_roles REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION user_roles_credentials();
