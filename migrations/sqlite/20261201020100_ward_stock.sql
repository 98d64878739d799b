-- Stock of wards: the level up to which an item is filled, what a ward asks for, and goods on the way. Goods on the way lie in a storeroom of their
-- own, so that nothing leaves the ledger between two storerooms.
ALTER TABLE store_items ADD COLUMN par_level INTEGER NOT NULL DEFAULT 0 CHECK (par_level BETWEEN 0 AND 1000000000);
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''theatre'', ''quarantine'')', '''theatre'', ''quarantine'', ''transit'')')
WHERE type = 'table' AND name = 'storerooms';
PRAGMA writable_schema = RESET;
CREATE UNIQUE INDEX storerooms_one_transit ON storerooms (clinic_id) WHERE kind = 'transit';

-- The goods that a ward asks for.
CREATE TABLE ward_requisitions (
    id           BLOB PRIMARY KEY NOT NULL,
    clinic_id    BLOB NOT NULL REFERENCES clinics (id),
    store_id     BLOB NOT NULL REFERENCES storerooms (id),
    state        TEXT NOT NULL CHECK (state IN ('draft', 'submitted', 'part_issued', 'issued', 'rejected', 'cancelled')),
    note         TEXT NOT NULL DEFAULT '' CHECK (length(note) <= 500),
    created_at   TEXT NOT NULL,
    created_by   BLOB NOT NULL REFERENCES users (id),
    submitted_at TEXT,
    submitted_by BLOB REFERENCES users (id),
    ended_at     TEXT,
    ended_by     BLOB REFERENCES users (id),
    -- The reason for a rejection.
    reason       TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    version      INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    CONSTRAINT ward_requisitions_submitted CHECK ((submitted_at IS NULL) = (submitted_by IS NULL)
        AND (state <> 'draft' OR submitted_at IS NULL) AND (state = 'draft' OR state = 'cancelled' OR submitted_at IS NOT NULL)),
    CONSTRAINT ward_requisitions_ended CHECK ((ended_at IS NULL) = (ended_by IS NULL)
        AND (ended_at IS NULL) = (state = 'draft' OR state = 'submitted' OR state = 'part_issued')
        AND (state <> 'rejected' OR length(trim(reason)) > 0))
) STRICT;
CREATE INDEX ward_requisitions_open ON ward_requisitions (clinic_id, created_at) WHERE state = 'draft' OR state = 'submitted' OR state = 'part_issued';
CREATE INDEX ward_requisitions_by_clinic ON ward_requisitions (clinic_id, created_at);
CREATE INDEX ward_requisitions_by_store ON ward_requisitions (store_id);
CREATE TABLE ward_requisition_lines (
    id             BLOB PRIMARY KEY NOT NULL,
    requisition_id BLOB NOT NULL REFERENCES ward_requisitions (id),
    item_id        BLOB NOT NULL REFERENCES stock_items (id),
    wanted         INTEGER NOT NULL CHECK (wanted BETWEEN 1 AND 100000),
    -- The units that were picked for it.
    issued         INTEGER NOT NULL DEFAULT 0,
    UNIQUE (requisition_id, item_id),
    CONSTRAINT ward_requisition_lines_not_over CHECK (issued BETWEEN 0 AND wanted)
) STRICT;
CREATE INDEX ward_requisition_lines_by_item ON ward_requisition_lines (item_id);

-- Goods that are sent from one storeroom to another. They are received by another person than the sender.
CREATE TABLE stock_transfers (
    id             BLOB PRIMARY KEY NOT NULL,
    clinic_id      BLOB NOT NULL REFERENCES clinics (id),
    from_id        BLOB NOT NULL REFERENCES storerooms (id),
    to_id          BLOB NOT NULL REFERENCES storerooms (id),
    requisition_id BLOB REFERENCES ward_requisitions (id),
    state          TEXT NOT NULL CHECK (state IN ('picked', 'in_transit', 'received', 'difference', 'called_back')),
    created_at     TEXT NOT NULL,
    created_by     BLOB NOT NULL REFERENCES users (id),
    sent_at        TEXT,
    sent_by        BLOB REFERENCES users (id),
    received_at    TEXT,
    received_by    BLOB REFERENCES users (id),
    -- The explanation of a difference, or the reason for calling back.
    explanation    TEXT NOT NULL DEFAULT '' CHECK (length(explanation) <= 500),
    ended_at       TEXT,
    ended_by       BLOB REFERENCES users (id),
    version        INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    CONSTRAINT stock_transfers_rooms CHECK (from_id <> to_id),
    CONSTRAINT stock_transfers_sent CHECK ((sent_at IS NULL) = (sent_by IS NULL) AND (state <> 'picked' OR sent_at IS NULL)
        AND (state = 'picked' OR state = 'called_back' OR sent_at IS NOT NULL)),
    CONSTRAINT stock_transfers_received CHECK ((received_at IS NULL) = (received_by IS NULL)
        AND (received_at IS NOT NULL) = (state = 'received' OR state = 'difference')),
    CONSTRAINT stock_transfers_two_people CHECK (received_by <> sent_by),
    CONSTRAINT stock_transfers_ended CHECK ((ended_at IS NULL) = (ended_by IS NULL) AND (ended_at IS NOT NULL) = (state = 'received' OR state = 'called_back'))
) STRICT;
CREATE INDEX stock_transfers_open ON stock_transfers (clinic_id, created_at) WHERE state = 'picked' OR state = 'in_transit' OR state = 'difference';
CREATE INDEX stock_transfers_by_clinic ON stock_transfers (clinic_id, created_at);
CREATE INDEX stock_transfers_by_from ON stock_transfers (from_id);
CREATE INDEX stock_transfers_by_to ON stock_transfers (to_id);
CREATE INDEX stock_transfers_by_requisition ON stock_transfers (requisition_id) WHERE requisition_id IS NOT NULL;
-- The part of a transfer that comes from one batch. While it is picked all four numbers are zero; then they are its quantity together.
CREATE TABLE stock_transfer_lines (
    id                  BLOB PRIMARY KEY NOT NULL,
    transfer_id         BLOB NOT NULL REFERENCES stock_transfers (id),
    requisition_line_id BLOB REFERENCES ward_requisition_lines (id),
    item_id             BLOB NOT NULL,
    batch_id            BLOB NOT NULL,
    quantity            INTEGER NOT NULL CHECK (quantity >= 1),
    in_transit          INTEGER NOT NULL DEFAULT 0 CHECK (in_transit >= 0),
    received            INTEGER NOT NULL DEFAULT 0 CHECK (received >= 0),
    lost                INTEGER NOT NULL DEFAULT 0 CHECK (lost >= 0),
    returned            INTEGER NOT NULL DEFAULT 0 CHECK (returned >= 0),
    FOREIGN KEY (batch_id, item_id) REFERENCES stock_batches (id, item_id),
    CONSTRAINT stock_transfer_lines_sum CHECK (in_transit + received + lost + returned = 0 OR in_transit + received + lost + returned = quantity)
) STRICT;
CREATE INDEX stock_transfer_lines_in_order ON stock_transfer_lines (transfer_id);
CREATE INDEX stock_transfer_lines_by_batch ON stock_transfer_lines (batch_id);
CREATE INDEX stock_transfer_lines_on_the_way ON stock_transfer_lines (item_id, in_transit);
CREATE INDEX stock_transfer_lines_by_wanted ON stock_transfer_lines (requisition_line_id) WHERE requisition_line_id IS NOT NULL;

CREATE TRIGGER ward_requisitions_moves BEFORE UPDATE ON ward_requisitions
WHEN (NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('draft>submitted', 'draft>cancelled', 'submitted>part_issued', 'submitted>issued',
    'submitted>rejected', 'submitted>cancelled', 'part_issued>issued', 'part_issued>cancelled')) OR NEW.version <> OLD.version + 1
    OR (NEW.id, NEW.clinic_id, NEW.store_id, NEW.created_at, NEW.created_by) IS NOT (OLD.id, OLD.clinic_id, OLD.store_id, OLD.created_at, OLD.created_by)
    OR OLD.state IN ('issued', 'rejected', 'cancelled')
BEGIN
    SELECT RAISE(ABORT, 'ward_requisitions_moves');
END;
CREATE TRIGGER ward_requisitions_kept BEFORE DELETE ON ward_requisitions
BEGIN
    SELECT RAISE(ABORT, 'ward_requisitions_moves');
END;
-- The lines are those that were submitted.
CREATE TRIGGER ward_requisition_lines_added BEFORE INSERT ON ward_requisition_lines
WHEN NOT EXISTS (SELECT 1 FROM ward_requisitions r WHERE r.id = NEW.requisition_id AND r.state = 'draft')
BEGIN
    SELECT RAISE(ABORT, 'ward_requisition_lines_fixed');
END;
CREATE TRIGGER ward_requisition_lines_fixed BEFORE UPDATE ON ward_requisition_lines
WHEN (NEW.id, NEW.requisition_id, NEW.item_id) IS NOT (OLD.id, OLD.requisition_id, OLD.item_id)
    OR (NEW.wanted <> OLD.wanted AND NOT EXISTS (SELECT 1 FROM ward_requisitions r WHERE r.id = OLD.requisition_id AND r.state = 'draft'))
BEGIN
    SELECT RAISE(ABORT, 'ward_requisition_lines_fixed');
END;
CREATE TRIGGER ward_requisition_lines_kept BEFORE DELETE ON ward_requisition_lines
WHEN NOT EXISTS (SELECT 1 FROM ward_requisitions r WHERE r.id = OLD.requisition_id AND r.state = 'draft')
BEGIN
    SELECT RAISE(ABORT, 'ward_requisition_lines_fixed');
END;
CREATE TRIGGER stock_transfers_moves BEFORE UPDATE ON stock_transfers
WHEN (NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('picked>in_transit', 'picked>called_back', 'in_transit>received', 'in_transit>difference',
    'in_transit>called_back', 'difference>received')) OR NEW.version <> OLD.version + 1
    OR (NEW.id, NEW.clinic_id, NEW.from_id, NEW.to_id, NEW.requisition_id, NEW.created_at, NEW.created_by)
    IS NOT (OLD.id, OLD.clinic_id, OLD.from_id, OLD.to_id, OLD.requisition_id, OLD.created_at, OLD.created_by)
    OR OLD.state IN ('received', 'called_back')
BEGIN
    SELECT RAISE(ABORT, 'stock_transfers_moves');
END;
CREATE TRIGGER stock_transfers_kept BEFORE DELETE ON stock_transfers
BEGIN
    SELECT RAISE(ABORT, 'stock_transfers_moves');
END;
CREATE TRIGGER stock_transfer_lines_fixed BEFORE UPDATE ON stock_transfer_lines
WHEN (NEW.id, NEW.transfer_id, NEW.requisition_line_id, NEW.item_id, NEW.batch_id, NEW.quantity)
    IS NOT (OLD.id, OLD.transfer_id, OLD.requisition_line_id, OLD.item_id, OLD.batch_id, OLD.quantity)
    OR NEW.received < OLD.received OR NEW.lost < OLD.lost OR NEW.returned < OLD.returned
BEGIN
    SELECT RAISE(ABORT, 'stock_transfer_lines_fixed');
END;
CREATE TRIGGER stock_transfer_lines_kept BEFORE DELETE ON stock_transfer_lines
BEGIN
    SELECT RAISE(ABORT, 'stock_transfer_lines_fixed');
END;
-- A transfer is settled when nothing of it is on the way.
CREATE TRIGGER stock_transfers_settled BEFORE UPDATE OF state ON stock_transfers
WHEN NEW.state IN ('received', 'called_back') AND EXISTS (SELECT 1 FROM stock_transfer_lines t WHERE t.transfer_id = NEW.id AND t.in_transit > 0)
BEGIN
    SELECT RAISE(ABORT, 'stock_transfers_settled');
END;
-- The storeroom of goods on the way holds of each batch what the transfers of its clinic have on the way.
CREATE TRIGGER stock_in_transit BEFORE INSERT ON stock_movements
WHEN EXISTS (SELECT 1 FROM stock_lines l JOIN storerooms s ON s.id = l.store_id WHERE l.id = NEW.line_id AND s.kind = 'transit'
    AND NEW.on_hand_after <> (SELECT coalesce(sum(t.in_transit), 0) FROM stock_transfer_lines t JOIN stock_transfers x ON x.id = t.transfer_id
        WHERE t.batch_id = l.batch_id AND x.clinic_id = s.clinic_id))
BEGIN
    SELECT RAISE(ABORT, 'stock_in_transit');
END;
