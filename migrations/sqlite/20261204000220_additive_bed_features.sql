-- The equipment of a bed beyond oxygen, monitor and ventilator, and that which a patient needs.
ALTER TABLE beds ADD COLUMN suction INTEGER NOT NULL DEFAULT 0 CHECK (suction IN (0, 1));
ALTER TABLE beds ADD COLUMN bariatric INTEGER NOT NULL DEFAULT 0 CHECK (bariatric IN (0, 1));
ALTER TABLE beds ADD COLUMN low_bed INTEGER NOT NULL DEFAULT 0 CHECK (low_bed IN (0, 1));
ALTER TABLE admissions ADD COLUMN suction INTEGER NOT NULL DEFAULT 0 CHECK (suction IN (0, 1));
ALTER TABLE admissions ADD COLUMN bariatric INTEGER NOT NULL DEFAULT 0 CHECK (bariatric IN (0, 1));
ALTER TABLE admissions ADD COLUMN low_bed INTEGER NOT NULL DEFAULT 0 CHECK (low_bed IN (0, 1));

-- An extra trolley may have an end: from then on no patient is put on it, and it is retired when it is empty.
ALTER TABLE beds ADD COLUMN temporary_until TEXT CONSTRAINT beds_temporary_overflow CHECK (temporary_until IS NULL OR overflow = 1);
CREATE INDEX beds_temporary ON beds (temporary_until) WHERE temporary_until IS NOT NULL AND retired_at IS NULL;
CREATE TRIGGER beds_temporary_over BEFORE INSERT ON bed_uses WHEN NEW.kind IN ('reservation', 'stay')
BEGIN
    SELECT RAISE(ABORT, 'beds_temporary_over') WHERE EXISTS (
        SELECT 1 FROM beds b WHERE b.id = NEW.bed_id AND b.temporary_until <= NEW.began_at);
END;
