-- Outages: the times at which the program did not run. A dose that was due in one is not missed: a nurse enters from paper what was given.

-- One row: the time at which a job of the program last ran.
CREATE TABLE heartbeats (
    id   BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    at   TIMESTAMPTZ NOT NULL
);

CREATE TABLE outages (
    id          UUID PRIMARY KEY NOT NULL,
    clinic_id   UUID NOT NULL REFERENCES clinics (id),
    started_at  TIMESTAMPTZ NOT NULL,
    ended_at    TIMESTAMPTZ NOT NULL,
    -- The program noticed a gap of its heartbeat, or a head of the ward stated that the ward was without the program.
    source      TEXT NOT NULL CHECK (source IN ('heartbeat', 'stated')),
    recorded_at TIMESTAMPTZ NOT NULL,
    recorded_by UUID NOT NULL REFERENCES users (id),
    CONSTRAINT outages_times CHECK (started_at < ended_at AND ended_at <= recorded_at)
);
CREATE INDEX outages_of_clinic ON outages (clinic_id, ended_at);
CREATE UNIQUE INDEX outages_once ON outages (clinic_id, started_at);

-- The records of doses that were entered after an outage.
CREATE TABLE back_entries (
    administration_id UUID PRIMARY KEY NOT NULL REFERENCES administrations (id),
    outage_id         UUID NOT NULL REFERENCES outages (id),
    patient_id        UUID NOT NULL REFERENCES patients (id),
    entered_at        TIMESTAMPTZ NOT NULL
);
CREATE INDEX back_entries_by_outage ON back_entries (outage_id);
CREATE INDEX back_entries_by_patient ON back_entries (patient_id);

ALTER TABLE back_entries ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON back_entries USING (EXISTS (SELECT 1 FROM administrations a WHERE a.id = back_entries.administration_id OFFSET 0));
REVOKE DELETE, TRUNCATE ON outages, back_entries FROM infirmary_app;

CREATE TRIGGER outages_frozen BEFORE UPDATE ON outages FOR EACH ROW EXECUTE FUNCTION row_fixed('outages_frozen');
CREATE TRIGGER outages_kept BEFORE DELETE ON outages FOR EACH ROW EXECUTE FUNCTION row_fixed('outages_frozen');
-- The entry is of the outage's clinic and of the record's patient; a dose that was given then was given before the entry, not before the order and
-- not before the outage.
CREATE FUNCTION back_entries_bounds() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM administrations a JOIN care_orders o ON o.id = a.order_id JOIN outages u ON u.id = NEW.outage_id
        WHERE a.id = NEW.administration_id AND a.patient_id = NEW.patient_id AND a.clinic_id = u.clinic_id AND NEW.entered_at >= u.ended_at
          AND (a.given_at IS NULL OR (a.given_at <= NEW.entered_at AND a.given_at >= o.ordered_at AND a.given_at >= u.started_at))) THEN
        PERFORM refuse('back_entries_bounds');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER back_entries_bounds BEFORE INSERT ON back_entries FOR EACH ROW EXECUTE FUNCTION back_entries_bounds();
CREATE TRIGGER back_entries_frozen BEFORE UPDATE ON back_entries FOR EACH ROW EXECUTE FUNCTION row_fixed('back_entries_frozen');
CREATE TRIGGER back_entries_kept BEFORE DELETE ON back_entries FOR EACH ROW EXECUTE FUNCTION row_fixed('back_entries_frozen');
