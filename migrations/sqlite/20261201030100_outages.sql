-- Outages: the times at which the program did not run. A dose that was due in one is not missed: a nurse enters from paper what was given.

-- One row: the time at which a job of the program last ran.
CREATE TABLE heartbeats (
    id   INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    at   TEXT NOT NULL
) STRICT;

CREATE TABLE outages (
    id          BLOB PRIMARY KEY NOT NULL,
    clinic_id   BLOB NOT NULL REFERENCES clinics (id),
    started_at  TEXT NOT NULL,
    ended_at    TEXT NOT NULL,
    -- The program noticed a gap of its heartbeat, or a head of the ward stated that the ward was without the program.
    source      TEXT NOT NULL CHECK (source IN ('heartbeat', 'stated')),
    recorded_at TEXT NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES users (id),
    CONSTRAINT outages_times CHECK (started_at < ended_at AND ended_at <= recorded_at)
) STRICT;
CREATE INDEX outages_of_clinic ON outages (clinic_id, ended_at);
CREATE UNIQUE INDEX outages_once ON outages (clinic_id, started_at);

-- The records of doses that were entered after an outage.
CREATE TABLE back_entries (
    administration_id BLOB PRIMARY KEY NOT NULL REFERENCES administrations (id),
    outage_id         BLOB NOT NULL REFERENCES outages (id),
    patient_id        BLOB NOT NULL REFERENCES patients (id),
    entered_at        TEXT NOT NULL
) STRICT;
CREATE INDEX back_entries_by_outage ON back_entries (outage_id);
CREATE INDEX back_entries_by_patient ON back_entries (patient_id);

CREATE TRIGGER outages_frozen BEFORE UPDATE ON outages
BEGIN
    SELECT RAISE(ABORT, 'outages_frozen');
END;
CREATE TRIGGER outages_kept BEFORE DELETE ON outages
BEGIN
    SELECT RAISE(ABORT, 'outages_frozen');
END;
-- The entry is of the outage's clinic and of the record's patient; a dose that was given then was given before the entry, not before the order and
-- not before the outage.
CREATE TRIGGER back_entries_bounds BEFORE INSERT ON back_entries
BEGIN
    SELECT RAISE(ABORT, 'back_entries_bounds') WHERE NOT EXISTS (SELECT 1 FROM administrations a JOIN care_orders o ON o.id = a.order_id
        JOIN outages u ON u.id = NEW.outage_id
        WHERE a.id = NEW.administration_id AND a.patient_id = NEW.patient_id AND a.clinic_id = u.clinic_id AND NEW.entered_at >= u.ended_at
          AND (a.given_at IS NULL OR (a.given_at <= NEW.entered_at AND a.given_at >= o.ordered_at AND a.given_at >= u.started_at)));
END;
CREATE TRIGGER back_entries_frozen BEFORE UPDATE ON back_entries
BEGIN
    SELECT RAISE(ABORT, 'back_entries_frozen');
END;
CREATE TRIGGER back_entries_kept BEFORE DELETE ON back_entries
BEGIN
    SELECT RAISE(ABORT, 'back_entries_frozen');
END;
