-- Reports of imaging that the patient sees some hours after their signature are told when they are seen: the time at which they were.
ALTER TABLE radiology_reports ADD COLUMN told_at TIMESTAMPTZ;
UPDATE radiology_reports SET told_at = portal_from WHERE portal_from > signed_at;
CREATE INDEX radiology_reports_untold ON radiology_reports (portal_from) WHERE told_at IS NULL AND superseded_at IS NULL AND portal_from > signed_at;
