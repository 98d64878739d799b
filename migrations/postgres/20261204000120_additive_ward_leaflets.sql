-- The leaflet of a ward, on paper and in the portal; and whether the signed summary of a stay stands in the portal.
CREATE TABLE ward_leaflets (
    ward_id       UUID PRIMARY KEY NOT NULL REFERENCES wards (id),
    phone         TEXT NOT NULL DEFAULT '' CHECK (length(phone) <= 40),
    -- Visiting hours, and what to bring, in each language.
    visiting_en   TEXT NOT NULL DEFAULT '' CHECK (length(visiting_en) <= 500),
    visiting_es   TEXT NOT NULL DEFAULT '' CHECK (length(visiting_es) <= 500),
    bring_en      TEXT NOT NULL DEFAULT '' CHECK (length(bring_en) <= 2000),
    bring_es      TEXT NOT NULL DEFAULT '' CHECK (length(bring_es) <= 2000),
    -- The patient sees in the portal on which day the discharge is expected.
    shows_leaving BOOLEAN NOT NULL DEFAULT false,
    set_at        TIMESTAMPTZ NOT NULL,
    set_by        UUID NOT NULL REFERENCES users (id),
    version       BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1)
);
REVOKE DELETE, TRUNCATE ON ward_leaflets FROM infirmary_app;
CREATE TRIGGER ward_leaflets_versions BEFORE UPDATE ON ward_leaflets FOR EACH ROW
WHEN (NEW.version <> OLD.version + 1 OR NEW.ward_id <> OLD.ward_id) EXECUTE FUNCTION row_fixed('ward_leaflets_versions');
CREATE TRIGGER ward_leaflets_kept BEFORE DELETE ON ward_leaflets FOR EACH ROW EXECUTE FUNCTION row_fixed('ward_leaflets_versions');

CREATE TABLE summary_releases (
    admission_id UUID PRIMARY KEY NOT NULL REFERENCES admissions (id),
    -- Those who read the summary in the portal: the patient and those who act for the patient, the patient alone, or nobody any more.
    readers      TEXT NOT NULL CHECK (readers IN ('all', 'patient', 'nobody')),
    set_at       TIMESTAMPTZ NOT NULL,
    set_by       UUID NOT NULL REFERENCES users (id),
    version      BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1)
);
CREATE INDEX summary_releases_by_user ON summary_releases (set_by);
-- Only a signed summary is released.
CREATE FUNCTION summary_releases_signed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM discharge_summaries s WHERE s.admission_id = NEW.admission_id AND s.state = 'final') THEN
        PERFORM refuse('summary_releases_signed');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER summary_releases_signed BEFORE INSERT OR UPDATE ON summary_releases FOR EACH ROW WHEN (NEW.readers <> 'nobody')
EXECUTE FUNCTION summary_releases_signed();
CREATE TRIGGER summary_releases_versions BEFORE UPDATE ON summary_releases FOR EACH ROW
WHEN (NEW.version <> OLD.version + 1 OR NEW.admission_id <> OLD.admission_id) EXECUTE FUNCTION row_fixed('summary_releases_versions');
CREATE TRIGGER summary_releases_kept BEFORE DELETE ON summary_releases FOR EACH ROW EXECUTE FUNCTION row_fixed('summary_releases_versions');
ALTER TABLE summary_releases ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON summary_releases USING (EXISTS (SELECT 1 FROM admissions a WHERE a.id = summary_releases.admission_id OFFSET 0));
REVOKE DELETE, TRUNCATE ON summary_releases FROM infirmary_app;
