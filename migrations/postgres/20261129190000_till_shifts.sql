-- Shifts at the till: a counted float, payments, cash moves, a blind count, a hand-over to a second person who counts again. A closed
-- shift stays closed.
CREATE TABLE till_shifts (
    id             UUID PRIMARY KEY NOT NULL,
    clinic_id      UUID NOT NULL REFERENCES clinics (id),
    -- The counter; none at a clinic without counters.
    point_id       UUID REFERENCES service_points (id),
    cashier_id     UUID NOT NULL REFERENCES users (id),
    state          TEXT NOT NULL CHECK (state IN ('open', 'closing', 'handed_over', 'received', 'closed')),
    float_amount   BIGINT NOT NULL CHECK (float_amount BETWEEN 0 AND 1000000000000),
    opened_at      TIMESTAMPTZ NOT NULL,
    closing_at     TIMESTAMPTZ,
    closing_by     UUID REFERENCES users (id),
    -- The first count, blind, by the cashier; by a supervisor when the shift was forgotten.
    counted_at     TIMESTAMPTZ,
    counted_by     UUID REFERENCES users (id),
    handed_over_at TIMESTAMPTZ,
    -- The second count, blind, by the person who takes the money over.
    received_at    TIMESTAMPTZ,
    received_by    UUID REFERENCES users (id),
    closed_at      TIMESTAMPTZ,
    closed_by      UUID REFERENCES users (id),
    version        BIGINT NOT NULL DEFAULT 1,
    CONSTRAINT till_shifts_steps CHECK ((state = 'open') = (closing_at IS NULL) AND (closing_at IS NULL) = (closing_by IS NULL)
        AND (counted_at IS NULL) = (counted_by IS NULL) AND (counted_at IS NULL OR state <> 'open')
        AND (handed_over_at IS NOT NULL) = (state IN ('handed_over', 'received', 'closed')) AND (handed_over_at IS NULL OR counted_at IS NOT NULL)
        AND (received_at IS NOT NULL) = (state IN ('received', 'closed')) AND (received_at IS NULL) = (received_by IS NULL)
        AND (closed_at IS NOT NULL) = (state = 'closed') AND (closed_at IS NULL) = (closed_by IS NULL)),
    CONSTRAINT till_shifts_second_person CHECK (received_by IS NULL OR (received_by <> counted_by AND received_by <> cashier_id))
);
CREATE UNIQUE INDEX till_shifts_one_open ON till_shifts (cashier_id, clinic_id) WHERE state IN ('open', 'closing');
CREATE INDEX till_shifts_by_clinic ON till_shifts (clinic_id, opened_at);

-- Coins and notes: how many of each, at each count.
CREATE TABLE till_counts (
    shift_id     UUID NOT NULL REFERENCES till_shifts (id),
    moment       TEXT NOT NULL CHECK (moment IN ('open', 'hand_over', 'receive')),
    denomination BIGINT NOT NULL CHECK (denomination > 0),
    pieces       BIGINT NOT NULL CHECK (pieces BETWEEN 1 AND 1000000),
    PRIMARY KEY (shift_id, moment, denomination)
);

-- Expected and counted by method, as they were when the count was made; the reason of a difference is added at the hand-over.
CREATE TABLE till_results (
    shift_id   UUID NOT NULL REFERENCES till_shifts (id),
    moment     TEXT NOT NULL CHECK (moment IN ('open', 'hand_over', 'receive')),
    method     TEXT NOT NULL CHECK (method IN ('cash', 'card', 'transfer')),
    expected   BIGINT NOT NULL,
    counted    BIGINT NOT NULL CHECK (counted >= 0),
    difference BIGINT GENERATED ALWAYS AS (counted - expected) STORED,
    reason     TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 300),
    PRIMARY KEY (shift_id, moment, method),
    CONSTRAINT till_results_of_a_count CHECK (moment <> 'open')
);

-- Cash that moves other than by payments. A drop (to the safe) or transfer (to a colleague's till) leaves when it is sent, and is in
-- transit until the other side receives it.
CREATE TABLE cash_moves (
    id           UUID PRIMARY KEY NOT NULL,
    shift_id     UUID NOT NULL REFERENCES till_shifts (id),
    kind         TEXT NOT NULL CHECK (kind IN ('pay_in', 'pay_out', 'drop', 'transfer')),
    to_shift_id  UUID REFERENCES till_shifts (id),
    amount       BIGINT NOT NULL CHECK (amount BETWEEN 1 AND 1000000000000),
    -- The other person of a pay-in or pay-out, and why.
    party        TEXT NOT NULL DEFAULT '' CHECK (length(party) <= 100),
    reason       TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 300),
    state        TEXT NOT NULL CHECK (state IN ('sent', 'received', 'withdrawn')),
    sent_at      TIMESTAMPTZ NOT NULL,
    sent_by      UUID NOT NULL REFERENCES users (id),
    received_at  TIMESTAMPTZ,
    received_by  UUID REFERENCES users (id),
    withdrawn_at TIMESTAMPTZ,
    CONSTRAINT cash_moves_to CHECK ((kind = 'transfer') = (to_shift_id IS NOT NULL) AND (to_shift_id IS NULL OR to_shift_id <> shift_id)),
    CONSTRAINT cash_moves_steps CHECK ((state = 'received') = (received_at IS NOT NULL) AND (received_at IS NULL) = (received_by IS NULL)
        AND (state = 'withdrawn') = (withdrawn_at IS NOT NULL) AND (kind IN ('drop', 'transfer') OR state = 'received')),
    CONSTRAINT cash_moves_second_person CHECK (kind IN ('pay_in', 'pay_out') OR received_by IS NULL OR received_by <> sent_by),
    CONSTRAINT cash_moves_told CHECK (kind NOT IN ('pay_in', 'pay_out') OR (party <> '' AND reason <> ''))
);
CREATE INDEX cash_moves_by_shift ON cash_moves (shift_id, sent_at);
CREATE INDEX cash_moves_by_receiver ON cash_moves (to_shift_id) WHERE to_shift_id IS NOT NULL;
CREATE INDEX cash_moves_in_transit ON cash_moves (shift_id) WHERE state = 'sent';

-- Payments from before shifts have none. From now on the trigger below asks for an open one, and a payment's shift never changes: the
-- database accepts no other payment without a shift.
ALTER TABLE payments ADD COLUMN shift_id UUID REFERENCES till_shifts (id);
CREATE INDEX payments_by_shift ON payments (shift_id) WHERE shift_id IS NOT NULL;

-- Money that entered and left a shift, by method.
CREATE VIEW till_entries AS
SELECT id AS shift_id, 'cash'::text AS method, 'float'::text AS kind, float_amount AS amount FROM till_shifts
UNION ALL SELECT shift_id, method, 'payment', tendered - change_given FROM payments WHERE shift_id IS NOT NULL
UNION ALL SELECT shift_id, 'cash', kind, amount FROM cash_moves WHERE kind = 'pay_in'
UNION ALL SELECT shift_id, 'cash', kind, -amount FROM cash_moves WHERE kind IN ('pay_out', 'drop', 'transfer') AND state <> 'withdrawn'
UNION ALL SELECT to_shift_id, 'cash', 'transfer_in', amount FROM cash_moves WHERE kind = 'transfer' AND state = 'received';

-- A posting holds the shift's row with FOR SHARE until its transaction ends. Closing updates that row, so it waits for postings under
-- way, and later postings wait for the closing and are refused.
CREATE FUNCTION till_shift_is_open(shift uuid, cashier uuid, clinic uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM till_shifts s WHERE s.id = shift AND s.state = 'open' AND (cashier IS NULL OR s.cashier_id = cashier)
        AND (clinic IS NULL OR s.clinic_id = clinic) FOR SHARE;
    IF NOT FOUND THEN
        PERFORM refuse('till_shift_not_open');
    END IF;
END $$;
CREATE FUNCTION payments_in_shift() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM till_shift_is_open(NEW.shift_id, NEW.taken_by, NEW.clinic_id);
    RETURN NEW;
END $$;
CREATE TRIGGER payments_in_shift BEFORE INSERT ON payments FOR EACH ROW EXECUTE FUNCTION payments_in_shift();
CREATE TRIGGER payments_shift_kept BEFORE UPDATE OF shift_id ON payments FOR EACH ROW
WHEN (NEW.shift_id IS DISTINCT FROM OLD.shift_id) EXECUTE FUNCTION row_fixed('payments_shift_kept');

CREATE FUNCTION cash_moves_in_shift() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    at_clinic uuid;
BEGIN
    SELECT s.clinic_id INTO at_clinic FROM till_shifts s WHERE s.id = NEW.shift_id;
    IF NEW.kind <> 'pay_in' THEN
        -- Two that leave at the same time take turns, so that both see what is left.
        PERFORM 1 FROM till_shifts s WHERE s.id = NEW.shift_id FOR NO KEY UPDATE;
    END IF;
    PERFORM till_shift_is_open(NEW.shift_id, NULL, NULL);
    IF NEW.to_shift_id IS NOT NULL THEN
        PERFORM till_shift_is_open(NEW.to_shift_id, NULL, at_clinic);
    END IF;
    IF NEW.kind <> 'pay_in'
        AND NEW.amount > (SELECT coalesce(sum(e.amount), 0) FROM till_entries e WHERE e.shift_id = NEW.shift_id AND e.method = 'cash') THEN
        PERFORM refuse('till_cash_short');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER cash_moves_in_shift BEFORE INSERT ON cash_moves FOR EACH ROW EXECUTE FUNCTION cash_moves_in_shift();
CREATE FUNCTION cash_moves_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (OLD.state = 'sent' AND NEW.state IN ('received', 'withdrawn')
        AND (NEW.id, NEW.shift_id, NEW.kind, NEW.to_shift_id, NEW.amount, NEW.party, NEW.reason, NEW.sent_at, NEW.sent_by)
            IS NOT DISTINCT FROM (OLD.id, OLD.shift_id, OLD.kind, OLD.to_shift_id, OLD.amount, OLD.party, OLD.reason, OLD.sent_at, OLD.sent_by)) THEN
        PERFORM refuse('cash_moves_kept');
    END IF;
    PERFORM till_shift_is_open(coalesce(CASE WHEN NEW.state = 'received' THEN NEW.to_shift_id END, NEW.shift_id), NULL, NULL);
    RETURN NEW;
END $$;
CREATE TRIGGER cash_moves_kept BEFORE UPDATE ON cash_moves FOR EACH ROW EXECUTE FUNCTION cash_moves_kept();
CREATE TRIGGER cash_moves_kept_delete BEFORE DELETE ON cash_moves FOR EACH ROW EXECUTE FUNCTION row_fixed('cash_moves_kept');

CREATE FUNCTION till_shifts_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT ((NEW.id, NEW.clinic_id, NEW.cashier_id, NEW.float_amount, NEW.opened_at)
            IS NOT DISTINCT FROM (OLD.id, OLD.clinic_id, OLD.cashier_id, OLD.float_amount, OLD.opened_at)
        AND OLD.state <> 'closed'
        AND (NEW.state = OLD.state
            OR (OLD.state = 'open' AND NEW.state = 'closing')
            OR (OLD.state = 'closing' AND NEW.state = 'open' AND OLD.counted_at IS NULL)
            OR (OLD.state = 'closing' AND NEW.state = 'handed_over')
            OR (OLD.state = 'handed_over' AND NEW.state = 'received')
            OR (OLD.state = 'received' AND NEW.state = 'closed'))
        AND (OLD.counted_at IS NULL OR (NEW.counted_at, NEW.counted_by) IS NOT DISTINCT FROM (OLD.counted_at, OLD.counted_by))
        AND (OLD.received_at IS NULL OR (NEW.received_at, NEW.received_by) IS NOT DISTINCT FROM (OLD.received_at, OLD.received_by))) THEN
        PERFORM refuse('till_shift_step');
    END IF;
    IF OLD.state = 'open' AND NEW.state = 'closing'
        AND EXISTS (SELECT 1 FROM cash_moves m WHERE m.state = 'sent' AND (m.shift_id = NEW.id OR m.to_shift_id = NEW.id)) THEN
        PERFORM refuse('till_cash_in_transit');
    END IF;
    IF OLD.state = 'closing' AND NEW.state = 'handed_over' AND EXISTS (SELECT 1 FROM till_results r
        WHERE r.shift_id = NEW.id AND r.moment = 'hand_over' AND r.difference <> 0 AND r.reason = '') THEN
        PERFORM refuse('till_difference_unexplained');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER till_shifts_step BEFORE UPDATE ON till_shifts FOR EACH ROW EXECUTE FUNCTION till_shifts_step();
CREATE TRIGGER till_shifts_opened BEFORE INSERT ON till_shifts FOR EACH ROW WHEN (NEW.state <> 'open') EXECUTE FUNCTION row_fixed('till_shift_step');
CREATE TRIGGER till_shifts_kept BEFORE DELETE ON till_shifts FOR EACH ROW EXECUTE FUNCTION row_fixed('till_shift_step');

-- A count is made once, in its own step of the shift, and never changes.
CREATE FUNCTION till_counts_in_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM till_shifts s WHERE s.id = NEW.shift_id AND s.state = CASE NEW.moment WHEN 'open' THEN 'open'
        WHEN 'hand_over' THEN 'closing' ELSE 'handed_over' END AND (NEW.moment <> 'hand_over' OR s.counted_at IS NULL);
    IF NOT FOUND THEN
        PERFORM refuse('till_counts_kept');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER till_counts_in_step BEFORE INSERT ON till_counts FOR EACH ROW EXECUTE FUNCTION till_counts_in_step();
CREATE TRIGGER till_counts_kept BEFORE UPDATE OR DELETE ON till_counts FOR EACH ROW EXECUTE FUNCTION row_fixed('till_counts_kept');
CREATE TRIGGER till_results_in_step BEFORE INSERT ON till_results FOR EACH ROW EXECUTE FUNCTION till_counts_in_step();
CREATE TRIGGER till_results_kept BEFORE UPDATE ON till_results FOR EACH ROW
WHEN (OLD.reason <> '' OR (NEW.shift_id, NEW.moment, NEW.method, NEW.expected, NEW.counted)
    IS DISTINCT FROM (OLD.shift_id, OLD.moment, OLD.method, OLD.expected, OLD.counted))
EXECUTE FUNCTION row_fixed('till_counts_kept');
CREATE TRIGGER till_results_kept_delete BEFORE DELETE ON till_results FOR EACH ROW EXECUTE FUNCTION row_fixed('till_counts_kept');

REVOKE DELETE, TRUNCATE ON till_shifts, till_counts, till_results, cash_moves FROM infirmary_app;
REVOKE UPDATE ON till_counts FROM infirmary_app;

-- The role of the accountant.
ALTER TABLE user_roles DROP CONSTRAINT user_roles_role_check, ADD CONSTRAINT user_roles_role_check CHECK (role IN ('patient', 'receptionist',
    'nurse', 'doctor', 'lab', 'radiology', 'pharmacist', 'cashier', 'accountant', 'storekeeper', 'ward_manager', 'administrator', 'auditor'));
