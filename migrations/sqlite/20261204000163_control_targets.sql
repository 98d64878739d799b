-- Two targets of one level of control material never count at once. The unique index guards two that begin at the same moment.
CREATE TRIGGER control_targets_no_overlap_insert BEFORE INSERT ON lab_control_lots
WHEN NEW.state = 'active' AND EXISTS (SELECT 1 FROM lab_control_lots l WHERE l.clinic_id = NEW.clinic_id AND l.test_id = NEW.test_id
    AND l.level = NEW.level AND l.state = 'active' AND l.id <> NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'control_targets_no_overlap');
END;
CREATE TRIGGER control_targets_no_overlap_update BEFORE UPDATE OF state ON lab_control_lots
WHEN NEW.state = 'active' AND EXISTS (SELECT 1 FROM lab_control_lots l WHERE l.clinic_id = NEW.clinic_id AND l.test_id = NEW.test_id
    AND l.level = NEW.level AND l.state = 'active' AND l.id <> NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'control_targets_no_overlap');
END;
