-- Orders of every kind: a doctor asks, a department does. Kinds are rows: each department adds its own in its migration.

CREATE TABLE order_kinds (
    name       TEXT PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 40),
    -- Doctors can order it.
    offered    BOOLEAN NOT NULL DEFAULT TRUE,
    -- When a patient of an outpatient visit goes there: not by the queue, before the cashier, or after.
    stop       TEXT NOT NULL DEFAULT 'none' CHECK (stop IN ('none', 'before_cashier', 'after_cashier')),
    version    BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    -- Empty as long as the kind is as it was shipped.
    updated_at TIMESTAMPTZ,
    updated_by UUID REFERENCES users (id),
    CONSTRAINT order_kinds_stamped CHECK ((updated_at IS NULL) = (updated_by IS NULL))
);
INSERT INTO order_kinds (name) VALUES ('nursing'), ('service');

CREATE TABLE orders (
    -- Made with the form, so that sending it twice orders once.
    id           UUID PRIMARY KEY,
    patient_id   UUID NOT NULL REFERENCES patients (id),
    clinic_id    UUID NOT NULL REFERENCES clinics (id),
    visit_id     UUID REFERENCES visits (id),
    encounter_id UUID REFERENCES encounters (id),
    kind         TEXT NOT NULL REFERENCES order_kinds (name),
    -- "Dressing, left lower leg".
    service      TEXT NOT NULL CONSTRAINT orders_service CHECK (length(trim(service)) > 0 AND length(service) <= 200),
    priority     TEXT NOT NULL CHECK (priority IN ('routine', 'urgent', 'asap', 'stat')),
    -- Reason, instructions and outcome.
    sealed       BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 200000),
    state        TEXT NOT NULL
                 CHECK (state IN ('draft', 'requested', 'accepted', 'in_progress', 'completed', 'on_hold', 'cancelled', 'entered_in_error')),
    stop_reason  TEXT NOT NULL DEFAULT '' CHECK (length(stop_reason) <= 500),
    ordered_at   TIMESTAMPTZ NOT NULL,
    ordered_by   UUID NOT NULL REFERENCES users (id),
    requested_at TIMESTAMPTZ,
    accepted_at  TIMESTAMPTZ,
    accepted_by  UUID REFERENCES users (id),
    started_at   TIMESTAMPTZ,
    started_by   UUID REFERENCES users (id),
    completed_at TIMESTAMPTZ,
    completed_by UUID REFERENCES users (id),
    -- On hold, cancelled or entered in error since.
    stopped_at   TIMESTAMPTZ,
    stopped_by   UUID REFERENCES users (id),
    version      BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at   TIMESTAMPTZ NOT NULL,
    updated_by   UUID NOT NULL REFERENCES users (id),
    CONSTRAINT orders_of_something CHECK (visit_id IS NOT NULL OR encounter_id IS NOT NULL),
    CONSTRAINT orders_reasoned CHECK ((trim(stop_reason) <> '') = (state = 'on_hold' OR state = 'cancelled' OR state = 'entered_in_error')),
    CONSTRAINT orders_stopped CHECK ((stopped_at IS NOT NULL) = (stop_reason <> '') AND (stopped_at IS NULL) = (stopped_by IS NULL)),
    CONSTRAINT orders_requested CHECK (CASE state WHEN 'draft' THEN requested_at IS NULL WHEN 'entered_in_error' THEN TRUE ELSE requested_at IS NOT NULL END),
    CONSTRAINT orders_accepted CHECK (CASE state WHEN 'draft' THEN accepted_at IS NULL WHEN 'requested' THEN accepted_at IS NULL
        WHEN 'accepted' THEN accepted_at IS NOT NULL WHEN 'in_progress' THEN accepted_at IS NOT NULL
        WHEN 'completed' THEN accepted_at IS NOT NULL ELSE TRUE END),
    CONSTRAINT orders_started CHECK (CASE state WHEN 'in_progress' THEN started_at IS NOT NULL WHEN 'completed' THEN started_at IS NOT NULL
        WHEN 'entered_in_error' THEN TRUE ELSE started_at IS NULL END),
    CONSTRAINT orders_completed CHECK ((completed_at IS NOT NULL) = (state = 'completed')),
    CONSTRAINT orders_by_somebody CHECK ((accepted_at IS NULL) = (accepted_by IS NULL) AND (started_at IS NULL) = (started_by IS NULL)
        AND (completed_at IS NULL) = (completed_by IS NULL)),
    CONSTRAINT orders_in_turn CHECK ((requested_at IS NULL OR requested_at >= ordered_at) AND (accepted_at IS NULL OR accepted_at >= requested_at)
        AND (started_at IS NULL OR started_at >= accepted_at) AND (completed_at IS NULL OR completed_at >= started_at))
);
CREATE INDEX orders_worklist ON orders (clinic_id, requested_at) WHERE state IN ('requested', 'accepted', 'in_progress', 'on_hold');
CREATE INDEX orders_closed ON orders (clinic_id, state, updated_at, id) WHERE state IN ('completed', 'cancelled', 'entered_in_error');
CREATE INDEX orders_by_orderer ON orders (ordered_by, state, updated_at, id);
CREATE INDEX orders_by_patient ON orders (patient_id, ordered_at);
CREATE INDEX orders_by_visit ON orders (visit_id) WHERE visit_id IS NOT NULL;
CREATE INDEX orders_by_encounter ON orders (encounter_id) WHERE encounter_id IS NOT NULL;

SELECT guard_rows('orders', 'patient_id', 'orders.clinic_id = ANY ((SELECT reader_clinics())::uuid[])');

-- The state machine (orders::OrderAct). Anything else is refused.
CREATE FUNCTION refuse_order_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'orders_kept' USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_kept';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('draft>requested', 'draft>entered_in_error', 'requested>accepted',
        'requested>in_progress', 'requested>on_hold', 'requested>cancelled', 'requested>entered_in_error', 'accepted>in_progress',
        'accepted>on_hold', 'accepted>cancelled', 'accepted>entered_in_error', 'in_progress>completed', 'in_progress>entered_in_error',
        'on_hold>requested', 'on_hold>accepted', 'on_hold>cancelled', 'on_hold>entered_in_error', 'cancelled>entered_in_error') THEN
        RAISE EXCEPTION 'orders_moves' USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_moves';
    END IF;
    IF NEW.state <> OLD.state AND NEW.version <> OLD.version + 1 THEN
        RAISE EXCEPTION 'orders_versions' USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_versions';
    END IF;
    -- An order that was placed stays what it was.
    IF (NEW.id, NEW.patient_id, NEW.visit_id, NEW.encounter_id, NEW.kind, NEW.ordered_at, NEW.ordered_by) IS DISTINCT FROM
        (OLD.id, OLD.patient_id, OLD.visit_id, OLD.encounter_id, OLD.kind, OLD.ordered_at, OLD.ordered_by)
        OR (OLD.state <> 'draft'
            AND (NEW.service, NEW.priority, NEW.requested_at) IS DISTINCT FROM (OLD.service, OLD.priority, OLD.requested_at)) THEN
        RAISE EXCEPTION 'orders_fixed' USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_fixed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER orders_moves BEFORE UPDATE OR DELETE ON orders FOR EACH ROW EXECUTE FUNCTION refuse_order_change();
-- The function reads as its owner: a writer who cannot see the visit is refused by it all the same.
CREATE FUNCTION refuse_another_patients_order() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM visits v WHERE v.id = NEW.visit_id AND (v.patient_id <> NEW.patient_id OR v.clinic_id <> NEW.clinic_id))
        OR EXISTS (SELECT 1 FROM encounters e WHERE e.id = NEW.encounter_id
            AND (e.patient_id <> NEW.patient_id OR e.visit_id IS DISTINCT FROM NEW.visit_id)) THEN
        RAISE EXCEPTION 'orders_same_patient' USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_same_patient';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER orders_same_patient BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION refuse_another_patients_order();

-- A finished encounter takes no order and leaves no draft behind (20261128010000_finished_encounters.sql).
CREATE TRIGGER orders_encounter_open_insert BEFORE INSERT ON orders FOR EACH ROW
WHEN (NEW.encounter_id IS NOT NULL) EXECUTE FUNCTION refuse_after_finish();
CREATE TRIGGER orders_encounter_open_update BEFORE UPDATE ON orders FOR EACH ROW
WHEN (NEW.encounter_id IS NOT NULL AND (OLD.state = 'draft' OR NEW.state = 'draft') AND NEW.state <> OLD.state)
EXECUTE FUNCTION refuse_after_finish();
CREATE FUNCTION refuse_to_leave_draft_orders() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM orders o WHERE o.encounter_id = NEW.id AND o.state = 'draft') THEN
        RAISE EXCEPTION 'encounters_finish_leaves_no_draft_order'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'encounters_finish_leaves_no_draft_order';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER encounters_finish_leaves_no_draft_order BEFORE UPDATE OF state ON encounters FOR EACH ROW
WHEN (NEW.state = 'finished' AND OLD.state <> 'finished') EXECUTE FUNCTION refuse_to_leave_draft_orders();

CREATE TRIGGER orders_key_open_insert AFTER INSERT ON orders REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER orders_key_open_update BEFORE UPDATE OF sealed ON orders
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
