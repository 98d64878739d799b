-- Shifts of staff: who works where, from when to when. Doctors have weekly hours.
CREATE TABLE shifts (
    id               UUID PRIMARY KEY NOT NULL,
    staff_id         UUID NOT NULL REFERENCES staff (id),
    clinic_id        UUID NOT NULL REFERENCES clinics (id),
    -- The room or counter; NULL leaves it open.
    service_point_id UUID REFERENCES service_points (id),
    starts_at        TIMESTAMPTZ NOT NULL,
    ends_at          TIMESTAMPTZ NOT NULL,
    removed_at       TIMESTAMPTZ,
    created_at       TIMESTAMPTZ NOT NULL,
    created_by       UUID NOT NULL REFERENCES users (id),
    updated_at       TIMESTAMPTZ NOT NULL,
    updated_by       UUID NOT NULL REFERENCES users (id),
    version          BIGINT NOT NULL DEFAULT 1,
    CONSTRAINT shifts_length CHECK (starts_at < ends_at AND ends_at - starts_at <= INTERVAL '24 hours'),
    -- A person is at one place at a time.
    CONSTRAINT shifts_overlap EXCLUDE USING gist (staff_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (removed_at IS NULL)
);
CREATE INDEX shifts_by_clinic ON shifts (clinic_id, starts_at) WHERE removed_at IS NULL;

CREATE FUNCTION shifts_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM service_points p WHERE p.id = NEW.service_point_id AND p.clinic_id = NEW.clinic_id AND p.retired_at IS NULL) THEN
        PERFORM refuse('shifts_place');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER shifts_place BEFORE INSERT ON shifts FOR EACH ROW
WHEN (NEW.service_point_id IS NOT NULL) EXECUTE FUNCTION shifts_place();
-- It runs after the trigger of the foreign key (its name comes first), which has the key lock that retiring waits for.
CREATE FUNCTION shifts_staff_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM staff s WHERE s.id = NEW.staff_id AND s.retired_at IS NOT NULL) THEN
        PERFORM refuse('shifts_staff_open');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER shifts_staff_open AFTER INSERT ON shifts FOR EACH ROW EXECUTE FUNCTION shifts_staff_open();
