-- The equipment of a bed beyond oxygen, monitor and ventilator, and that which a patient needs.
ALTER TABLE beds ADD COLUMN suction BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE beds ADD COLUMN bariatric BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE beds ADD COLUMN low_bed BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE admissions ADD COLUMN suction BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE admissions ADD COLUMN bariatric BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE admissions ADD COLUMN low_bed BOOLEAN NOT NULL DEFAULT false;

-- An extra trolley may have an end: from then on no patient is put on it, and it is retired when it is empty.
ALTER TABLE beds ADD COLUMN temporary_until TIMESTAMPTZ CONSTRAINT beds_temporary_overflow CHECK (temporary_until IS NULL OR overflow);
CREATE INDEX beds_temporary ON beds (temporary_until) WHERE temporary_until IS NOT NULL AND retired_at IS NULL;
CREATE FUNCTION beds_temporary_over() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM beds b WHERE b.id = NEW.bed_id AND b.temporary_until <= NEW.began_at) THEN
        PERFORM refuse('beds_temporary_over');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER beds_temporary_over BEFORE INSERT ON bed_uses FOR EACH ROW
WHEN (NEW.kind IN ('reservation', 'stay')) EXECUTE FUNCTION beds_temporary_over();
