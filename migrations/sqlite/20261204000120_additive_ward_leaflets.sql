-- The leaflet of a ward, on paper and in the portal; and whether the signed summary of a stay stands in the portal.
CREATE TABLE ward_leaflets (
    ward_id       BLOB PRIMARY KEY NOT NULL REFERENCES wards (id),
    phone         TEXT NOT NULL DEFAULT '' CHECK (length(phone) <= 40),
    -- Visiting hours, and what to bring, in each language.
    visiting_en   TEXT NOT NULL DEFAULT '' CHECK (length(visiting_en) <= 500),
    visiting_es   TEXT NOT NULL DEFAULT '' CHECK (length(visiting_es) <= 500),
    bring_en      TEXT NOT NULL DEFAULT '' CHECK (length(bring_en) <= 2000),
    bring_es      TEXT NOT NULL DEFAULT '' CHECK (length(bring_es) <= 2000),
    -- The patient sees in the portal on which day the discharge is expected.
    shows_leaving INTEGER NOT NULL DEFAULT 0 CHECK (shows_leaving IN (0, 1)),
    set_at        TEXT NOT NULL,
    set_by        BLOB NOT NULL REFERENCES users (id),
    version       INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1)
) STRICT;
CREATE TRIGGER ward_leaflets_versions BEFORE UPDATE ON ward_leaflets
WHEN NEW.version <> OLD.version + 1 OR NEW.ward_id <> OLD.ward_id
BEGIN
    SELECT RAISE(ABORT, 'ward_leaflets_versions');
END;
CREATE TRIGGER ward_leaflets_kept BEFORE DELETE ON ward_leaflets
BEGIN
    SELECT RAISE(ABORT, 'ward_leaflets_versions');
END;

CREATE TABLE summary_releases (
    admission_id BLOB PRIMARY KEY NOT NULL REFERENCES admissions (id),
    -- Those who read the summary in the portal: the patient and those who act for the patient, the patient alone, or nobody any more.
    readers      TEXT NOT NULL CHECK (readers IN ('all', 'patient', 'nobody')),
    set_at       TEXT NOT NULL,
    set_by       BLOB NOT NULL REFERENCES users (id),
    version      INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1)
) STRICT;
CREATE INDEX summary_releases_by_user ON summary_releases (set_by);
-- Only a signed summary is released.
CREATE TRIGGER summary_releases_signed_insert BEFORE INSERT ON summary_releases
WHEN NEW.readers <> 'nobody' AND NOT EXISTS (SELECT 1 FROM discharge_summaries s WHERE s.admission_id = NEW.admission_id AND s.state = 'final')
BEGIN
    SELECT RAISE(ABORT, 'summary_releases_signed');
END;
CREATE TRIGGER summary_releases_signed_update BEFORE UPDATE ON summary_releases
WHEN NEW.readers <> 'nobody' AND NOT EXISTS (SELECT 1 FROM discharge_summaries s WHERE s.admission_id = NEW.admission_id AND s.state = 'final')
BEGIN
    SELECT RAISE(ABORT, 'summary_releases_signed');
END;
CREATE TRIGGER summary_releases_versions BEFORE UPDATE ON summary_releases
WHEN NEW.version <> OLD.version + 1 OR NEW.admission_id <> OLD.admission_id
BEGIN
    SELECT RAISE(ABORT, 'summary_releases_versions');
END;
CREATE TRIGGER summary_releases_kept BEFORE DELETE ON summary_releases
BEGIN
    SELECT RAISE(ABORT, 'summary_releases_versions');
END;
