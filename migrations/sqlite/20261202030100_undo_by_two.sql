-- Two people separate merged records, as two merge them: one asks for it, another one does it.
ALTER TABLE patient_merges ADD COLUMN undo_asked_at TEXT;
ALTER TABLE patient_merges ADD COLUMN undo_asked_by BLOB REFERENCES users (id);
CREATE INDEX patient_merges_by_undo_asker ON patient_merges (undo_asked_by) WHERE undo_asked_by IS NOT NULL;
CREATE INDEX patient_merges_undo_waiting ON patient_merges (clinic_id) WHERE undo_asked_at IS NOT NULL AND state = 'merged';
CREATE TRIGGER merges_undo_asked BEFORE UPDATE OF undo_asked_at, undo_asked_by ON patient_merges
WHEN (NEW.undo_asked_at IS NULL) <> (NEW.undo_asked_by IS NULL) OR OLD.state <> 'merged'
BEGIN
    SELECT RAISE(ABORT, 'merges_undo_asked');
END;
CREATE TRIGGER merges_undone_by_two BEFORE UPDATE OF state ON patient_merges
WHEN NEW.state = 'undone' AND OLD.state = 'merged' AND (NEW.undo_asked_by IS NULL OR NEW.undo_asked_by IS NEW.undone_by)
BEGIN
    SELECT RAISE(ABORT, 'merges_undone_by_two');
END;
