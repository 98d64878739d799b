-- The version of a resource that was taken, as its source names it, and the version of the record that it became: a newer resource updates a
-- record that was not changed here.
ALTER TABLE imported_records ADD COLUMN version_id TEXT NOT NULL DEFAULT '';
ALTER TABLE imported_records ADD COLUMN last_updated TEXT;
ALTER TABLE imported_records ADD COLUMN local_version INTEGER NOT NULL DEFAULT 1;
