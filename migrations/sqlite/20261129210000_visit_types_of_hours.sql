-- Doctors' hours may be kept for some visit types. Hours without a row are for every visit type. The rule binds patients who book
-- themselves; the desk may book any visit type. Hours are closed and not rewritten, and so are these rows.
CREATE TABLE schedule_visit_types (
    schedule_id   BLOB NOT NULL REFERENCES schedules (id),
    visit_type_id BLOB NOT NULL REFERENCES visit_types (id),
    PRIMARY KEY (schedule_id, visit_type_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX schedule_visit_types_by_type ON schedule_visit_types (visit_type_id);
CREATE TRIGGER schedule_visit_types_fixed BEFORE UPDATE ON schedule_visit_types
BEGIN
    SELECT RAISE(ABORT, 'schedule_visit_types_fixed');
END;
CREATE TRIGGER schedule_visit_types_kept BEFORE DELETE ON schedule_visit_types
BEGIN
    SELECT RAISE(ABORT, 'schedule_visit_types_kept');
END;
-- Hours that are kept for a retired visit type could not be booked by any patient.
CREATE TRIGGER schedule_visit_types_in_use BEFORE INSERT ON schedule_visit_types
WHEN EXISTS (SELECT 1 FROM visit_types t WHERE t.id = NEW.visit_type_id AND t.retired_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'schedule_visit_types_in_use');
END;
