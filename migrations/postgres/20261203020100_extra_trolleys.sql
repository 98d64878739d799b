-- An extra trolley stands on a ward while its beds do not suffice. It is counted apart from the beds, and it is retired when it is empty again.
ALTER TABLE beds ADD COLUMN overflow BOOLEAN NOT NULL DEFAULT false CONSTRAINT beds_overflow_trolley CHECK (NOT overflow OR kind = 'trolley');
CREATE TRIGGER beds_overflow_fixed BEFORE UPDATE OF overflow ON beds FOR EACH ROW
WHEN (NEW.overflow <> OLD.overflow) EXECUTE FUNCTION row_fixed('beds_overflow_fixed');
-- The label of a trolley that was removed is free again.
DROP INDEX beds_once;
CREATE UNIQUE INDEX beds_once ON beds (room_id, name) WHERE NOT overflow OR retired_at IS NULL;
CREATE INDEX beds_by_room ON beds (room_id);
-- A use that ended does not begin again in a bed that is retired by now.
CREATE TRIGGER bed_uses_bed_open_again BEFORE UPDATE OF ended_at ON bed_uses FOR EACH ROW
WHEN (OLD.ended_at IS NOT NULL AND NEW.ended_at IS NULL) EXECUTE FUNCTION bed_uses_bed_open();
