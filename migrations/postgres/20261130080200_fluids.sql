-- The fluid balance: what a patient took in and lost. An entry is corrected by another version.

CREATE TABLE fluid_entries (
    id            UUID PRIMARY KEY NOT NULL,
    admission_id  UUID NOT NULL REFERENCES admissions (id),
    patient_id    UUID NOT NULL REFERENCES patients (id),
    clinic_id     UUID NOT NULL REFERENCES clinics (id),
    -- The first version of the entry.
    entry_id      UUID NOT NULL REFERENCES fluid_entries (id),
    version       BIGINT NOT NULL CHECK (version >= 1),
    direction     TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    kind          TEXT NOT NULL CHECK (kind IN ('oral', 'iv', 'tube', 'blood', 'urine', 'vomit', 'drain', 'stool', 'aspirate', 'blood_loss')),
    -- Millilitres; none for a volume that was not measured.
    ml            BIGINT CHECK (ml BETWEEN 1 AND 10000),
    taken_at      TIMESTAMPTZ NOT NULL,
    recorded_at   TIMESTAMPTZ NOT NULL,
    recorded_by   UUID NOT NULL REFERENCES users (id),
    -- Entered in error: it does not count.
    void BOOLEAN NOT NULL DEFAULT FALSE,
    reason        TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    superseded_at TIMESTAMPTZ,
    CONSTRAINT fluid_entries_versions UNIQUE (entry_id, version),
    CONSTRAINT fluid_entries_first CHECK ((version = 1) = (entry_id = id)),
    CONSTRAINT fluid_entries_kind CHECK ((direction = 'in') = (kind IN ('oral', 'iv', 'tube', 'blood'))),
    CONSTRAINT fluid_entries_times CHECK (taken_at <= recorded_at AND (superseded_at IS NULL OR superseded_at >= recorded_at)),
    CONSTRAINT fluid_entries_reason CHECK ((version = 1 AND NOT void) OR length(trim(reason)) > 0)
);
CREATE UNIQUE INDEX fluid_entries_one_current ON fluid_entries (entry_id) WHERE superseded_at IS NULL;
CREATE INDEX fluid_entries_in_order ON fluid_entries (admission_id, taken_at) WHERE superseded_at IS NULL;
CREATE INDEX fluid_entries_by_patient ON fluid_entries (patient_id, taken_at);

-- The functions read as their owner.
CREATE FUNCTION fluid_entries_of_stay() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.patient_id = NEW.patient_id AND a.clinic_id = NEW.clinic_id
    AND a.admitted_at <= NEW.taken_at AND (a.state = 'admitted' OR a.left_at >= NEW.taken_at)) THEN
        PERFORM refuse('fluid_entries_of_stay');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER fluid_entries_of_stay BEFORE INSERT ON fluid_entries FOR EACH ROW EXECUTE FUNCTION fluid_entries_of_stay();
-- A later version is of the same entry.
CREATE FUNCTION fluid_entries_same_entry() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.version > 1 AND NOT EXISTS (SELECT 1 FROM fluid_entries o WHERE o.id = NEW.entry_id AND o.admission_id = NEW.admission_id) THEN
        PERFORM refuse('fluid_entries_same_entry');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER fluid_entries_same_entry BEFORE INSERT ON fluid_entries FOR EACH ROW EXECUTE FUNCTION fluid_entries_same_entry();
CREATE TRIGGER fluid_entries_start BEFORE INSERT ON fluid_entries FOR EACH ROW
WHEN (NEW.superseded_at IS NOT NULL) EXECUTE FUNCTION row_fixed('fluid_entries_frozen');
CREATE TRIGGER fluid_entries_frozen BEFORE UPDATE ON fluid_entries FOR EACH ROW
WHEN ((NEW.id, NEW.admission_id, NEW.patient_id, NEW.clinic_id, NEW.entry_id, NEW.version, NEW.direction, NEW.kind, NEW.ml, NEW.taken_at, NEW.recorded_at, NEW.recorded_by, NEW.void, NEW.reason)
    IS DISTINCT FROM (OLD.id, OLD.admission_id, OLD.patient_id, OLD.clinic_id, OLD.entry_id, OLD.version, OLD.direction, OLD.kind, OLD.ml, OLD.taken_at, OLD.recorded_at, OLD.recorded_by, OLD.void, OLD.reason) OR OLD.superseded_at IS NOT NULL)
EXECUTE FUNCTION row_fixed('fluid_entries_frozen');
CREATE TRIGGER fluid_entries_kept BEFORE DELETE ON fluid_entries FOR EACH ROW EXECUTE FUNCTION row_fixed('fluid_entries_frozen');
SELECT guard_rows(guarded, 'patient_id', format('%s.clinic_id = ANY ((SELECT reader_clinics())::uuid[])', guarded))
FROM unnest(ARRAY['fluid_entries']::regclass[]) AS guarded;
REVOKE DELETE, TRUNCATE ON fluid_entries FROM infirmary_app;
