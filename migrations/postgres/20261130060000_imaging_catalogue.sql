-- The catalogue of imaging: procedures with their questions and report text, and the rooms with their hours.

CREATE TABLE imaging_procedures (
    id              UUID PRIMARY KEY NOT NULL,
    code            TEXT NOT NULL CONSTRAINT imaging_procedures_code UNIQUE CHECK (length(code) BETWEEN 1 AND 20),
    name_en         TEXT NOT NULL CHECK (length(trim(name_en)) > 0 AND length(name_en) <= 120),
    name_es         TEXT NOT NULL CHECK (length(trim(name_es)) > 0 AND length(name_es) <= 120),
    -- The code strings of DICOM, and ECG.
    modality        TEXT NOT NULL CHECK (modality IN ('CR', 'DX', 'CT', 'MR', 'US', 'MG', 'XA', 'RF', 'NM', 'PT', 'ECG')),
    body_part       TEXT NOT NULL DEFAULT '' CHECK (length(body_part) <= 60),
    -- The order says left, right or both.
    sided           BOOLEAN NOT NULL DEFAULT FALSE,
    contrast        TEXT NOT NULL CHECK (contrast IN ('none', 'iv', 'oral', 'rectal')),
    -- Minutes in the room.
    minutes         BIGINT NOT NULL CHECK (minutes BETWEEN 5 AND 480),
    preparation_en  TEXT NOT NULL DEFAULT '' CHECK (length(preparation_en) <= 1000),
    preparation_es  TEXT NOT NULL DEFAULT '' CHECK (length(preparation_es) <= 1000),
    ionising        BOOLEAN NOT NULL,
    -- A radiologist decides on the protocol before it is booked.
    needs_vetting   BOOLEAN NOT NULL,
    -- The text that a new report begins with.
    template        TEXT NOT NULL DEFAULT '' CHECK (length(template) <= 8000),
    -- The code of LOINC and its long name, unaltered.
    loinc           TEXT NOT NULL DEFAULT '' CHECK (length(loinc) <= 10),
    loinc_name      TEXT NOT NULL DEFAULT '' CHECK (length(loinc_name) <= 300),
    portal_rule     TEXT NOT NULL DEFAULT 'at_once' CHECK (portal_rule IN ('at_once', 'after_review', 'after_hours', 'in_person')),
    portal_hours    BIGINT NOT NULL DEFAULT 0 CHECK (portal_hours BETWEEN 0 AND 720),
    item_id         UUID REFERENCES price_items (id),
    source          TEXT NOT NULL DEFAULT '' CHECK (length(source) <= 300),
    -- The head of radiology takes responsibility for questions, preparation and minutes.
    confirmed_at    TIMESTAMPTZ,
    confirmed_by    UUID REFERENCES users (id),
    version         BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at      TIMESTAMPTZ NOT NULL,
    updated_by      UUID NOT NULL REFERENCES users (id),
    retired_at      TIMESTAMPTZ,
    CONSTRAINT imaging_procedures_confirmed CHECK ((confirmed_at IS NULL) = (confirmed_by IS NULL)),
    CONSTRAINT imaging_procedures_portal CHECK ((portal_rule = 'after_hours') = (portal_hours > 0))
);
CREATE INDEX imaging_procedures_by_item ON imaging_procedures (item_id) WHERE item_id IS NOT NULL;

CREATE TABLE imaging_rooms (
    id          UUID PRIMARY KEY NOT NULL,
    clinic_id   UUID NOT NULL REFERENCES clinics (id),
    name        TEXT NOT NULL CHECK (length(trim(name)) > 0 AND length(name) <= 80),
    modality    TEXT NOT NULL CHECK (modality IN ('CR', 'DX', 'CT', 'MR', 'US', 'MG', 'XA', 'RF', 'NM', 'PT', 'ECG')),
    version     BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at  TIMESTAMPTZ NOT NULL,
    updated_by  UUID NOT NULL REFERENCES users (id),
    retired_at  TIMESTAMPTZ,
    CONSTRAINT imaging_rooms_name UNIQUE (clinic_id, name)
);

-- The weekly hours of a room, in minutes of the clinic's day. Monday is 1.
CREATE TABLE imaging_room_hours (
    id           UUID PRIMARY KEY NOT NULL,
    room_id      UUID NOT NULL REFERENCES imaging_rooms (id),
    weekday      BIGINT NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    from_minute  BIGINT NOT NULL CHECK (from_minute BETWEEN 0 AND 1439),
    to_minute    BIGINT NOT NULL CHECK (to_minute BETWEEN 1 AND 1440),
    CONSTRAINT imaging_hours_ordered CHECK (from_minute < to_minute)
);
CREATE INDEX imaging_room_hours_by_room ON imaging_room_hours (room_id, weekday);

INSERT INTO order_kinds (name) VALUES ('imaging');

-- The weekly hours of a room never overlap.
ALTER TABLE imaging_room_hours ADD CONSTRAINT imaging_hours_no_overlap EXCLUDE USING gist (room_id WITH =, weekday WITH =,
    int8range(from_minute, to_minute) WITH &&);
CREATE TRIGGER imaging_hours_fixed BEFORE UPDATE ON imaging_room_hours FOR EACH ROW EXECUTE FUNCTION row_fixed('imaging_hours_fixed');
CREATE TRIGGER imaging_procedures_kept BEFORE DELETE ON imaging_procedures FOR EACH ROW EXECUTE FUNCTION row_fixed('imaging_procedures_kept');
CREATE TRIGGER imaging_rooms_kept BEFORE DELETE ON imaging_rooms FOR EACH ROW EXECUTE FUNCTION row_fixed('imaging_rooms_kept');
REVOKE DELETE, TRUNCATE ON imaging_procedures, imaging_rooms FROM infirmary_app;

-- The role of the radiologist, who decides on protocols and reports.
ALTER TABLE user_roles DROP CONSTRAINT user_roles_role_check, ADD CONSTRAINT user_roles_role_check CHECK (role IN ('patient', 'receptionist',
    'nurse', 'doctor', 'lab', 'pathologist', 'radiology', 'radiologist', 'pharmacist', 'cashier', 'accountant', 'storekeeper', 'ward_manager',
    'administrator', 'auditor'));
