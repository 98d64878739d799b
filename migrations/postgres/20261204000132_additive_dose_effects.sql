-- The effect of a dose that was given as needed: a word, a pain score, or both. The last one counts.
CREATE TABLE dose_effects (
    -- The key of the form: an effect that is sent twice is recorded once.
    id          UUID PRIMARY KEY NOT NULL,
    dose_id     UUID NOT NULL REFERENCES doses (id),
    effect      TEXT CHECK (effect IN ('better', 'same', 'worse')),
    pain        BIGINT CHECK (pain BETWEEN 0 AND 10),
    at          TIMESTAMPTZ NOT NULL,
    recorded_by UUID NOT NULL REFERENCES users (id),
    CONSTRAINT dose_effects_said CHECK (effect IS NOT NULL OR pain IS NOT NULL)
);
CREATE INDEX dose_effects_of_dose ON dose_effects (dose_id, at);
ALTER TABLE dose_effects ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON dose_effects USING (EXISTS (SELECT 1 FROM doses d WHERE d.id = dose_effects.dose_id OFFSET 0));
REVOKE DELETE, TRUNCATE ON dose_effects FROM infirmary_app;
-- It follows a dose that stands as given.
CREATE FUNCTION dose_effects_of_given() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM administrations a WHERE a.dose_id = NEW.dose_id AND a.outcome = 'given' AND a.superseded_at IS NULL
        AND a.given_at <= NEW.at) THEN
        PERFORM refuse('dose_effects_of_given');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER dose_effects_of_given BEFORE INSERT ON dose_effects FOR EACH ROW EXECUTE FUNCTION dose_effects_of_given();
CREATE TRIGGER dose_effects_frozen BEFORE UPDATE ON dose_effects FOR EACH ROW EXECUTE FUNCTION row_fixed('dose_effects_frozen');
CREATE TRIGGER dose_effects_kept BEFORE DELETE ON dose_effects FOR EACH ROW EXECUTE FUNCTION row_fixed('dose_effects_frozen');
