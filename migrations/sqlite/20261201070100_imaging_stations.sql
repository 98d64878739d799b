-- The devices of imaging that read the worklist (DICOM), each in a room.

CREATE TABLE imaging_stations (
    id          BLOB PRIMARY KEY NOT NULL,
    clinic_id   BLOB NOT NULL REFERENCES clinics (id),
    room_id     BLOB NOT NULL REFERENCES imaging_rooms (id),
    -- The name by which it calls: at most 16 letters of ASCII (PS3.5, AE).
    ae_title    TEXT NOT NULL CONSTRAINT imaging_stations_title UNIQUE CHECK (length(trim(ae_title)) > 0 AND length(ae_title) <= 16),
    -- The addresses and networks from which it may call, separated by commas.
    peers       TEXT NOT NULL CHECK (length(trim(peers)) > 0 AND length(peers) <= 300),
    version     INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at  TEXT NOT NULL,
    updated_by  BLOB NOT NULL REFERENCES users (id),
    -- The last query of its worklist.
    asked_at    TEXT,
    retired_at  TEXT
) STRICT;
CREATE INDEX imaging_stations_by_room ON imaging_stations (room_id);
CREATE INDEX imaging_stations_by_clinic ON imaging_stations (clinic_id);

CREATE TRIGGER imaging_stations_kept BEFORE DELETE ON imaging_stations
BEGIN
    SELECT RAISE(ABORT, 'imaging_stations_kept');
END;
-- A device keeps its name, and its room is one of its clinic.
CREATE TRIGGER imaging_stations_room_insert BEFORE INSERT ON imaging_stations
WHEN NOT EXISTS (SELECT 1 FROM imaging_rooms r WHERE r.id = NEW.room_id AND r.clinic_id = NEW.clinic_id)
BEGIN
    SELECT RAISE(ABORT, 'imaging_stations_room');
END;
CREATE TRIGGER imaging_stations_room_update BEFORE UPDATE ON imaging_stations
WHEN NOT EXISTS (SELECT 1 FROM imaging_rooms r WHERE r.id = NEW.room_id AND r.clinic_id = NEW.clinic_id)
BEGIN
    SELECT RAISE(ABORT, 'imaging_stations_room');
END;
CREATE TRIGGER imaging_stations_fixed BEFORE UPDATE ON imaging_stations
WHEN (NEW.id, NEW.clinic_id, NEW.ae_title) IS NOT (OLD.id, OLD.clinic_id, OLD.ae_title)
BEGIN
    SELECT RAISE(ABORT, 'imaging_stations_fixed');
END;
