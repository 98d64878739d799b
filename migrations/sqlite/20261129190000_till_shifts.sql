-- Shifts at the till: a counted float, payments, cash moves, a blind count, a hand-over to a second person who counts again. A closed
-- shift stays closed.
CREATE TABLE till_shifts (
    id             BLOB PRIMARY KEY NOT NULL,
    clinic_id      BLOB NOT NULL REFERENCES clinics (id),
    -- The counter; none at a clinic without counters.
    point_id       BLOB REFERENCES service_points (id),
    cashier_id     BLOB NOT NULL REFERENCES users (id),
    state          TEXT NOT NULL CHECK (state IN ('open', 'closing', 'handed_over', 'received', 'closed')),
    float_amount   INTEGER NOT NULL CHECK (float_amount BETWEEN 0 AND 1000000000000),
    opened_at      TEXT NOT NULL,
    closing_at     TEXT,
    closing_by     BLOB REFERENCES users (id),
    -- The first count, blind, by the cashier; by a supervisor when the shift was forgotten.
    counted_at     TEXT,
    counted_by     BLOB REFERENCES users (id),
    handed_over_at TEXT,
    -- The second count, blind, by the person who takes the money over.
    received_at    TEXT,
    received_by    BLOB REFERENCES users (id),
    closed_at      TEXT,
    closed_by      BLOB REFERENCES users (id),
    version        INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT till_shifts_steps CHECK ((state = 'open') = (closing_at IS NULL) AND (closing_at IS NULL) = (closing_by IS NULL)
        AND (counted_at IS NULL) = (counted_by IS NULL) AND (counted_at IS NULL OR state <> 'open')
        AND (handed_over_at IS NOT NULL) = (state IN ('handed_over', 'received', 'closed')) AND (handed_over_at IS NULL OR counted_at IS NOT NULL)
        AND (received_at IS NOT NULL) = (state IN ('received', 'closed')) AND (received_at IS NULL) = (received_by IS NULL)
        AND (closed_at IS NOT NULL) = (state = 'closed') AND (closed_at IS NULL) = (closed_by IS NULL)),
    CONSTRAINT till_shifts_second_person CHECK (received_by IS NULL OR (received_by <> counted_by AND received_by <> cashier_id))
) STRICT;
CREATE UNIQUE INDEX till_shifts_one_open ON till_shifts (cashier_id, clinic_id) WHERE state IN ('open', 'closing');
CREATE INDEX till_shifts_by_clinic ON till_shifts (clinic_id, opened_at);

-- Coins and notes: how many of each, at each count.
CREATE TABLE till_counts (
    shift_id     BLOB NOT NULL REFERENCES till_shifts (id),
    moment       TEXT NOT NULL CHECK (moment IN ('open', 'hand_over', 'receive')),
    denomination INTEGER NOT NULL CHECK (denomination > 0),
    pieces       INTEGER NOT NULL CHECK (pieces BETWEEN 1 AND 1000000),
    PRIMARY KEY (shift_id, moment, denomination)
) STRICT;

-- Expected and counted by method, as they were when the count was made; the reason of a difference is added at the hand-over.
CREATE TABLE till_results (
    shift_id   BLOB NOT NULL REFERENCES till_shifts (id),
    moment     TEXT NOT NULL CHECK (moment IN ('open', 'hand_over', 'receive')),
    method     TEXT NOT NULL CHECK (method IN ('cash', 'card', 'transfer')),
    expected   INTEGER NOT NULL,
    counted    INTEGER NOT NULL CHECK (counted >= 0),
    difference INTEGER GENERATED ALWAYS AS (counted - expected) STORED,
    reason     TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 300),
    PRIMARY KEY (shift_id, moment, method),
    CONSTRAINT till_results_of_a_count CHECK (moment <> 'open')
) STRICT;

-- Cash that moves other than by payments. A drop (to the safe) or transfer (to a colleague's till) leaves when it is sent, and is in
-- transit until the other side receives it.
CREATE TABLE cash_moves (
    id           BLOB PRIMARY KEY NOT NULL,
    shift_id     BLOB NOT NULL REFERENCES till_shifts (id),
    kind         TEXT NOT NULL CHECK (kind IN ('pay_in', 'pay_out', 'drop', 'transfer')),
    to_shift_id  BLOB REFERENCES till_shifts (id),
    amount       INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 1000000000000),
    -- The other person of a pay-in or pay-out, and why.
    party        TEXT NOT NULL DEFAULT '' CHECK (length(party) <= 100),
    reason       TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 300),
    state        TEXT NOT NULL CHECK (state IN ('sent', 'received', 'withdrawn')),
    sent_at      TEXT NOT NULL,
    sent_by      BLOB NOT NULL REFERENCES users (id),
    received_at  TEXT,
    received_by  BLOB REFERENCES users (id),
    withdrawn_at TEXT,
    CONSTRAINT cash_moves_to CHECK ((kind = 'transfer') = (to_shift_id IS NOT NULL) AND (to_shift_id IS NULL OR to_shift_id <> shift_id)),
    CONSTRAINT cash_moves_steps CHECK ((state = 'received') = (received_at IS NOT NULL) AND (received_at IS NULL) = (received_by IS NULL)
        AND (state = 'withdrawn') = (withdrawn_at IS NOT NULL) AND (kind IN ('drop', 'transfer') OR state = 'received')),
    CONSTRAINT cash_moves_second_person CHECK (kind IN ('pay_in', 'pay_out') OR received_by IS NULL OR received_by <> sent_by),
    CONSTRAINT cash_moves_told CHECK (kind NOT IN ('pay_in', 'pay_out') OR (party <> '' AND reason <> ''))
) STRICT;
CREATE INDEX cash_moves_by_shift ON cash_moves (shift_id, sent_at);
CREATE INDEX cash_moves_by_receiver ON cash_moves (to_shift_id) WHERE to_shift_id IS NOT NULL;
CREATE INDEX cash_moves_in_transit ON cash_moves (shift_id) WHERE state = 'sent';

-- Payments from before shifts have none. From now on the trigger below asks for an open one, and a payment's shift never changes: the
-- database accepts no other payment without a shift.
ALTER TABLE payments ADD COLUMN shift_id BLOB REFERENCES till_shifts (id);
CREATE INDEX payments_by_shift ON payments (shift_id) WHERE shift_id IS NOT NULL;

-- Money that entered and left a shift, by method.
CREATE VIEW till_entries AS
SELECT id AS shift_id, 'cash' AS method, 'float' AS kind, float_amount AS amount FROM till_shifts
UNION ALL SELECT shift_id, method, 'payment', tendered - change_given FROM payments WHERE shift_id IS NOT NULL
UNION ALL SELECT shift_id, 'cash', kind, amount FROM cash_moves WHERE kind = 'pay_in'
UNION ALL SELECT shift_id, 'cash', kind, -amount FROM cash_moves WHERE kind IN ('pay_out', 'drop', 'transfer') AND state <> 'withdrawn'
UNION ALL SELECT to_shift_id, 'cash', 'transfer_in', amount FROM cash_moves WHERE kind = 'transfer' AND state = 'received';

CREATE TRIGGER payments_in_shift BEFORE INSERT ON payments
WHEN NOT EXISTS (SELECT 1 FROM till_shifts s WHERE s.id = NEW.shift_id AND s.state = 'open' AND s.cashier_id = NEW.taken_by
    AND s.clinic_id = NEW.clinic_id)
BEGIN
    SELECT RAISE(ABORT, 'till_shift_not_open');
END;
CREATE TRIGGER payments_shift_kept BEFORE UPDATE OF shift_id ON payments
WHEN NEW.shift_id IS NOT OLD.shift_id
BEGIN
    SELECT RAISE(ABORT, 'payments_shift_kept');
END;

CREATE TRIGGER cash_moves_in_shift BEFORE INSERT ON cash_moves
WHEN NOT EXISTS (SELECT 1 FROM till_shifts s WHERE s.id = NEW.shift_id AND s.state = 'open')
    OR (NEW.to_shift_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM till_shifts s JOIN till_shifts f ON f.id = NEW.shift_id
        WHERE s.id = NEW.to_shift_id AND s.state = 'open' AND s.clinic_id = f.clinic_id))
BEGIN
    SELECT RAISE(ABORT, 'till_shift_not_open');
END;
CREATE TRIGGER cash_moves_covered BEFORE INSERT ON cash_moves
WHEN NEW.kind <> 'pay_in'
    AND NEW.amount > (SELECT coalesce(sum(e.amount), 0) FROM till_entries e WHERE e.shift_id = NEW.shift_id AND e.method = 'cash')
BEGIN
    SELECT RAISE(ABORT, 'till_cash_short');
END;
CREATE TRIGGER cash_moves_kept BEFORE UPDATE ON cash_moves
WHEN NOT (OLD.state = 'sent' AND NEW.state IN ('received', 'withdrawn') AND NEW.id IS OLD.id AND NEW.shift_id IS OLD.shift_id
    AND NEW.kind IS OLD.kind AND NEW.to_shift_id IS OLD.to_shift_id AND NEW.amount IS OLD.amount AND NEW.party IS OLD.party
    AND NEW.reason IS OLD.reason AND NEW.sent_at IS OLD.sent_at AND NEW.sent_by IS OLD.sent_by)
BEGIN
    SELECT RAISE(ABORT, 'cash_moves_kept');
END;
CREATE TRIGGER cash_moves_end_in_shift BEFORE UPDATE ON cash_moves
WHEN NOT EXISTS (SELECT 1 FROM till_shifts s WHERE s.id = coalesce(CASE WHEN NEW.state = 'received' THEN NEW.to_shift_id END, NEW.shift_id)
    AND s.state = 'open')
BEGIN
    SELECT RAISE(ABORT, 'till_shift_not_open');
END;
CREATE TRIGGER cash_moves_kept_delete BEFORE DELETE ON cash_moves
BEGIN
    SELECT RAISE(ABORT, 'cash_moves_kept');
END;

CREATE TRIGGER till_shifts_step BEFORE UPDATE ON till_shifts
WHEN NOT (NEW.id IS OLD.id AND NEW.clinic_id IS OLD.clinic_id AND NEW.cashier_id IS OLD.cashier_id AND NEW.float_amount IS OLD.float_amount
    AND NEW.opened_at IS OLD.opened_at AND OLD.state <> 'closed'
    AND (NEW.state = OLD.state
        OR (OLD.state = 'open' AND NEW.state = 'closing')
        OR (OLD.state = 'closing' AND NEW.state = 'open' AND OLD.counted_at IS NULL)
        OR (OLD.state = 'closing' AND NEW.state = 'handed_over')
        OR (OLD.state = 'handed_over' AND NEW.state = 'received')
        OR (OLD.state = 'received' AND NEW.state = 'closed'))
    AND (OLD.counted_at IS NULL OR (NEW.counted_at IS OLD.counted_at AND NEW.counted_by IS OLD.counted_by))
    AND (OLD.received_at IS NULL OR (NEW.received_at IS OLD.received_at AND NEW.received_by IS OLD.received_by)))
BEGIN
    SELECT RAISE(ABORT, 'till_shift_step');
END;
CREATE TRIGGER till_shifts_in_transit BEFORE UPDATE ON till_shifts
WHEN OLD.state = 'open' AND NEW.state = 'closing'
    AND EXISTS (SELECT 1 FROM cash_moves m WHERE m.state = 'sent' AND (m.shift_id = NEW.id OR m.to_shift_id = NEW.id))
BEGIN
    SELECT RAISE(ABORT, 'till_cash_in_transit');
END;
CREATE TRIGGER till_shifts_explained BEFORE UPDATE ON till_shifts
WHEN OLD.state = 'closing' AND NEW.state = 'handed_over'
    AND EXISTS (SELECT 1 FROM till_results r WHERE r.shift_id = NEW.id AND r.moment = 'hand_over' AND r.difference <> 0 AND r.reason = '')
BEGIN
    SELECT RAISE(ABORT, 'till_difference_unexplained');
END;
CREATE TRIGGER till_shifts_opened BEFORE INSERT ON till_shifts
WHEN NEW.state <> 'open'
BEGIN
    SELECT RAISE(ABORT, 'till_shift_step');
END;
CREATE TRIGGER till_shifts_kept BEFORE DELETE ON till_shifts
BEGIN
    SELECT RAISE(ABORT, 'till_shift_step');
END;

-- A count is made once, in its own step of the shift, and never changes.
CREATE TRIGGER till_counts_in_step BEFORE INSERT ON till_counts
WHEN NOT EXISTS (SELECT 1 FROM till_shifts s WHERE s.id = NEW.shift_id AND s.state = CASE NEW.moment WHEN 'open' THEN 'open'
    WHEN 'hand_over' THEN 'closing' ELSE 'handed_over' END AND (NEW.moment <> 'hand_over' OR s.counted_at IS NULL))
BEGIN
    SELECT RAISE(ABORT, 'till_counts_kept');
END;
CREATE TRIGGER till_counts_kept BEFORE UPDATE ON till_counts
BEGIN
    SELECT RAISE(ABORT, 'till_counts_kept');
END;
CREATE TRIGGER till_counts_kept_delete BEFORE DELETE ON till_counts
BEGIN
    SELECT RAISE(ABORT, 'till_counts_kept');
END;
CREATE TRIGGER till_results_in_step BEFORE INSERT ON till_results
WHEN NOT EXISTS (SELECT 1 FROM till_shifts s WHERE s.id = NEW.shift_id
    AND s.state = CASE NEW.moment WHEN 'hand_over' THEN 'closing' ELSE 'handed_over' END AND (NEW.moment <> 'hand_over' OR s.counted_at IS NULL))
BEGIN
    SELECT RAISE(ABORT, 'till_counts_kept');
END;
CREATE TRIGGER till_results_kept BEFORE UPDATE ON till_results
WHEN NOT (NEW.shift_id IS OLD.shift_id AND NEW.moment IS OLD.moment AND NEW.method IS OLD.method AND NEW.expected IS OLD.expected
    AND NEW.counted IS OLD.counted AND OLD.reason = '')
BEGIN
    SELECT RAISE(ABORT, 'till_counts_kept');
END;
CREATE TRIGGER till_results_kept_delete BEFORE DELETE ON till_results
BEGIN
    SELECT RAISE(ABORT, 'till_counts_kept');
END;

-- The role of the accountant. The list of roles is a CHECK, so the table is written again.
CREATE TABLE user_roles_before AS SELECT * FROM user_roles;
DROP TABLE user_roles;
CREATE TABLE user_roles (
    user_id    BLOB NOT NULL REFERENCES users (id),
    role       TEXT NOT NULL CHECK (role IN ('patient', 'receptionist', 'nurse', 'doctor', 'lab', 'radiology', 'pharmacist',
                   'cashier', 'accountant', 'storekeeper', 'ward_manager', 'administrator', 'auditor')),
    clinic_id  BLOB REFERENCES clinics (id),
    granted_at TEXT NOT NULL,
    granted_by BLOB NOT NULL REFERENCES users (id)
) STRICT;
INSERT INTO user_roles (user_id, role, clinic_id, granted_at, granted_by)
SELECT user_id, role, clinic_id, granted_at, granted_by FROM user_roles_before;
DROP TABLE user_roles_before;
CREATE UNIQUE INDEX user_roles_everywhere ON user_roles (user_id, role) WHERE clinic_id IS NULL;
CREATE UNIQUE INDEX user_roles_at_clinic ON user_roles (user_id, role, clinic_id) WHERE clinic_id IS NOT NULL;
CREATE INDEX user_roles_by_user ON user_roles (user_id);
CREATE INDEX user_roles_by_role ON user_roles (role, user_id);
CREATE INDEX user_roles_by_clinic ON user_roles (clinic_id) WHERE clinic_id IS NOT NULL;
CREATE TRIGGER user_roles_credentials_insert AFTER INSERT ON user_roles
BEGIN
    UPDATE users SET credentials_version = credentials_version + 1 WHERE id = NEW.user_id;
END;
CREATE TRIGGER user_roles_credentials_update AFTER UPDATE ON user_roles
BEGIN
    UPDATE users SET credentials_version = credentials_version + 1 WHERE id = NEW.user_id;
END;
CREATE TRIGGER user_roles_credentials_delete AFTER DELETE ON user_roles
BEGIN
    UPDATE users SET credentials_version = credentials_version + 1 WHERE id = OLD.user_id;
END;
CREATE TRIGGER user_roles_last_administrator_delete AFTER DELETE ON user_roles
WHEN OLD.role = 'administrator' AND OLD.clinic_id IS NULL
    AND EXISTS (SELECT 1 FROM users u WHERE u.id = OLD.user_id AND u.status = 'active' AND u.password_hash IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM user_roles r JOIN users u ON u.id = r.user_id WHERE r.role = 'administrator' AND r.clinic_id IS NULL
        AND u.status = 'active' AND u.password_hash IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'last_administrator');
END;
CREATE TRIGGER user_roles_last_administrator_update AFTER UPDATE ON user_roles
WHEN OLD.role = 'administrator' AND OLD.clinic_id IS NULL
    AND EXISTS (SELECT 1 FROM users u WHERE u.id = OLD.user_id AND u.status = 'active' AND u.password_hash IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM user_roles r JOIN users u ON u.id = r.user_id WHERE r.role = 'administrator' AND r.clinic_id IS NULL
        AND u.status = 'active' AND u.password_hash IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'last_administrator');
END;
