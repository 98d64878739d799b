-- While an administrator of all clinics can sign in, one always can: the last is neither deactivated nor loses the role.
CREATE TRIGGER users_last_administrator AFTER UPDATE OF status, password_hash ON users
WHEN OLD.status = 'active' AND OLD.password_hash IS NOT NULL AND (NEW.status <> 'active' OR NEW.password_hash IS NULL)
    AND EXISTS (SELECT 1 FROM user_roles r WHERE r.user_id = OLD.id AND r.role = 'administrator' AND r.clinic_id IS NULL)
    AND NOT EXISTS (SELECT 1 FROM user_roles r JOIN users u ON u.id = r.user_id WHERE r.role = 'administrator' AND r.clinic_id IS NULL
        AND u.status = 'active' AND u.password_hash IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'last_administrator');
END;

CREATE TRIGGER user_roles_last_administrator_delete AFTER DELETE ON user_roles
WHEN OLD.role = 'administrator' AND OLD.clinic_id IS NULL
    AND EXISTS (SELECT 1 FROM users u WHERE u.id = OLD.user_id AND u.status = 'active' AND u.password_hash IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM user_roles r JOIN users u ON u.id = r.user_id WHERE r.role = 'administrator' AND r.clinic_id IS NULL
        AND u.status = 'active' AND u.password_hash IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'last_administrator');
END;

CREATE TRIGGER user_roles_last_administrator_update AFTER UPDATE ON user_roles
WHEN OLD.role = 'administrator' AND OLD.clinic_id IS NULL
    AND EXISTS (SELECT 1 FROM users u WHERE u.id = OLD.user_id AND u.status = 'active' AND u.password_hash IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM user_roles r JOIN users u ON u.id = r.user_id WHERE r.role = 'administrator' AND r.clinic_id IS NULL
        AND u.status = 'active' AND u.password_hash IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'last_administrator');
END;
