-- The room in which the doctor works in these hours: the schedule of the day has a column for each.
ALTER TABLE schedules ADD COLUMN service_point_id UUID REFERENCES service_points (id);
CREATE INDEX schedules_by_room ON schedules (service_point_id) WHERE service_point_id IS NOT NULL;
CREATE FUNCTION schedules_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM service_points p JOIN services v ON v.id = NEW.service_id AND v.clinic_id = p.clinic_id
        WHERE p.id = NEW.service_point_id AND p.kind = 'consulting_room' AND p.retired_at IS NULL
          AND (p.service_id IS NULL OR p.service_id = v.id)) THEN
        PERFORM refuse('schedules_room');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER schedules_room BEFORE INSERT ON schedules FOR EACH ROW WHEN (NEW.service_point_id IS NOT NULL)
EXECUTE FUNCTION schedules_room();
