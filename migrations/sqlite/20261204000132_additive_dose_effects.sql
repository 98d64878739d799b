-- The effect of a dose that was given as needed: a word, a pain score, or both. The last one counts.
CREATE TABLE dose_effects (
    -- The key of the form: an effect that is sent twice is recorded once.
    id          BLOB PRIMARY KEY NOT NULL,
    dose_id     BLOB NOT NULL REFERENCES doses (id),
    effect      TEXT CHECK (effect IN ('better', 'same', 'worse')),
    pain        INTEGER CHECK (pain BETWEEN 0 AND 10),
    at          TEXT NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES users (id),
    CONSTRAINT dose_effects_said CHECK (effect IS NOT NULL OR pain IS NOT NULL)
) STRICT;
CREATE INDEX dose_effects_of_dose ON dose_effects (dose_id, at);
-- It follows a dose that stands as given.
CREATE TRIGGER dose_effects_of_given BEFORE INSERT ON dose_effects
WHEN NOT EXISTS (SELECT 1 FROM administrations a WHERE a.dose_id = NEW.dose_id AND a.outcome = 'given' AND a.superseded_at IS NULL
    AND a.given_at <= NEW.at)
BEGIN
    SELECT RAISE(ABORT, 'dose_effects_of_given');
END;
CREATE TRIGGER dose_effects_frozen BEFORE UPDATE ON dose_effects
BEGIN
    SELECT RAISE(ABORT, 'dose_effects_frozen');
END;
CREATE TRIGGER dose_effects_kept BEFORE DELETE ON dose_effects
BEGIN
    SELECT RAISE(ABORT, 'dose_effects_frozen');
END;
