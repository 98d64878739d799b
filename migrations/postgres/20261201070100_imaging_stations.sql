-- The devices of imaging that read the worklist (DICOM), each in a room.

CREATE TABLE imaging_stations (
    id          UUID PRIMARY KEY NOT NULL,
    clinic_id   UUID NOT NULL REFERENCES clinics (id),
    room_id     UUID NOT NULL REFERENCES imaging_rooms (id),
    -- The name by which it calls: at most 16 letters of ASCII (PS3.5, AE).
    ae_title    TEXT NOT NULL CONSTRAINT imaging_stations_title UNIQUE CHECK (length(trim(ae_title)) > 0 AND length(ae_title) <= 16),
    -- The addresses and networks from which it may call, separated by commas.
    peers       TEXT NOT NULL CHECK (length(trim(peers)) > 0 AND length(peers) <= 300),
    version     BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at  TIMESTAMPTZ NOT NULL,
    updated_by  UUID NOT NULL REFERENCES users (id),
    -- The last query of its worklist.
    asked_at    TIMESTAMPTZ,
    retired_at  TIMESTAMPTZ
);
CREATE INDEX imaging_stations_by_room ON imaging_stations (room_id);
CREATE INDEX imaging_stations_by_clinic ON imaging_stations (clinic_id);

REVOKE DELETE, TRUNCATE ON imaging_stations FROM infirmary_app;
CREATE TRIGGER imaging_stations_kept BEFORE DELETE ON imaging_stations FOR EACH ROW EXECUTE FUNCTION row_fixed('imaging_stations_kept');
-- A device keeps its name, and its room is one of its clinic. The function reads as its owner.
CREATE FUNCTION imaging_stations_room() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM imaging_rooms r WHERE r.id = NEW.room_id AND r.clinic_id = NEW.clinic_id) THEN
        PERFORM refuse('imaging_stations_room');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER imaging_stations_room BEFORE INSERT OR UPDATE ON imaging_stations FOR EACH ROW EXECUTE FUNCTION imaging_stations_room();
CREATE TRIGGER imaging_stations_fixed BEFORE UPDATE ON imaging_stations FOR EACH ROW
WHEN ((NEW.id, NEW.clinic_id, NEW.ae_title) IS DISTINCT FROM (OLD.id, OLD.clinic_id, OLD.ae_title))
EXECUTE FUNCTION row_fixed('imaging_stations_fixed');
