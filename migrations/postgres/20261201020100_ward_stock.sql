-- Stock of wards: the level up to which an item is filled, what a ward asks for, and goods on the way. Goods on the way lie in a storeroom of their
-- own, so that nothing leaves the ledger between two storerooms.
ALTER TABLE store_items ADD COLUMN par_level BIGINT NOT NULL DEFAULT 0 CHECK (par_level BETWEEN 0 AND 1000000000);
ALTER TABLE storerooms DROP CONSTRAINT storerooms_kind_check, ADD CONSTRAINT storerooms_kind_check
    CHECK (kind IN ('main', 'pharmacy', 'ward', 'theatre', 'quarantine', 'transit'));
CREATE UNIQUE INDEX storerooms_one_transit ON storerooms (clinic_id) WHERE kind = 'transit';

-- The goods that a ward asks for.
CREATE TABLE ward_requisitions (
    id           UUID PRIMARY KEY NOT NULL,
    clinic_id    UUID NOT NULL REFERENCES clinics (id),
    store_id     UUID NOT NULL REFERENCES storerooms (id),
    state        TEXT NOT NULL CHECK (state IN ('draft', 'submitted', 'part_issued', 'issued', 'rejected', 'cancelled')),
    note         TEXT NOT NULL DEFAULT '' CHECK (length(note) <= 500),
    created_at   TIMESTAMPTZ NOT NULL,
    created_by   UUID NOT NULL REFERENCES users (id),
    submitted_at TIMESTAMPTZ,
    submitted_by UUID REFERENCES users (id),
    ended_at     TIMESTAMPTZ,
    ended_by     UUID REFERENCES users (id),
    -- The reason for a rejection.
    reason       TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    version      BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    CONSTRAINT ward_requisitions_submitted CHECK ((submitted_at IS NULL) = (submitted_by IS NULL)
        AND (state <> 'draft' OR submitted_at IS NULL) AND (state = 'draft' OR state = 'cancelled' OR submitted_at IS NOT NULL)),
    CONSTRAINT ward_requisitions_ended CHECK ((ended_at IS NULL) = (ended_by IS NULL)
        AND (ended_at IS NULL) = (state = 'draft' OR state = 'submitted' OR state = 'part_issued')
        AND (state <> 'rejected' OR length(trim(reason)) > 0))
);
CREATE INDEX ward_requisitions_open ON ward_requisitions (clinic_id, created_at) WHERE state = 'draft' OR state = 'submitted' OR state = 'part_issued';
CREATE INDEX ward_requisitions_by_clinic ON ward_requisitions (clinic_id, created_at);
CREATE INDEX ward_requisitions_by_store ON ward_requisitions (store_id);
CREATE TABLE ward_requisition_lines (
    id             UUID PRIMARY KEY NOT NULL,
    requisition_id UUID NOT NULL REFERENCES ward_requisitions (id),
    item_id        UUID NOT NULL REFERENCES stock_items (id),
    wanted         BIGINT NOT NULL CHECK (wanted BETWEEN 1 AND 100000),
    -- The units that were picked for it.
    issued         BIGINT NOT NULL DEFAULT 0,
    UNIQUE (requisition_id, item_id),
    CONSTRAINT ward_requisition_lines_not_over CHECK (issued BETWEEN 0 AND wanted)
);
CREATE INDEX ward_requisition_lines_by_item ON ward_requisition_lines (item_id);

-- Goods that are sent from one storeroom to another. They are received by another person than the sender.
CREATE TABLE stock_transfers (
    id             UUID PRIMARY KEY NOT NULL,
    clinic_id      UUID NOT NULL REFERENCES clinics (id),
    from_id        UUID NOT NULL REFERENCES storerooms (id),
    to_id          UUID NOT NULL REFERENCES storerooms (id),
    requisition_id UUID REFERENCES ward_requisitions (id),
    state          TEXT NOT NULL CHECK (state IN ('picked', 'in_transit', 'received', 'difference', 'called_back')),
    created_at     TIMESTAMPTZ NOT NULL,
    created_by     UUID NOT NULL REFERENCES users (id),
    sent_at        TIMESTAMPTZ,
    sent_by        UUID REFERENCES users (id),
    received_at    TIMESTAMPTZ,
    received_by    UUID REFERENCES users (id),
    -- The explanation of a difference, or the reason for calling back.
    explanation    TEXT NOT NULL DEFAULT '' CHECK (length(explanation) <= 500),
    ended_at       TIMESTAMPTZ,
    ended_by       UUID REFERENCES users (id),
    version        BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    CONSTRAINT stock_transfers_rooms CHECK (from_id <> to_id),
    CONSTRAINT stock_transfers_sent CHECK ((sent_at IS NULL) = (sent_by IS NULL) AND (state <> 'picked' OR sent_at IS NULL)
        AND (state = 'picked' OR state = 'called_back' OR sent_at IS NOT NULL)),
    CONSTRAINT stock_transfers_received CHECK ((received_at IS NULL) = (received_by IS NULL)
        AND (received_at IS NOT NULL) = (state = 'received' OR state = 'difference')),
    CONSTRAINT stock_transfers_two_people CHECK (received_by <> sent_by),
    CONSTRAINT stock_transfers_ended CHECK ((ended_at IS NULL) = (ended_by IS NULL) AND (ended_at IS NOT NULL) = (state = 'received' OR state = 'called_back'))
);
CREATE INDEX stock_transfers_open ON stock_transfers (clinic_id, created_at) WHERE state = 'picked' OR state = 'in_transit' OR state = 'difference';
CREATE INDEX stock_transfers_by_clinic ON stock_transfers (clinic_id, created_at);
CREATE INDEX stock_transfers_by_from ON stock_transfers (from_id);
CREATE INDEX stock_transfers_by_to ON stock_transfers (to_id);
CREATE INDEX stock_transfers_by_requisition ON stock_transfers (requisition_id) WHERE requisition_id IS NOT NULL;
-- The part of a transfer that comes from one batch. While it is picked all four numbers are zero; then they are its quantity together.
CREATE TABLE stock_transfer_lines (
    id                  UUID PRIMARY KEY NOT NULL,
    transfer_id         UUID NOT NULL REFERENCES stock_transfers (id),
    requisition_line_id UUID REFERENCES ward_requisition_lines (id),
    item_id             UUID NOT NULL,
    batch_id            UUID NOT NULL,
    quantity            BIGINT NOT NULL CHECK (quantity >= 1),
    in_transit          BIGINT NOT NULL DEFAULT 0 CHECK (in_transit >= 0),
    received            BIGINT NOT NULL DEFAULT 0 CHECK (received >= 0),
    lost                BIGINT NOT NULL DEFAULT 0 CHECK (lost >= 0),
    returned            BIGINT NOT NULL DEFAULT 0 CHECK (returned >= 0),
    FOREIGN KEY (batch_id, item_id) REFERENCES stock_batches (id, item_id),
    CONSTRAINT stock_transfer_lines_sum CHECK (in_transit + received + lost + returned = 0 OR in_transit + received + lost + returned = quantity)
);
CREATE INDEX stock_transfer_lines_in_order ON stock_transfer_lines (transfer_id);
CREATE INDEX stock_transfer_lines_by_batch ON stock_transfer_lines (batch_id);
CREATE INDEX stock_transfer_lines_on_the_way ON stock_transfer_lines (item_id, in_transit);
CREATE INDEX stock_transfer_lines_by_wanted ON stock_transfer_lines (requisition_line_id) WHERE requisition_line_id IS NOT NULL;

REVOKE DELETE, TRUNCATE ON ward_requisitions, stock_transfers, stock_transfer_lines FROM infirmary_app;
CREATE TRIGGER ward_requisitions_moves BEFORE UPDATE ON ward_requisitions FOR EACH ROW
WHEN ((NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('draft>submitted', 'draft>cancelled', 'submitted>part_issued', 'submitted>issued',
    'submitted>rejected', 'submitted>cancelled', 'part_issued>issued', 'part_issued>cancelled')) OR NEW.version <> OLD.version + 1
    OR (NEW.id, NEW.clinic_id, NEW.store_id, NEW.created_at, NEW.created_by)
    IS DISTINCT FROM (OLD.id, OLD.clinic_id, OLD.store_id, OLD.created_at, OLD.created_by)
    OR OLD.state IN ('issued', 'rejected', 'cancelled'))
EXECUTE FUNCTION row_fixed('ward_requisitions_moves');
CREATE TRIGGER ward_requisitions_kept BEFORE DELETE ON ward_requisitions FOR EACH ROW EXECUTE FUNCTION row_fixed('ward_requisitions_moves');
-- The lines are those that were submitted.
CREATE FUNCTION ward_requisition_lines_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_draft boolean := EXISTS (SELECT 1 FROM ward_requisitions r
        WHERE r.id = CASE TG_OP WHEN 'INSERT' THEN NEW.requisition_id ELSE OLD.requisition_id END AND r.state = 'draft');
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.id, NEW.requisition_id, NEW.item_id) IS DISTINCT FROM (OLD.id, OLD.requisition_id, OLD.item_id)
            OR (NEW.wanted <> OLD.wanted AND NOT is_draft) THEN
            PERFORM refuse('ward_requisition_lines_fixed');
        END IF;
        RETURN NEW;
    END IF;
    IF NOT is_draft THEN
        PERFORM refuse('ward_requisition_lines_fixed');
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ward_requisition_lines_fixed BEFORE INSERT OR UPDATE OR DELETE ON ward_requisition_lines FOR EACH ROW
EXECUTE FUNCTION ward_requisition_lines_fixed();
CREATE TRIGGER stock_transfers_moves BEFORE UPDATE ON stock_transfers FOR EACH ROW
WHEN ((NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('picked>in_transit', 'picked>called_back', 'in_transit>received', 'in_transit>difference',
    'in_transit>called_back', 'difference>received')) OR NEW.version <> OLD.version + 1
    OR (NEW.id, NEW.clinic_id, NEW.from_id, NEW.to_id, NEW.requisition_id, NEW.created_at, NEW.created_by)
    IS DISTINCT FROM (OLD.id, OLD.clinic_id, OLD.from_id, OLD.to_id, OLD.requisition_id, OLD.created_at, OLD.created_by)
    OR OLD.state IN ('received', 'called_back'))
EXECUTE FUNCTION row_fixed('stock_transfers_moves');
CREATE TRIGGER stock_transfers_kept BEFORE DELETE ON stock_transfers FOR EACH ROW EXECUTE FUNCTION row_fixed('stock_transfers_moves');
CREATE TRIGGER stock_transfer_lines_fixed BEFORE UPDATE ON stock_transfer_lines FOR EACH ROW
WHEN ((NEW.id, NEW.transfer_id, NEW.requisition_line_id, NEW.item_id, NEW.batch_id, NEW.quantity)
    IS DISTINCT FROM (OLD.id, OLD.transfer_id, OLD.requisition_line_id, OLD.item_id, OLD.batch_id, OLD.quantity)
    OR NEW.received < OLD.received OR NEW.lost < OLD.lost OR NEW.returned < OLD.returned)
EXECUTE FUNCTION row_fixed('stock_transfer_lines_fixed');
CREATE TRIGGER stock_transfer_lines_kept BEFORE DELETE ON stock_transfer_lines FOR EACH ROW EXECUTE FUNCTION row_fixed('stock_transfer_lines_fixed');
-- A transfer is settled when nothing of it is on the way.
CREATE FUNCTION stock_transfers_settled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM stock_transfer_lines t WHERE t.transfer_id = NEW.id AND t.in_transit > 0) THEN
        PERFORM refuse('stock_transfers_settled');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stock_transfers_settled BEFORE UPDATE OF state ON stock_transfers FOR EACH ROW
WHEN (NEW.state = 'received' OR NEW.state = 'called_back') EXECUTE FUNCTION stock_transfers_settled();
-- The storeroom of goods on the way holds of each batch what the transfers of its clinic have on the way.
CREATE FUNCTION stock_in_transit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM stock_lines l JOIN storerooms s ON s.id = l.store_id WHERE l.id = NEW.line_id AND s.kind = 'transit'
        AND NEW.on_hand_after <> (SELECT coalesce(sum(t.in_transit), 0) FROM stock_transfer_lines t JOIN stock_transfers x ON x.id = t.transfer_id
            WHERE t.batch_id = l.batch_id AND x.clinic_id = s.clinic_id)) THEN
        PERFORM refuse('stock_in_transit');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stock_in_transit BEFORE INSERT ON stock_movements FOR EACH ROW EXECUTE FUNCTION stock_in_transit();
