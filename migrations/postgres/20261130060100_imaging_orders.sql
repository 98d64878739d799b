-- Imaging orders: the way of a request from the order to the images, its place in a room, and the questions of safety.

CREATE TABLE imaging_orders (
    id            UUID PRIMARY KEY NOT NULL,
    order_id      UUID NOT NULL CONSTRAINT imaging_orders_once UNIQUE REFERENCES orders (id),
    patient_id    UUID NOT NULL REFERENCES patients (id),
    clinic_id     UUID NOT NULL REFERENCES clinics (id),
    procedure_id  UUID NOT NULL REFERENCES imaging_procedures (id),
    side          TEXT NOT NULL CHECK (side IN ('none', 'left', 'right', 'both')),
    priority      TEXT NOT NULL CHECK (priority IN ('routine', 'urgent', 'asap', 'stat')),
    wanted_from   TIMESTAMPTZ,
    step          TEXT NOT NULL CHECK (step IN ('draft', 'requested', 'returned', 'vetted', 'scheduled', 'arrived', 'started', 'acquired', 'reported',
                      'no_show', 'discontinued', 'cancelled')),
    -- R and twelve digits: year, day of the year, the number in the series of both, and a check digit.
    accession     TEXT CONSTRAINT imaging_accession UNIQUE CHECK (length(accession) = 13),
    -- The Study Instance UID of DICOM: 2.25 and the number of a UUID.
    study_uid     TEXT CONSTRAINT imaging_uid UNIQUE CHECK (length(study_uid) BETWEEN 6 AND 64),
    -- The protocol, the radiologist's question, and the doctor's answer.
    sealed        BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 200000),
    requested_at  TIMESTAMPTZ,
    vetted_at     TIMESTAMPTZ,
    vetted_by     UUID REFERENCES users (id),
    room_id       UUID REFERENCES imaging_rooms (id),
    starts_at     TIMESTAMPTZ,
    ends_at       TIMESTAMPTZ,
    booked_by     UUID REFERENCES users (id),
    arrived_at    TIMESTAMPTZ,
    arrived_by    UUID REFERENCES users (id),
    started_at    TIMESTAMPTZ,
    started_by    UUID REFERENCES users (id),
    acquired_at   TIMESTAMPTZ,
    acquired_by   UUID REFERENCES users (id),
    stop_reason   TEXT NOT NULL DEFAULT '' CHECK (length(stop_reason) <= 500),
    stopped_at    TIMESTAMPTZ,
    stopped_by    UUID REFERENCES users (id),
    version       BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at    TIMESTAMPTZ NOT NULL,
    updated_by    UUID NOT NULL REFERENCES users (id),
    UNIQUE (id, patient_id),
    CONSTRAINT imaging_placed CHECK ((step = 'draft' OR step = 'cancelled' OR accession IS NOT NULL) AND (accession IS NULL) = (study_uid IS NULL)
        AND (accession IS NULL) = (requested_at IS NULL)),
    CONSTRAINT imaging_booking CHECK ((room_id IS NULL) = (starts_at IS NULL) AND (room_id IS NULL) = (ends_at IS NULL)
        AND (room_id IS NULL) = (booked_by IS NULL) AND (ends_at IS NULL OR ends_at > starts_at)),
    CONSTRAINT imaging_booked CHECK (step NOT IN ('scheduled', 'arrived', 'started', 'acquired', 'reported', 'no_show', 'discontinued')
        OR room_id IS NOT NULL),
    CONSTRAINT imaging_stamped CHECK ((step NOT IN ('arrived', 'started', 'acquired', 'reported', 'discontinued') OR arrived_at IS NOT NULL)
        AND (step NOT IN ('started', 'acquired', 'reported', 'discontinued') OR started_at IS NOT NULL)
        AND (step NOT IN ('acquired', 'reported') OR acquired_at IS NOT NULL)),
    CONSTRAINT imaging_by_somebody CHECK ((vetted_at IS NULL) = (vetted_by IS NULL) AND (arrived_at IS NULL) = (arrived_by IS NULL)
        AND (started_at IS NULL) = (started_by IS NULL) AND (acquired_at IS NULL) = (acquired_by IS NULL)
        AND (stopped_at IS NULL) = (stopped_by IS NULL)),
    CONSTRAINT imaging_times CHECK ((started_at IS NULL OR arrived_at <= started_at) AND (acquired_at IS NULL OR started_at <= acquired_at)),
    CONSTRAINT imaging_reasoned CHECK ((step IN ('no_show', 'discontinued', 'cancelled')) = (length(trim(stop_reason)) > 0)
        AND (stopped_at IS NOT NULL) = (length(trim(stop_reason)) > 0))
);
CREATE INDEX imaging_orders_by_room ON imaging_orders (room_id, starts_at) WHERE room_id IS NOT NULL;
CREATE INDEX imaging_orders_by_patient ON imaging_orders (patient_id, requested_at);
CREATE INDEX imaging_orders_booked ON imaging_orders (clinic_id, starts_at) WHERE room_id IS NOT NULL;
CREATE INDEX imaging_orders_by_step ON imaging_orders (clinic_id, step, requested_at);

-- The questions that are asked before images are made. The row in use has no `superseded_at`; "no" is the safe answer to each.
CREATE TABLE imaging_safety (
    id               UUID PRIMARY KEY NOT NULL,
    imaging_id       UUID NOT NULL REFERENCES imaging_orders (id),
    question         TEXT NOT NULL CHECK (question IN ('pregnancy', 'contrast_reaction', 'kidney', 'implants')),
    answer           TEXT CHECK (answer IN ('no', 'yes', 'possible', 'unknown')),
    -- The eGFR that the answer about the kidneys follows from: millionths of mL/min/1.73 m2, and when it was measured.
    egfr             BIGINT,
    egfr_at          TIMESTAMPTZ,
    asked_at         TIMESTAMPTZ NOT NULL,
    answered_at      TIMESTAMPTZ,
    answered_by      UUID REFERENCES users (id),
    override_reason  TEXT NOT NULL DEFAULT '' CHECK (length(override_reason) <= 500),
    overridden_at    TIMESTAMPTZ,
    overridden_by    UUID REFERENCES users (id),
    superseded_at    TIMESTAMPTZ,
    CONSTRAINT imaging_safety_answered CHECK ((answer IS NULL) = (answered_at IS NULL) AND (answer IS NULL) = (answered_by IS NULL)),
    CONSTRAINT imaging_safety_overridden CHECK ((overridden_at IS NULL) = (overridden_by IS NULL)
        AND (overridden_at IS NULL) = (length(trim(override_reason)) = 0)),
    CONSTRAINT imaging_safety_egfr CHECK ((egfr IS NULL) = (egfr_at IS NULL) AND (egfr IS NULL OR question = 'kidney'))
);
CREATE UNIQUE INDEX imaging_safety_one_current ON imaging_safety (imaging_id, question) WHERE superseded_at IS NULL;
CREATE INDEX imaging_safety_by_order ON imaging_safety (imaging_id, asked_at);

-- No two studies are in one room at once, and no patient in two rooms.
ALTER TABLE imaging_orders ADD CONSTRAINT imaging_room_free EXCLUDE USING gist (room_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
    WHERE (step IN ('scheduled', 'arrived', 'started'));
ALTER TABLE imaging_orders ADD CONSTRAINT imaging_patient_free EXCLUDE USING gist (patient_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
    WHERE (step IN ('scheduled', 'arrived', 'started'));

SELECT guard_rows('imaging_orders', 'patient_id', 'imaging_orders.clinic_id = ANY ((SELECT reader_clinics())::uuid[])');
ALTER TABLE imaging_safety ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON imaging_safety USING (EXISTS (SELECT 1 FROM imaging_orders i WHERE i.id = imaging_safety.imaging_id OFFSET 0));
REVOKE DELETE, TRUNCATE ON imaging_orders, imaging_safety FROM infirmary_app;

-- The order is of the kind and of the same patient and clinic. The function reads as its owner.
CREATE FUNCTION imaging_orders_same_patient() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = NEW.order_id AND o.patient_id = NEW.patient_id AND o.clinic_id = NEW.clinic_id
        AND o.kind = 'imaging') THEN
        PERFORM refuse('imaging_orders_same_patient');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER imaging_orders_same_patient BEFORE INSERT ON imaging_orders FOR EACH ROW EXECUTE FUNCTION imaging_orders_same_patient();
CREATE TRIGGER imaging_orders_start AFTER INSERT ON imaging_orders FOR EACH ROW WHEN (NEW.step <> 'draft') EXECUTE FUNCTION row_fixed('imaging_moves');

-- The state machine (imaging::ImagingAct). Anything else is refused. The function reads as its owner.
CREATE FUNCTION refuse_imaging_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM refuse('imaging_orders_fixed');
    END IF;
    IF (NEW.id, NEW.order_id, NEW.patient_id, NEW.clinic_id, NEW.procedure_id, NEW.side)
            IS DISTINCT FROM (OLD.id, OLD.order_id, OLD.patient_id, OLD.clinic_id, OLD.procedure_id, OLD.side)
        OR (OLD.accession IS NOT NULL AND (NEW.accession, NEW.study_uid) IS DISTINCT FROM (OLD.accession, OLD.study_uid)) THEN
        PERFORM refuse('imaging_orders_fixed');
    END IF;
    IF NEW.step <> OLD.step AND (OLD.step || '>' || NEW.step) NOT IN ('draft>requested', 'draft>vetted', 'draft>cancelled', 'requested>vetted', 'requested>returned', 'requested>cancelled',
    'returned>requested', 'returned>vetted', 'returned>cancelled', 'vetted>scheduled', 'vetted>cancelled', 'scheduled>vetted', 'scheduled>arrived',
    'scheduled>no_show', 'scheduled>cancelled', 'no_show>scheduled', 'no_show>cancelled', 'arrived>started', 'arrived>cancelled', 'started>acquired',
    'started>discontinued', 'started>cancelled', 'acquired>reported', 'acquired>cancelled') THEN
        PERFORM refuse('imaging_moves');
    END IF;
    IF NEW.step <> OLD.step AND NEW.version <> OLD.version + 1 THEN
        PERFORM refuse('imaging_versions');
    END IF;
    -- Images are made when each question has a safe answer, or a person has overridden it. The lock lets an answer at the same moment wait.
    IF NEW.step = 'started' AND OLD.step <> 'started' THEN
        PERFORM 1 FROM imaging_safety s WHERE s.imaging_id = NEW.id AND s.superseded_at IS NULL FOR SHARE;
        IF EXISTS (SELECT 1 FROM imaging_safety s WHERE s.imaging_id = NEW.id AND s.superseded_at IS NULL
            AND (s.answer IS NULL OR (s.answer <> 'no' AND s.overridden_at IS NULL))) THEN
            PERFORM refuse('imaging_safety_complete');
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER imaging_moves BEFORE UPDATE OR DELETE ON imaging_orders FOR EACH ROW EXECUTE FUNCTION refuse_imaging_change();
CREATE TRIGGER imaging_orders_key_open_insert AFTER INSERT ON imaging_orders REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER imaging_orders_key_open_update BEFORE UPDATE OF sealed ON imaging_orders FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();

-- An answer stays: it is set once, overridden once, replaced once, and nothing of it changes after the start. The function reads as its owner.
CREATE FUNCTION refuse_safety_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM refuse('imaging_safety_frozen');
    END IF;
    IF TG_OP = 'UPDATE' AND ((NEW.id, NEW.imaging_id, NEW.question, NEW.asked_at) IS DISTINCT FROM (OLD.id, OLD.imaging_id, OLD.question, OLD.asked_at)
        OR (OLD.answer IS NOT NULL AND (NEW.answer, NEW.egfr, NEW.egfr_at, NEW.answered_at, NEW.answered_by)
            IS DISTINCT FROM (OLD.answer, OLD.egfr, OLD.egfr_at, OLD.answered_at, OLD.answered_by))
        OR (OLD.overridden_at IS NOT NULL AND (NEW.override_reason, NEW.overridden_at, NEW.overridden_by)
            IS DISTINCT FROM (OLD.override_reason, OLD.overridden_at, OLD.overridden_by))
        OR OLD.superseded_at IS NOT NULL) THEN
        PERFORM refuse('imaging_safety_frozen');
    END IF;
    IF EXISTS (SELECT 1 FROM imaging_orders i WHERE i.id = NEW.imaging_id AND i.started_at IS NOT NULL) THEN
        PERFORM refuse('imaging_safety_frozen');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER imaging_safety_frozen BEFORE UPDATE OR DELETE ON imaging_safety FOR EACH ROW EXECUTE FUNCTION refuse_safety_change();
CREATE TRIGGER imaging_safety_before_start AFTER INSERT ON imaging_safety FOR EACH ROW EXECUTE FUNCTION refuse_safety_change();
