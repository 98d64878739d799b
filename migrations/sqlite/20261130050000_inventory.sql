-- Stock: storerooms, items, batches, and the ledger of movements. Quantities are whole numbers of the smallest unit that is ever handed out;
-- values are thousandths of a minor unit of the currency.
CREATE TABLE storerooms (
    id         BLOB PRIMARY KEY NOT NULL,
    clinic_id  BLOB NOT NULL REFERENCES clinics (id),
    code       TEXT NOT NULL CHECK (length(code) BETWEEN 1 AND 20),
    name       TEXT NOT NULL CHECK (length(trim(name)) BETWEEN 1 AND 120),
    kind       TEXT NOT NULL CHECK (kind IN ('main', 'pharmacy', 'ward', 'theatre', 'quarantine')),
    retired_at TEXT,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    updated_at TEXT NOT NULL,
    updated_by BLOB NOT NULL REFERENCES users (id),
    version    INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1)
) STRICT;
CREATE UNIQUE INDEX storerooms_one_code ON storerooms (clinic_id, upper(code));
-- Returned and recalled goods of a clinic go to one place.
CREATE UNIQUE INDEX storerooms_one_quarantine ON storerooms (clinic_id) WHERE kind = 'quarantine' AND retired_at IS NULL;

CREATE TABLE stock_items (
    id         BLOB PRIMARY KEY NOT NULL,
    code       TEXT NOT NULL CHECK (length(code) BETWEEN 1 AND 40),
    kind       TEXT NOT NULL CHECK (kind IN ('medicine', 'consumable', 'reagent', 'linen', 'food', 'other')),
    drug_id    BLOB REFERENCES drugs (id),
    name       TEXT NOT NULL CHECK (length(trim(name)) BETWEEN 1 AND 200),
    name_es    TEXT NOT NULL DEFAULT '' CHECK (length(name_es) <= 200),
    -- The smallest unit that is ever handed out.
    unit       TEXT NOT NULL CHECK (unit IN ('tablet', 'capsule', 'ampoule', 'vial', 'bag', 'syringe', 'sachet', 'dose', 'patch', 'suppository',
                   'pessary', 'bottle', 'tube', 'mL', 'piece')),
    -- The units in one pack as it is bought.
    pack_size  INTEGER NOT NULL DEFAULT 1 CHECK (pack_size BETWEEN 1 AND 100000),
    -- Whether each batch has an expiry date.
    expires    INTEGER NOT NULL DEFAULT 0 CHECK (expires IN (0, 1)),
    retired_at TEXT,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    updated_at TEXT NOT NULL,
    updated_by BLOB NOT NULL REFERENCES users (id),
    version    INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    CONSTRAINT stock_items_medicine CHECK ((kind = 'medicine') = (drug_id IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX stock_items_one_code ON stock_items (upper(code));
CREATE INDEX stock_items_by_drug ON stock_items (drug_id) WHERE drug_id IS NOT NULL;

CREATE TABLE stock_batches (
    id            BLOB PRIMARY KEY NOT NULL,
    item_id       BLOB NOT NULL REFERENCES stock_items (id),
    batch_no      TEXT NOT NULL CHECK (length(trim(batch_no)) BETWEEN 1 AND 40),
    -- The batch number in capitals without blanks.
    batch_key     TEXT NOT NULL CHECK (length(batch_key) BETWEEN 1 AND 40),
    -- The last day on which the batch may be used.
    expires_on    TEXT,
    status        TEXT NOT NULL DEFAULT 'released' CHECK (status IN ('released', 'quarantined', 'recalled')),
    status_reason TEXT NOT NULL DEFAULT '' CHECK (length(status_reason) <= 500),
    status_at     TEXT NOT NULL,
    status_by     BLOB NOT NULL REFERENCES users (id),
    version       INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    UNIQUE (id, item_id),
    CONSTRAINT stock_batches_reasoned CHECK (status = 'released' OR length(trim(status_reason)) > 0)
) STRICT;
CREATE UNIQUE INDEX stock_batches_once ON stock_batches (item_id, batch_key, coalesce(expires_on, '9999-12-31'));
CREATE INDEX stock_batches_by_expiry ON stock_batches (expires_on) WHERE expires_on IS NOT NULL;

-- The quantity and the value of an item in a storeroom: the sums over its batches.
CREATE TABLE store_items (
    store_id     BLOB NOT NULL REFERENCES storerooms (id),
    item_id      BLOB NOT NULL REFERENCES stock_items (id),
    quantity     INTEGER NOT NULL DEFAULT 0 CONSTRAINT store_items_not_negative CHECK (quantity >= 0),
    value        INTEGER NOT NULL DEFAULT 0 CHECK (value >= 0),
    -- The quantity at which the item is low.
    low_at       INTEGER NOT NULL DEFAULT 0 CHECK (low_at BETWEEN 0 AND 1000000000),
    PRIMARY KEY (store_id, item_id),
    CONSTRAINT store_items_value CHECK (quantity > 0 OR value = 0)
) STRICT;
CREATE INDEX store_items_by_item ON store_items (item_id);

-- A batch in a storeroom.
CREATE TABLE stock_lines (
    id       BLOB PRIMARY KEY NOT NULL,
    store_id BLOB NOT NULL,
    item_id  BLOB NOT NULL,
    batch_id BLOB NOT NULL,
    on_hand  INTEGER NOT NULL DEFAULT 0 CONSTRAINT stock_lines_not_negative CHECK (on_hand >= 0),
    -- The number of the line's latest movement.
    seq      INTEGER NOT NULL DEFAULT 0 CHECK (seq >= 0),
    UNIQUE (store_id, batch_id),
    FOREIGN KEY (store_id, item_id) REFERENCES store_items (store_id, item_id),
    FOREIGN KEY (batch_id, item_id) REFERENCES stock_batches (id, item_id)
) STRICT;
CREATE INDEX stock_lines_by_item ON stock_lines (item_id, store_id);
CREATE INDEX stock_lines_by_batch ON stock_lines (batch_id);

-- The act behind movements. Its id is the key of the form: an act that is sent twice is one act.
CREATE TABLE stock_documents (
    id        BLOB PRIMARY KEY NOT NULL,
    kind      TEXT NOT NULL CHECK (kind IN ('opening', 'receipt', 'transfer', 'adjustment', 'write_off', 'dispense', 'return', 'count')),
    store_id  BLOB NOT NULL REFERENCES storerooms (id),
    to_id     BLOB REFERENCES storerooms (id),
    reason    TEXT CHECK (reason IN ('expired', 'damaged', 'lost', 'found', 'miscounted', 'recalled', 'spoiled', 'other')),
    -- The supplier, or the delivery note.
    reference TEXT NOT NULL DEFAULT '' CHECK (length(reference) <= 200),
    note      TEXT NOT NULL DEFAULT '' CHECK (length(note) <= 500),
    at        TEXT NOT NULL,
    by_user   BLOB NOT NULL REFERENCES users (id),
    CONSTRAINT stock_documents_to CHECK ((kind = 'transfer') = (to_id IS NOT NULL) AND (to_id IS NULL OR to_id <> store_id)),
    CONSTRAINT stock_documents_reasoned CHECK ((kind IN ('adjustment', 'write_off')) = (reason IS NOT NULL)
        AND (reason IS NULL OR reason <> 'other' OR length(trim(note)) > 0))
) STRICT;
CREATE INDEX stock_documents_by_store ON stock_documents (store_id, at);

CREATE TABLE stock_movements (
    id            BLOB PRIMARY KEY NOT NULL,
    document_id   BLOB NOT NULL REFERENCES stock_documents (id),
    line_id       BLOB NOT NULL REFERENCES stock_lines (id),
    seq           INTEGER NOT NULL CHECK (seq >= 1),
    kind          TEXT NOT NULL CHECK (kind IN ('opening', 'receipt', 'transfer_in', 'dispense_return', 'gain', 'dispense', 'transfer_out', 'loss', 'write_off')),
    quantity      INTEGER NOT NULL CHECK (quantity BETWEEN -1000000000 AND 1000000000),
    on_hand_after INTEGER NOT NULL CONSTRAINT stock_movements_not_negative CHECK (on_hand_after >= 0),
    value         INTEGER NOT NULL,
    -- The day at the clinic.
    day           TEXT NOT NULL,
    -- The movement that this one takes back.
    reverses      BLOB REFERENCES stock_movements (id),
    at            TEXT NOT NULL,
    UNIQUE (line_id, seq),
    CONSTRAINT stock_movements_once UNIQUE (document_id, line_id, kind),
    CONSTRAINT stock_movements_sign CHECK (quantity <> 0 AND (quantity > 0) = (kind IN ('opening', 'receipt', 'transfer_in', 'dispense_return', 'gain'))
        AND value * quantity >= 0)
) STRICT;
CREATE INDEX stock_movements_by_time ON stock_movements (line_id, at);
CREATE INDEX stock_movements_reversed ON stock_movements (reverses) WHERE reverses IS NOT NULL;

-- An item that has batches keeps its unit, its medicine and whether it expires.
CREATE TRIGGER stock_items_used_fixed BEFORE UPDATE ON stock_items
WHEN (NEW.unit, NEW.drug_id, NEW.kind, NEW.expires) IS NOT (OLD.unit, OLD.drug_id, OLD.kind, OLD.expires)
    AND EXISTS (SELECT 1 FROM stock_batches b WHERE b.item_id = OLD.id)
BEGIN
    SELECT RAISE(ABORT, 'stock_items_used_fixed');
END;
CREATE TRIGGER stock_items_kept BEFORE DELETE ON stock_items
BEGIN
    SELECT RAISE(ABORT, 'stock_items_kept');
END;
-- A storeroom with stock is not retired.
CREATE TRIGGER storerooms_empty BEFORE UPDATE OF retired_at ON storerooms
WHEN NEW.retired_at IS NOT NULL AND EXISTS (SELECT 1 FROM store_items s WHERE s.store_id = OLD.id AND s.quantity > 0)
BEGIN
    SELECT RAISE(ABORT, 'storerooms_empty');
END;
CREATE TRIGGER storerooms_fixed BEFORE UPDATE ON storerooms WHEN (NEW.clinic_id, NEW.kind) IS NOT (OLD.clinic_id, OLD.kind)
BEGIN
    SELECT RAISE(ABORT, 'storerooms_fixed');
END;
CREATE TRIGGER storerooms_kept BEFORE DELETE ON storerooms
BEGIN
    SELECT RAISE(ABORT, 'storerooms_fixed');
END;
CREATE TRIGGER stock_batches_expire BEFORE INSERT ON stock_batches
WHEN NEW.expires_on IS NULL AND EXISTS (SELECT 1 FROM stock_items i WHERE i.id = NEW.item_id AND i.expires)
BEGIN
    SELECT RAISE(ABORT, 'stock_batches_expire');
END;
CREATE TRIGGER stock_batches_fixed BEFORE UPDATE ON stock_batches
WHEN (NEW.id, NEW.item_id, NEW.batch_no, NEW.batch_key, NEW.expires_on) IS NOT (OLD.id, OLD.item_id, OLD.batch_no, OLD.batch_key, OLD.expires_on)
BEGIN
    SELECT RAISE(ABORT, 'stock_batches_fixed');
END;
CREATE TRIGGER stock_batches_kept BEFORE DELETE ON stock_batches
BEGIN
    SELECT RAISE(ABORT, 'stock_batches_fixed');
END;
CREATE TRIGGER store_items_kept BEFORE DELETE ON store_items
BEGIN
    SELECT RAISE(ABORT, 'store_items_kept');
END;
-- A line begins empty, and its stock changes with the number of its latest movement.
CREATE TRIGGER stock_lines_start BEFORE INSERT ON stock_lines WHEN NEW.on_hand <> 0 OR NEW.seq <> 0
BEGIN
    SELECT RAISE(ABORT, 'stock_lines_by_movement');
END;
CREATE TRIGGER stock_lines_by_movement BEFORE UPDATE ON stock_lines
WHEN (NEW.on_hand <> OLD.on_hand AND NEW.seq <> OLD.seq + 1) OR (NEW.on_hand = OLD.on_hand AND NEW.seq <> OLD.seq)
    OR (NEW.id, NEW.store_id, NEW.item_id, NEW.batch_id) IS NOT (OLD.id, OLD.store_id, OLD.item_id, OLD.batch_id)
BEGIN
    SELECT RAISE(ABORT, 'stock_lines_by_movement');
END;
CREATE TRIGGER stock_lines_kept BEFORE DELETE ON stock_lines
BEGIN
    SELECT RAISE(ABORT, 'stock_lines_by_movement');
END;
CREATE TRIGGER stock_documents_fixed BEFORE UPDATE ON stock_documents
BEGIN
    SELECT RAISE(ABORT, 'stock_documents_fixed');
END;
CREATE TRIGGER stock_documents_kept BEFORE DELETE ON stock_documents
BEGIN
    SELECT RAISE(ABORT, 'stock_documents_fixed');
END;
-- Movements are only added. Each continues the one before it, and ends at what its line says.
CREATE TRIGGER stock_movements_fixed BEFORE UPDATE ON stock_movements
BEGIN
    SELECT RAISE(ABORT, 'stock_movements_fixed');
END;
CREATE TRIGGER stock_movements_kept BEFORE DELETE ON stock_movements
BEGIN
    SELECT RAISE(ABORT, 'stock_movements_fixed');
END;
CREATE TRIGGER stock_movements_follow BEFORE INSERT ON stock_movements
WHEN NEW.on_hand_after - NEW.quantity <> coalesce((SELECT m.on_hand_after FROM stock_movements m WHERE m.line_id = NEW.line_id
        AND m.seq = NEW.seq - 1), CASE NEW.seq WHEN 1 THEN 0 END, -1)
    OR NOT EXISTS (SELECT 1 FROM stock_lines l WHERE l.id = NEW.line_id AND l.seq = NEW.seq AND l.on_hand = NEW.on_hand_after)
BEGIN
    SELECT RAISE(ABORT, 'stock_movements_follow');
END;
-- A batch is handed out while it is released and in date. Another storeroom gets one that is not only as quarantine.
CREATE TRIGGER stock_movements_usable BEFORE INSERT ON stock_movements
WHEN NEW.kind IN ('dispense', 'transfer_out')
    AND EXISTS (SELECT 1 FROM stock_lines l JOIN stock_batches b ON b.id = l.batch_id WHERE l.id = NEW.line_id
        AND (b.status <> 'released' OR b.expires_on < NEW.day))
    AND NOT EXISTS (SELECT 1 FROM stock_documents d JOIN storerooms s ON s.id = d.to_id WHERE d.id = NEW.document_id AND s.kind = 'quarantine')
BEGIN
    SELECT RAISE(ABORT, 'stock_movements_usable');
END;
CREATE TRIGGER stock_movements_reverse BEFORE INSERT ON stock_movements
WHEN (NEW.kind = 'dispense_return') <> (NEW.reverses IS NOT NULL)
    OR (NEW.reverses IS NOT NULL AND NOT EXISTS (SELECT 1 FROM stock_movements m JOIN stock_lines o ON o.id = m.line_id JOIN stock_lines l
        ON l.id = NEW.line_id WHERE m.id = NEW.reverses AND m.kind = 'dispense' AND o.batch_id = l.batch_id))
BEGIN
    SELECT RAISE(ABORT, 'stock_movements_reverse');
END;
