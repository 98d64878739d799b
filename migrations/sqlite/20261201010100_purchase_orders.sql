-- Purchase requests and purchase orders. Quantities are units of the item; a price is minor units of the currency for `price_per` units.
CREATE TABLE purchase_orders (
    id          BLOB PRIMARY KEY NOT NULL,
    -- "MAIN-P26-000123": the clinic's code, the year, and the number in the series of both.
    number      TEXT NOT NULL CONSTRAINT purchase_orders_number UNIQUE CHECK (length(number) BETWEEN 1 AND 60),
    clinic_id   BLOB NOT NULL REFERENCES clinics (id),
    -- The storeroom to which the goods come.
    store_id    BLOB NOT NULL REFERENCES storerooms (id),
    supplier_id BLOB NOT NULL REFERENCES suppliers (id),
    state       TEXT NOT NULL CHECK (state IN ('draft', 'approved', 'sent', 'part_received', 'received', 'cancelled')),
    note        TEXT NOT NULL DEFAULT '' CHECK (length(note) <= 500),
    -- Why the rest was cancelled.
    reason      TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    created_at  TEXT NOT NULL,
    created_by  BLOB NOT NULL REFERENCES users (id),
    approved_at TEXT,
    approved_by BLOB REFERENCES users (id),
    sent_at     TEXT,
    sent_by     BLOB REFERENCES users (id),
    -- When all had come, or the rest was cancelled.
    ended_at    TEXT,
    ended_by    BLOB REFERENCES users (id),
    version     INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    CONSTRAINT purchase_orders_two_people CHECK (approved_by <> created_by),
    CONSTRAINT purchase_orders_approved CHECK ((approved_at IS NULL) = (approved_by IS NULL) AND (state = 'cancelled'
        OR (approved_at IS NOT NULL) = (state <> 'draft'))),
    CONSTRAINT purchase_orders_sent CHECK ((sent_at IS NULL) = (sent_by IS NULL) AND (sent_at IS NULL OR approved_at IS NOT NULL)
        AND (state = 'cancelled' OR (sent_at IS NOT NULL) = (state IN ('sent', 'part_received', 'received')))),
    CONSTRAINT purchase_orders_ended CHECK ((ended_at IS NULL) = (ended_by IS NULL) AND (ended_at IS NOT NULL) = (state IN ('received', 'cancelled'))),
    CONSTRAINT purchase_orders_reasoned CHECK ((state = 'cancelled') = (length(trim(reason)) > 0))
) STRICT;
CREATE INDEX purchase_orders_open ON purchase_orders (clinic_id, created_at) WHERE state IN ('draft', 'approved', 'sent', 'part_received');
CREATE INDEX purchase_orders_by_clinic ON purchase_orders (clinic_id, created_at);
CREATE INDEX purchase_orders_by_store ON purchase_orders (store_id, state);
CREATE INDEX purchase_orders_by_supplier ON purchase_orders (supplier_id, ended_at);

CREATE TABLE purchase_order_lines (
    id           BLOB PRIMARY KEY NOT NULL,
    order_id     BLOB NOT NULL REFERENCES purchase_orders (id),
    item_id      BLOB NOT NULL REFERENCES stock_items (id),
    ordered      INTEGER NOT NULL CHECK (ordered BETWEEN 1 AND 100000000),
    price        INTEGER NOT NULL CHECK (price BETWEEN 0 AND 1000000000000),
    price_per    INTEGER NOT NULL CHECK (price_per BETWEEN 1 AND 100000),
    -- Percent that may come above the order: the supplier's when the line was written.
    tolerance    INTEGER NOT NULL DEFAULT 0 CHECK (tolerance BETWEEN 0 AND 20),
    -- The sums of its receipts: units, and units above the tolerance that a second person approved.
    received     INTEGER NOT NULL DEFAULT 0 CHECK (received >= 0),
    over_allowed INTEGER NOT NULL DEFAULT 0 CHECK (over_allowed >= 0),
    CONSTRAINT purchase_lines_one_item UNIQUE (order_id, item_id),
    CONSTRAINT purchase_lines_not_above CHECK (received <= ordered + ordered * tolerance / 100 + over_allowed)
) STRICT;
CREATE INDEX purchase_order_lines_by_item ON purchase_order_lines (item_id);

-- An item that somebody asks to buy for a storeroom.
CREATE TABLE purchase_requests (
    id           BLOB PRIMARY KEY NOT NULL,
    clinic_id    BLOB NOT NULL REFERENCES clinics (id),
    store_id     BLOB NOT NULL REFERENCES storerooms (id),
    item_id      BLOB NOT NULL REFERENCES stock_items (id),
    quantity     INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 100000000),
    reason       TEXT NOT NULL CHECK (length(trim(reason)) BETWEEN 1 AND 500),
    state        TEXT NOT NULL CHECK (state IN ('submitted', 'approved', 'ordered', 'rejected', 'cancelled')),
    order_id     BLOB REFERENCES purchase_orders (id),
    requested_at TEXT NOT NULL,
    requested_by BLOB NOT NULL REFERENCES users (id),
    decided_at   TEXT,
    decided_by   BLOB REFERENCES users (id),
    CONSTRAINT purchase_requests_two_people CHECK (state NOT IN ('approved', 'ordered', 'rejected') OR decided_by <> requested_by),
    CONSTRAINT purchase_requests_decided CHECK ((decided_at IS NULL) = (decided_by IS NULL) AND (decided_at IS NULL) = (state = 'submitted')),
    CONSTRAINT purchase_requests_ordered CHECK ((order_id IS NOT NULL) = (state = 'ordered'))
) STRICT;
CREATE UNIQUE INDEX purchase_requests_one_open ON purchase_requests (store_id, item_id) WHERE state IN ('submitted', 'approved');
CREATE INDEX purchase_requests_open ON purchase_requests (clinic_id, requested_at) WHERE state IN ('submitted', 'approved');
CREATE INDEX purchase_requests_by_item ON purchase_requests (item_id);
CREATE INDEX purchase_requests_by_order ON purchase_requests (order_id) WHERE order_id IS NOT NULL;

-- Goods that came for an order. The id is the one of the document in the ledger of the stock, and the key of the form.
CREATE TABLE goods_receipts (
    id            BLOB PRIMARY KEY NOT NULL REFERENCES stock_documents (id),
    number        TEXT NOT NULL CONSTRAINT goods_receipts_number UNIQUE CHECK (length(number) BETWEEN 1 AND 60),
    order_id      BLOB NOT NULL REFERENCES purchase_orders (id),
    delivery_note TEXT NOT NULL CHECK (length(trim(delivery_note)) BETWEEN 1 AND 100),
    at            TEXT NOT NULL,
    by_user       BLOB NOT NULL REFERENCES users (id),
    -- The second person, who approved more than was ordered.
    approved_by   BLOB REFERENCES users (id),
    over_reason   TEXT NOT NULL DEFAULT '' CHECK (length(over_reason) <= 500),
    CONSTRAINT goods_receipts_two_people CHECK (approved_by <> by_user),
    CONSTRAINT goods_receipts_reasoned CHECK ((approved_by IS NOT NULL) = (length(trim(over_reason)) > 0))
) STRICT;
CREATE INDEX goods_receipts_by_order ON goods_receipts (order_id, at);

CREATE TABLE goods_receipt_lines (
    id            BLOB PRIMARY KEY NOT NULL,
    receipt_id    BLOB NOT NULL REFERENCES goods_receipts (id),
    line_id       BLOB NOT NULL REFERENCES purchase_order_lines (id),
    -- Without one when all was rejected.
    batch_id      BLOB REFERENCES stock_batches (id),
    quantity      INTEGER NOT NULL CHECK (quantity BETWEEN 0 AND 100000000),
    free          INTEGER NOT NULL DEFAULT 0 CHECK (free BETWEEN 0 AND 100000000),
    rejected      INTEGER NOT NULL DEFAULT 0 CHECK (rejected BETWEEN 0 AND 100000000),
    reject_reason TEXT NOT NULL DEFAULT '' CHECK (length(reject_reason) <= 200),
    -- The units of `quantity` above the tolerance of the order.
    over_order    INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT goods_receipt_lines_some CHECK (quantity + free + rejected > 0 AND (batch_id IS NOT NULL) = (quantity + free > 0)),
    CONSTRAINT goods_receipt_lines_over CHECK (over_order BETWEEN 0 AND quantity),
    CONSTRAINT goods_receipt_lines_rejected CHECK ((rejected > 0) = (length(trim(reject_reason)) > 0)),
    CONSTRAINT goods_receipt_lines_once UNIQUE (receipt_id, line_id, batch_id)
) STRICT;
CREATE INDEX goods_receipt_lines_by_line ON goods_receipt_lines (line_id);
CREATE INDEX goods_receipt_lines_by_batch ON goods_receipt_lines (batch_id) WHERE batch_id IS NOT NULL;


CREATE TRIGGER purchase_orders_begin BEFORE INSERT ON purchase_orders
WHEN NEW.state <> 'draft'
BEGIN
    SELECT RAISE(ABORT, 'purchase_orders_moves');
END;
CREATE TRIGGER purchase_orders_moves BEFORE UPDATE ON purchase_orders
WHEN NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (VALUES ('draft', 'approved'), ('draft', 'cancelled'), ('approved', 'draft'), ('approved', 'sent'),
    ('approved', 'cancelled'), ('sent', 'part_received'), ('sent', 'received'), ('sent', 'cancelled'), ('part_received', 'received'),
    ('part_received', 'cancelled'))
BEGIN
    SELECT RAISE(ABORT, 'purchase_orders_moves');
END;
CREATE TRIGGER purchase_orders_versions BEFORE UPDATE ON purchase_orders
WHEN NEW.version <> OLD.version + 1
BEGIN
    SELECT RAISE(ABORT, 'purchase_orders_versions');
END;
CREATE TRIGGER purchase_orders_fixed BEFORE UPDATE ON purchase_orders
WHEN (NEW.id, NEW.number, NEW.clinic_id, NEW.store_id, NEW.supplier_id, NEW.created_at, NEW.created_by)
    IS NOT (OLD.id, OLD.number, OLD.clinic_id, OLD.store_id, OLD.supplier_id, OLD.created_at, OLD.created_by)
    OR OLD.state IN ('received', 'cancelled')
    OR (OLD.sent_at IS NOT NULL AND (NEW.sent_at, NEW.sent_by, NEW.approved_at, NEW.approved_by, NEW.note)
        IS NOT (OLD.sent_at, OLD.sent_by, OLD.approved_at, OLD.approved_by, OLD.note))
BEGIN
    SELECT RAISE(ABORT, 'purchase_orders_fixed');
END;
CREATE TRIGGER purchase_orders_kept BEFORE DELETE ON purchase_orders
BEGIN
    SELECT RAISE(ABORT, 'purchase_orders_fixed');
END;
-- An order is approved with lines. It is received when every line is, and partly received before.
CREATE TRIGGER purchase_orders_empty BEFORE UPDATE ON purchase_orders
WHEN NEW.state <> OLD.state AND NEW.state = 'approved' AND NOT EXISTS (SELECT 1 FROM purchase_order_lines l WHERE l.order_id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'purchase_orders_empty');
END;
CREATE TRIGGER purchase_orders_by_receipts BEFORE UPDATE ON purchase_orders
WHEN NEW.state <> OLD.state AND ((NEW.state = 'received' AND EXISTS (SELECT 1 FROM purchase_order_lines l WHERE l.order_id = NEW.id AND l.received < l.ordered))
    OR (NEW.state = 'part_received' AND (NOT EXISTS (SELECT 1 FROM purchase_order_lines l WHERE l.order_id = NEW.id AND l.received < l.ordered)
        OR NOT EXISTS (SELECT 1 FROM goods_receipts r WHERE r.order_id = NEW.id))))
BEGIN
    SELECT RAISE(ABORT, 'purchase_orders_by_receipts');
END;

-- The lines of an order are frozen when it is approved; then receipts alone change what was received.
CREATE TRIGGER purchase_lines_frozen_insert BEFORE INSERT ON purchase_order_lines
WHEN NOT EXISTS (SELECT 1 FROM purchase_orders o WHERE o.id = NEW.order_id AND o.state = 'draft')
BEGIN
    SELECT RAISE(ABORT, 'purchase_lines_frozen');
END;
CREATE TRIGGER purchase_lines_frozen_delete BEFORE DELETE ON purchase_order_lines
WHEN NOT EXISTS (SELECT 1 FROM purchase_orders o WHERE o.id = OLD.order_id AND o.state = 'draft')
BEGIN
    SELECT RAISE(ABORT, 'purchase_lines_frozen');
END;
CREATE TRIGGER purchase_lines_frozen BEFORE UPDATE ON purchase_order_lines
WHEN (NEW.id, NEW.order_id, NEW.item_id, NEW.ordered, NEW.price, NEW.price_per, NEW.tolerance)
    IS NOT (OLD.id, OLD.order_id, OLD.item_id, OLD.ordered, OLD.price, OLD.price_per, OLD.tolerance)
    AND NOT EXISTS (SELECT 1 FROM purchase_orders o WHERE o.id = NEW.order_id AND o.state = 'draft')
BEGIN
    SELECT RAISE(ABORT, 'purchase_lines_frozen');
END;
CREATE TRIGGER purchase_lines_begin BEFORE INSERT ON purchase_order_lines
WHEN NEW.received <> 0 OR NEW.over_allowed <> 0
BEGIN
    SELECT RAISE(ABORT, 'purchase_lines_by_receipts');
END;
CREATE TRIGGER purchase_lines_by_receipts BEFORE UPDATE ON purchase_order_lines
WHEN (NEW.received, NEW.over_allowed) IS NOT (OLD.received, OLD.over_allowed) AND (NEW.received, NEW.over_allowed)
    IS NOT (SELECT coalesce(sum(g.quantity), 0), coalesce(sum(g.over_order), 0) FROM goods_receipt_lines g WHERE g.line_id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'purchase_lines_by_receipts');
END;

CREATE TRIGGER purchase_requests_moves BEFORE UPDATE ON purchase_requests
WHEN (OLD.state, NEW.state) NOT IN (VALUES ('submitted', 'approved'), ('submitted', 'rejected'), ('submitted', 'cancelled'), ('approved', 'ordered'),
    ('approved', 'cancelled')) OR (NEW.id, NEW.clinic_id, NEW.store_id, NEW.item_id, NEW.quantity, NEW.reason, NEW.requested_at, NEW.requested_by)
    IS NOT (OLD.id, OLD.clinic_id, OLD.store_id, OLD.item_id, OLD.quantity, OLD.reason, OLD.requested_at, OLD.requested_by)
BEGIN
    SELECT RAISE(ABORT, 'purchase_requests_moves');
END;
CREATE TRIGGER purchase_requests_kept BEFORE DELETE ON purchase_requests
BEGIN
    SELECT RAISE(ABORT, 'purchase_requests_moves');
END;

CREATE TRIGGER goods_receipts_fixed BEFORE UPDATE ON goods_receipts
BEGIN
    SELECT RAISE(ABORT, 'goods_receipts_fixed');
END;
CREATE TRIGGER goods_receipts_fixed_delete BEFORE DELETE ON goods_receipts
BEGIN
    SELECT RAISE(ABORT, 'goods_receipts_fixed');
END;
CREATE TRIGGER goods_receipts_sent BEFORE INSERT ON goods_receipts
WHEN NOT EXISTS (SELECT 1 FROM purchase_orders o JOIN stock_documents d ON d.id = NEW.id WHERE o.id = NEW.order_id
    AND o.state IN ('sent', 'part_received') AND d.kind = 'receipt' AND d.store_id = o.store_id)
BEGIN
    SELECT RAISE(ABORT, 'goods_receipts_sent');
END;
CREATE TRIGGER goods_receipt_lines_fixed BEFORE UPDATE ON goods_receipt_lines
BEGIN
    SELECT RAISE(ABORT, 'goods_receipts_fixed');
END;
CREATE TRIGGER goods_receipt_lines_fixed_delete BEFORE DELETE ON goods_receipt_lines
BEGIN
    SELECT RAISE(ABORT, 'goods_receipts_fixed');
END;
CREATE TRIGGER goods_receipt_lines_follow BEFORE INSERT ON goods_receipt_lines
WHEN NOT EXISTS (SELECT 1 FROM goods_receipts r JOIN purchase_order_lines l ON l.order_id = r.order_id WHERE r.id = NEW.receipt_id AND l.id = NEW.line_id
    AND (NEW.batch_id IS NULL OR EXISTS (SELECT 1 FROM stock_batches b WHERE b.id = NEW.batch_id AND b.item_id = l.item_id)))
BEGIN
    SELECT RAISE(ABORT, 'goods_receipt_lines_follow');
END;
CREATE TRIGGER goods_receipt_lines_approved BEFORE INSERT ON goods_receipt_lines
WHEN NEW.over_order > 0 AND NOT EXISTS (SELECT 1 FROM goods_receipts r WHERE r.id = NEW.receipt_id AND r.approved_by IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'goods_receipt_lines_approved');
END;
