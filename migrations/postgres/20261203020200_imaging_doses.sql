-- The dose of a study with ionising radiation, as the device reports it. A correction is a new row; the row in use has no `superseded_at`.
CREATE TABLE imaging_doses (
    id             UUID PRIMARY KEY NOT NULL,
    imaging_id     UUID NOT NULL REFERENCES imaging_orders (id),
    -- CTDIvol in millionths of mGy, DLP in millionths of mGy.cm, dose area product in millionths of Gy.cm2.
    ctdi_vol       BIGINT,
    dlp            BIGINT,
    dap            BIGINT,
    -- A person typed it, or the archive holds it with the images.
    source         TEXT NOT NULL CHECK (source IN ('typed', 'archive')),
    recorded_at    TIMESTAMPTZ NOT NULL,
    recorded_by    UUID NOT NULL REFERENCES users (id),
    superseded_at  TIMESTAMPTZ,
    CONSTRAINT imaging_doses_any CHECK (coalesce(ctdi_vol, dlp, dap) IS NOT NULL),
    -- Limits against a slip of the fingers, not limits of a dose: 2,000 mGy, 50,000 mGy.cm, 5,000 Gy.cm2.
    CONSTRAINT imaging_doses_range CHECK ((ctdi_vol IS NULL OR ctdi_vol BETWEEN 1 AND 2000000000)
        AND (dlp IS NULL OR dlp BETWEEN 1 AND 50000000000) AND (dap IS NULL OR dap BETWEEN 1 AND 5000000000)),
    CONSTRAINT imaging_doses_times CHECK (superseded_at IS NULL OR superseded_at >= recorded_at)
);
CREATE UNIQUE INDEX imaging_doses_one_current ON imaging_doses (imaging_id) WHERE superseded_at IS NULL;
CREATE INDEX imaging_doses_by_order ON imaging_doses (imaging_id, recorded_at);

ALTER TABLE imaging_doses ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON imaging_doses USING (EXISTS (SELECT 1 FROM imaging_orders i WHERE i.id = imaging_doses.imaging_id OFFSET 0));
REVOKE DELETE, TRUNCATE ON imaging_doses FROM infirmary_app;

CREATE TRIGGER imaging_doses_kept BEFORE DELETE ON imaging_doses FOR EACH ROW EXECUTE FUNCTION row_fixed('imaging_doses_frozen');
CREATE TRIGGER imaging_doses_frozen BEFORE UPDATE ON imaging_doses FOR EACH ROW
WHEN ((NEW.id, NEW.imaging_id, NEW.ctdi_vol, NEW.dlp, NEW.dap, NEW.source, NEW.recorded_at, NEW.recorded_by)
    IS DISTINCT FROM (OLD.id, OLD.imaging_id, OLD.ctdi_vol, OLD.dlp, OLD.dap, OLD.source, OLD.recorded_at, OLD.recorded_by)
    OR OLD.superseded_at IS NOT NULL)
EXECUTE FUNCTION row_fixed('imaging_doses_frozen');
-- Only a study whose images were begun has a dose, and only with a procedure that ionises. The function reads as its owner.
CREATE FUNCTION imaging_doses_begun() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM imaging_orders i JOIN imaging_procedures p ON p.id = i.procedure_id
        WHERE i.id = NEW.imaging_id AND i.started_at IS NOT NULL AND p.ionising) THEN
        PERFORM refuse('imaging_doses_begun');
    END IF;
    RETURN NEW;
END $$;
-- After the policy for rows of others.
CREATE TRIGGER imaging_doses_begun AFTER INSERT ON imaging_doses FOR EACH ROW EXECUTE FUNCTION imaging_doses_begun();

-- The number of images at which the archive was last asked for the dose of a study: it is asked again when there are more.
ALTER TABLE imaging_studies ADD COLUMN dose_asked BIGINT NOT NULL DEFAULT -1;
CREATE INDEX imaging_studies_dose ON imaging_studies (archive_id, found_at) WHERE state = 'matched' AND dose_asked < image_count;
