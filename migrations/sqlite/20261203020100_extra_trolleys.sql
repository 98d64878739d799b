-- An extra trolley stands on a ward while its beds do not suffice. It is counted apart from the beds, and it is retired when it is empty again.
ALTER TABLE beds ADD COLUMN overflow INTEGER NOT NULL DEFAULT 0 CONSTRAINT beds_overflow_trolley
    CHECK (overflow IN (0, 1) AND (overflow = 0 OR kind = 'trolley'));
CREATE TRIGGER beds_overflow_fixed BEFORE UPDATE OF overflow ON beds WHEN NEW.overflow <> OLD.overflow
BEGIN
    SELECT RAISE(ABORT, 'beds_overflow_fixed');
END;
-- The label of a trolley that was removed is free again.
DROP INDEX beds_once;
CREATE UNIQUE INDEX beds_once ON beds (room_id, name) WHERE overflow = 0 OR retired_at IS NULL;
CREATE INDEX beds_by_room ON beds (room_id);
-- A use that ended does not begin again in a bed that is retired by now.
CREATE TRIGGER bed_uses_bed_open_again BEFORE UPDATE OF ended_at ON bed_uses WHEN OLD.ended_at IS NOT NULL AND NEW.ended_at IS NULL
BEGIN
    SELECT RAISE(ABORT, 'beds_retired_empty') WHERE EXISTS (SELECT 1 FROM beds b WHERE b.id = NEW.bed_id AND b.retired_at IS NOT NULL);
END;
