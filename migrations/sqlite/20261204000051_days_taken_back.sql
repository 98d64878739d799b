-- A day in a bed that is not charged any more, after a leaving or a death that was entered late, stays with the time at which it was taken back.
ALTER TABLE bed_days ADD COLUMN taken_back_at TEXT;
UPDATE bed_days SET taken_back_at = created_at WHERE id IN (SELECT c.source_id FROM charges c WHERE c.source = 'bed_day' AND c.state = 'entered_in_error')
    AND NOT EXISTS (SELECT 1 FROM charges c WHERE c.source = 'bed_day' AND c.source_id = bed_days.id AND c.state NOT IN ('cancelled', 'entered_in_error'));
CREATE INDEX bed_days_taken_back ON bed_days (taken_back_at) WHERE taken_back_at IS NOT NULL;
