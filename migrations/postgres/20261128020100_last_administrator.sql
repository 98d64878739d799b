-- While an administrator of all clinics can sign in, one always can: the last is neither deactivated nor loses the role.
-- Those who would take an administrator away take turns (the key is that of `take_turn("administrators", "")`), and each query of the
-- function sees what was committed before it.
CREATE FUNCTION keep_an_administrator() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(E'administrators\n', 0));
    IF NOT EXISTS (SELECT 1 FROM user_roles r JOIN users u ON u.id = r.user_id WHERE r.role = 'administrator' AND r.clinic_id IS NULL
        AND u.status = 'active' AND u.password_hash IS NOT NULL) THEN
        RAISE EXCEPTION 'last_administrator' USING ERRCODE = 'check_violation', CONSTRAINT = 'last_administrator';
    END IF;
END $$;

CREATE FUNCTION users_last_administrator() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM user_roles r WHERE r.user_id = OLD.id AND r.role = 'administrator' AND r.clinic_id IS NULL) THEN
        PERFORM keep_an_administrator();
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER users_last_administrator AFTER UPDATE OF status, password_hash ON users FOR EACH ROW
WHEN (OLD.status = 'active' AND OLD.password_hash IS NOT NULL AND (NEW.status <> 'active' OR NEW.password_hash IS NULL))
EXECUTE FUNCTION users_last_administrator();

CREATE FUNCTION user_roles_last_administrator() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM users u WHERE u.id = OLD.user_id AND u.status = 'active' AND u.password_hash IS NOT NULL) THEN
        PERFORM keep_an_administrator();
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER user_roles_last_administrator_delete AFTER DELETE ON user_roles FOR EACH ROW
WHEN (OLD.role = 'administrator' AND OLD.clinic_id IS NULL) EXECUTE FUNCTION user_roles_last_administrator();
CREATE TRIGGER user_roles_last_administrator_update AFTER UPDATE ON user_roles FOR EACH ROW
WHEN (OLD.role = 'administrator' AND OLD.clinic_id IS NULL) EXECUTE FUNCTION user_roles_last_administrator();
