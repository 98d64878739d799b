-- The catalogue of imaging: procedures with their questions and report text, and the rooms with their hours.

CREATE TABLE imaging_procedures (
    id              BLOB PRIMARY KEY NOT NULL,
    code            TEXT NOT NULL CONSTRAINT imaging_procedures_code UNIQUE CHECK (length(code) BETWEEN 1 AND 20),
    name_en         TEXT NOT NULL CHECK (length(trim(name_en)) > 0 AND length(name_en) <= 120),
    name_es         TEXT NOT NULL CHECK (length(trim(name_es)) > 0 AND length(name_es) <= 120),
    -- The code strings of DICOM, and ECG.
    modality        TEXT NOT NULL CHECK (modality IN ('CR', 'DX', 'CT', 'MR', 'US', 'MG', 'XA', 'RF', 'NM', 'PT', 'ECG')),
    body_part       TEXT NOT NULL DEFAULT '' CHECK (length(body_part) <= 60),
    -- The order says left, right or both.
    sided           INTEGER NOT NULL DEFAULT 0 CHECK (sided IN (0, 1)),
    contrast        TEXT NOT NULL CHECK (contrast IN ('none', 'iv', 'oral', 'rectal')),
    -- Minutes in the room.
    minutes         INTEGER NOT NULL CHECK (minutes BETWEEN 5 AND 480),
    preparation_en  TEXT NOT NULL DEFAULT '' CHECK (length(preparation_en) <= 1000),
    preparation_es  TEXT NOT NULL DEFAULT '' CHECK (length(preparation_es) <= 1000),
    ionising        INTEGER NOT NULL CHECK (ionising IN (0, 1)),
    -- A radiologist decides on the protocol before it is booked.
    needs_vetting   INTEGER NOT NULL CHECK (needs_vetting IN (0, 1)),
    -- The text that a new report begins with.
    template        TEXT NOT NULL DEFAULT '' CHECK (length(template) <= 8000),
    -- The code of LOINC and its long name, unaltered.
    loinc           TEXT NOT NULL DEFAULT '' CHECK (length(loinc) <= 10),
    loinc_name      TEXT NOT NULL DEFAULT '' CHECK (length(loinc_name) <= 300),
    portal_rule     TEXT NOT NULL DEFAULT 'at_once' CHECK (portal_rule IN ('at_once', 'after_review', 'after_hours', 'in_person')),
    portal_hours    INTEGER NOT NULL DEFAULT 0 CHECK (portal_hours BETWEEN 0 AND 720),
    item_id         BLOB REFERENCES price_items (id),
    source          TEXT NOT NULL DEFAULT '' CHECK (length(source) <= 300),
    -- The head of radiology takes responsibility for questions, preparation and minutes.
    confirmed_at    TEXT,
    confirmed_by    BLOB REFERENCES users (id),
    version         INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at      TEXT NOT NULL,
    updated_by      BLOB NOT NULL REFERENCES users (id),
    retired_at      TEXT,
    CONSTRAINT imaging_procedures_confirmed CHECK ((confirmed_at IS NULL) = (confirmed_by IS NULL)),
    CONSTRAINT imaging_procedures_portal CHECK ((portal_rule = 'after_hours') = (portal_hours > 0))
) STRICT;
CREATE INDEX imaging_procedures_by_item ON imaging_procedures (item_id) WHERE item_id IS NOT NULL;

CREATE TABLE imaging_rooms (
    id          BLOB PRIMARY KEY NOT NULL,
    clinic_id   BLOB NOT NULL REFERENCES clinics (id),
    name        TEXT NOT NULL CHECK (length(trim(name)) > 0 AND length(name) <= 80),
    modality    TEXT NOT NULL CHECK (modality IN ('CR', 'DX', 'CT', 'MR', 'US', 'MG', 'XA', 'RF', 'NM', 'PT', 'ECG')),
    version     INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at  TEXT NOT NULL,
    updated_by  BLOB NOT NULL REFERENCES users (id),
    retired_at  TEXT,
    CONSTRAINT imaging_rooms_name UNIQUE (clinic_id, name)
) STRICT;

-- The weekly hours of a room, in minutes of the clinic's day. Monday is 1.
CREATE TABLE imaging_room_hours (
    id           BLOB PRIMARY KEY NOT NULL,
    room_id      BLOB NOT NULL REFERENCES imaging_rooms (id),
    weekday      INTEGER NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    from_minute  INTEGER NOT NULL CHECK (from_minute BETWEEN 0 AND 1439),
    to_minute    INTEGER NOT NULL CHECK (to_minute BETWEEN 1 AND 1440),
    CONSTRAINT imaging_hours_ordered CHECK (from_minute < to_minute)
) STRICT;
CREATE INDEX imaging_room_hours_by_room ON imaging_room_hours (room_id, weekday);

INSERT INTO order_kinds (name) VALUES ('imaging');

-- The weekly hours of a room never overlap.
CREATE TRIGGER imaging_hours_no_overlap_insert BEFORE INSERT ON imaging_room_hours
WHEN EXISTS (SELECT 1 FROM imaging_room_hours h WHERE h.room_id = NEW.room_id AND h.weekday = NEW.weekday AND h.id <> NEW.id
    AND h.from_minute < NEW.to_minute AND h.to_minute > NEW.from_minute)
BEGIN
    SELECT RAISE(ABORT, 'imaging_hours_no_overlap');
END;
CREATE TRIGGER imaging_hours_fixed BEFORE UPDATE ON imaging_room_hours
BEGIN
    SELECT RAISE(ABORT, 'imaging_hours_fixed');
END;
CREATE TRIGGER imaging_procedures_kept BEFORE DELETE ON imaging_procedures
BEGIN
    SELECT RAISE(ABORT, 'imaging_procedures_kept');
END;
CREATE TRIGGER imaging_rooms_kept BEFORE DELETE ON imaging_rooms
BEGIN
    SELECT RAISE(ABORT, 'imaging_rooms_kept');
END;

-- The role of the radiologist, who decides on protocols and reports. The list of roles is a CHECK, so the table is written again.
CREATE TABLE user_roles_before AS SELECT * FROM user_roles;
DROP TABLE user_roles;
CREATE TABLE user_roles (
    user_id    BLOB NOT NULL REFERENCES users (id),
    role       TEXT NOT NULL CHECK (role IN ('patient', 'receptionist', 'nurse', 'doctor', 'lab', 'pathologist', 'radiology', 'radiologist',
                   'pharmacist', 'cashier', 'accountant', 'storekeeper', 'ward_manager', 'administrator', 'auditor')),
    clinic_id  BLOB REFERENCES clinics (id),
    granted_at TEXT NOT NULL,
    granted_by BLOB NOT NULL REFERENCES users (id)
) STRICT;
INSERT INTO user_roles (user_id, role, clinic_id, granted_at, granted_by)
SELECT user_id, role, clinic_id, granted_at, granted_by FROM user_roles_before;
DROP TABLE user_roles_before;
CREATE UNIQUE INDEX user_roles_everywhere ON user_roles (user_id, role) WHERE clinic_id IS NULL;
CREATE UNIQUE INDEX user_roles_at_clinic ON user_roles (user_id, role, clinic_id) WHERE clinic_id IS NOT NULL;
CREATE INDEX user_roles_by_user ON user_roles (user_id);
CREATE INDEX user_roles_by_role ON user_roles (role, user_id);
CREATE INDEX user_roles_by_clinic ON user_roles (clinic_id) WHERE clinic_id IS NOT NULL;
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
