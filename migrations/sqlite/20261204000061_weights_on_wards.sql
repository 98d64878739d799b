-- The weight of a patient in a bed, in grams: with a set of observations, or alone. A weight alone is no set: nothing is due by it.
ALTER TABLE observations ADD COLUMN weight INTEGER CHECK (weight BETWEEN 200 AND 650000)
    CONSTRAINT observations_weighed CHECK (weight IS NULL OR kind = 'values');
ALTER TABLE observations ADD COLUMN weighed_only INTEGER NOT NULL DEFAULT 0 CHECK (weighed_only IN (0, 1))
    CONSTRAINT observations_weighed_only CHECK (NOT weighed_only OR (weight IS NOT NULL AND NOT worried AND respiration IS NULL AND spo2 IS NULL AND oxygen IS NULL AND systolic IS NULL
        AND diastolic IS NULL AND pulse IS NULL AND consciousness IS NULL AND temperature IS NULL));
CREATE INDEX observations_weights ON observations (patient_id, taken_at) WHERE weight IS NOT NULL AND superseded_at IS NULL;
DROP TRIGGER observations_frozen;
CREATE TRIGGER observations_frozen BEFORE UPDATE ON observations
WHEN (NEW.id, NEW.admission_id, NEW.patient_id, NEW.clinic_id, NEW.set_id, NEW.version, NEW.kind, NEW.taken_at, NEW.recorded_at, NEW.recorded_by, NEW.respiration, NEW.spo2, NEW.oxygen, NEW.systolic, NEW.diastolic, NEW.pulse, NEW.consciousness, NEW.temperature, NEW.weight, NEW.weighed_only, NEW.worried, NEW.spo2_scale, NEW.score, NEW.single_red, NEW.unscored, NEW.reason)
    IS NOT (OLD.id, OLD.admission_id, OLD.patient_id, OLD.clinic_id, OLD.set_id, OLD.version, OLD.kind, OLD.taken_at, OLD.recorded_at, OLD.recorded_by, OLD.respiration, OLD.spo2, OLD.oxygen, OLD.systolic, OLD.diastolic, OLD.pulse, OLD.consciousness, OLD.temperature, OLD.weight, OLD.weighed_only, OLD.worried, OLD.spo2_scale, OLD.score, OLD.single_red, OLD.unscored, OLD.reason) OR OLD.superseded_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'observations_frozen');
END;
