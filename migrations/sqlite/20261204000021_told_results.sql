-- Results that the patient sees some hours after their release are told when they are seen: the time at which they were.
ALTER TABLE lab_results ADD COLUMN told_at TEXT;
UPDATE lab_results SET told_at = portal_from WHERE portal_from > released_at;
CREATE INDEX lab_results_untold ON lab_results (portal_from) WHERE told_at IS NULL AND superseded_at IS NULL AND portal_from > released_at;
