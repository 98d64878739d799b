-- Stock: storerooms, items, batches, and the ledger of movements. Quantities are whole numbers of the smallest unit that is ever handed out;
-- values are thousandths of a minor unit of the currency.
CREATE TABLE storerooms (
    id         UUID PRIMARY KEY NOT NULL,
    clinic_id  UUID NOT NULL REFERENCES clinics (id),
    code       TEXT NOT NULL CHECK (length(code) BETWEEN 1 AND 20),
    name       TEXT NOT NULL CHECK (length(trim(name)) BETWEEN 1 AND 120),
    kind       TEXT NOT NULL CHECK (kind IN ('main', 'pharmacy', 'ward', 'theatre', 'quarantine')),
    retired_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    updated_at TIMESTAMPTZ NOT NULL,
    updated_by UUID NOT NULL REFERENCES users (id),
    version    BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1)
);
CREATE UNIQUE INDEX storerooms_one_code ON storerooms (clinic_id, upper(code));
-- Returned and recalled goods of a clinic go to one place.
CREATE UNIQUE INDEX storerooms_one_quarantine ON storerooms (clinic_id) WHERE kind = 'quarantine' AND retired_at IS NULL;

CREATE TABLE stock_items (
    id         UUID PRIMARY KEY NOT NULL,
    code       TEXT NOT NULL CHECK (length(code) BETWEEN 1 AND 40),
    kind       TEXT NOT NULL CHECK (kind IN ('medicine', 'consumable', 'reagent', 'linen', 'food', 'other')),
    drug_id    UUID REFERENCES drugs (id),
    name       TEXT NOT NULL CHECK (length(trim(name)) BETWEEN 1 AND 200),
    name_es    TEXT NOT NULL DEFAULT '' CHECK (length(name_es) <= 200),
    -- The smallest unit that is ever handed out.
    unit       TEXT NOT NULL CHECK (unit IN ('tablet', 'capsule', 'ampoule', 'vial', 'bag', 'syringe', 'sachet', 'dose', 'patch', 'suppository',
                   'pessary', 'bottle', 'tube', 'mL', 'piece')),
    -- The units in one pack as it is bought.
    pack_size  BIGINT NOT NULL DEFAULT 1 CHECK (pack_size BETWEEN 1 AND 100000),
    -- Whether each batch has an expiry date.
    expires    BOOLEAN NOT NULL DEFAULT FALSE,
    retired_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    updated_at TIMESTAMPTZ NOT NULL,
    updated_by UUID NOT NULL REFERENCES users (id),
    version    BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    CONSTRAINT stock_items_medicine CHECK ((kind = 'medicine') = (drug_id IS NOT NULL))
);
CREATE UNIQUE INDEX stock_items_one_code ON stock_items (upper(code));
CREATE INDEX stock_items_by_drug ON stock_items (drug_id) WHERE drug_id IS NOT NULL;

CREATE TABLE stock_batches (
    id            UUID PRIMARY KEY NOT NULL,
    item_id       UUID NOT NULL REFERENCES stock_items (id),
    batch_no      TEXT NOT NULL CHECK (length(trim(batch_no)) BETWEEN 1 AND 40),
    -- The batch number in capitals without blanks.
    batch_key     TEXT NOT NULL CHECK (length(batch_key) BETWEEN 1 AND 40),
    -- The last day on which the batch may be used.
    expires_on    DATE,
    status        TEXT NOT NULL DEFAULT 'released' CHECK (status IN ('released', 'quarantined', 'recalled')),
    status_reason TEXT NOT NULL DEFAULT '' CHECK (length(status_reason) <= 500),
    status_at     TIMESTAMPTZ NOT NULL,
    status_by     UUID NOT NULL REFERENCES users (id),
    version       BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    UNIQUE (id, item_id),
    CONSTRAINT stock_batches_reasoned CHECK (status = 'released' OR length(trim(status_reason)) > 0)
);
CREATE UNIQUE INDEX stock_batches_once ON stock_batches (item_id, batch_key, coalesce(expires_on, '9999-12-31'));
CREATE INDEX stock_batches_by_expiry ON stock_batches (expires_on) WHERE expires_on IS NOT NULL;

-- The quantity and the value of an item in a storeroom: the sums over its batches.
CREATE TABLE store_items (
    store_id     UUID NOT NULL REFERENCES storerooms (id),
    item_id      UUID NOT NULL REFERENCES stock_items (id),
    quantity     BIGINT NOT NULL DEFAULT 0 CONSTRAINT store_items_not_negative CHECK (quantity >= 0),
    value        BIGINT NOT NULL DEFAULT 0 CHECK (value >= 0),
    -- The quantity at which the item is low.
    low_at       BIGINT NOT NULL DEFAULT 0 CHECK (low_at BETWEEN 0 AND 1000000000),
    PRIMARY KEY (store_id, item_id),
    CONSTRAINT store_items_value CHECK (quantity > 0 OR value = 0)
);
CREATE INDEX store_items_by_item ON store_items (item_id);

-- A batch in a storeroom.
CREATE TABLE stock_lines (
    id       UUID PRIMARY KEY NOT NULL,
    store_id UUID NOT NULL,
    item_id  UUID NOT NULL,
    batch_id UUID NOT NULL,
    on_hand  BIGINT NOT NULL DEFAULT 0 CONSTRAINT stock_lines_not_negative CHECK (on_hand >= 0),
    -- The number of the line's latest movement.
    seq      BIGINT NOT NULL DEFAULT 0 CHECK (seq >= 0),
    UNIQUE (store_id, batch_id),
    FOREIGN KEY (store_id, item_id) REFERENCES store_items (store_id, item_id),
    FOREIGN KEY (batch_id, item_id) REFERENCES stock_batches (id, item_id)
);
CREATE INDEX stock_lines_by_item ON stock_lines (item_id, store_id);
CREATE INDEX stock_lines_by_batch ON stock_lines (batch_id);

-- The act behind movements. Its id is the key of the form: an act that is sent twice is one act.
CREATE TABLE stock_documents (
    id        UUID PRIMARY KEY NOT NULL,
    kind      TEXT NOT NULL CHECK (kind IN ('opening', 'receipt', 'transfer', 'adjustment', 'write_off', 'dispense', 'return', 'count')),
    store_id  UUID NOT NULL REFERENCES storerooms (id),
    to_id     UUID REFERENCES storerooms (id),
    reason    TEXT CHECK (reason IN ('expired', 'damaged', 'lost', 'found', 'miscounted', 'recalled', 'spoiled', 'other')),
    -- The supplier, or the delivery note.
    reference TEXT NOT NULL DEFAULT '' CHECK (length(reference) <= 200),
    note      TEXT NOT NULL DEFAULT '' CHECK (length(note) <= 500),
    at        TIMESTAMPTZ NOT NULL,
    by_user   UUID NOT NULL REFERENCES users (id),
    CONSTRAINT stock_documents_to CHECK ((kind = 'transfer') = (to_id IS NOT NULL) AND (to_id IS NULL OR to_id <> store_id)),
    CONSTRAINT stock_documents_reasoned CHECK ((kind IN ('adjustment', 'write_off')) = (reason IS NOT NULL)
        AND (reason IS NULL OR reason <> 'other' OR length(trim(note)) > 0))
);
CREATE INDEX stock_documents_by_store ON stock_documents (store_id, at);

CREATE TABLE stock_movements (
    id            UUID PRIMARY KEY NOT NULL,
    document_id   UUID NOT NULL REFERENCES stock_documents (id),
    line_id       UUID NOT NULL REFERENCES stock_lines (id),
    seq           BIGINT NOT NULL CHECK (seq >= 1),
    kind          TEXT NOT NULL CHECK (kind IN ('opening', 'receipt', 'transfer_in', 'dispense_return', 'gain', 'dispense', 'transfer_out', 'loss', 'write_off')),
    quantity      BIGINT NOT NULL CHECK (quantity BETWEEN -1000000000 AND 1000000000),
    on_hand_after BIGINT NOT NULL CONSTRAINT stock_movements_not_negative CHECK (on_hand_after >= 0),
    value         BIGINT NOT NULL,
    -- The day at the clinic.
    day           DATE NOT NULL,
    -- The movement that this one takes back.
    reverses      UUID REFERENCES stock_movements (id),
    at            TIMESTAMPTZ NOT NULL,
    UNIQUE (line_id, seq),
    CONSTRAINT stock_movements_once UNIQUE (document_id, line_id, kind),
    CONSTRAINT stock_movements_sign CHECK (quantity <> 0 AND (quantity > 0) = (kind IN ('opening', 'receipt', 'transfer_in', 'dispense_return', 'gain'))
        AND value * quantity >= 0)
);
CREATE INDEX stock_movements_by_time ON stock_movements (line_id, at);
CREATE INDEX stock_movements_reversed ON stock_movements (reverses) WHERE reverses IS NOT NULL;

REVOKE DELETE, TRUNCATE ON storerooms, stock_items, stock_batches, store_items, stock_lines FROM infirmary_app;
REVOKE UPDATE, DELETE, TRUNCATE ON stock_documents, stock_movements FROM infirmary_app;

-- An item that has batches keeps its unit, its medicine and whether it expires.
CREATE FUNCTION stock_items_used_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM stock_batches b WHERE b.item_id = OLD.id) THEN
        PERFORM refuse('stock_items_used_fixed');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stock_items_used_fixed BEFORE UPDATE ON stock_items FOR EACH ROW
WHEN ((NEW.unit, NEW.drug_id, NEW.kind, NEW.expires) IS DISTINCT FROM (OLD.unit, OLD.drug_id, OLD.kind, OLD.expires))
EXECUTE FUNCTION stock_items_used_fixed();
CREATE TRIGGER stock_items_kept BEFORE DELETE ON stock_items FOR EACH ROW EXECUTE FUNCTION row_fixed('stock_items_kept');
-- A storeroom with stock is not retired.
CREATE FUNCTION storerooms_empty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM store_items s WHERE s.store_id = OLD.id AND s.quantity > 0) THEN
        PERFORM refuse('storerooms_empty');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER storerooms_empty BEFORE UPDATE OF retired_at ON storerooms FOR EACH ROW
WHEN (NEW.retired_at IS NOT NULL) EXECUTE FUNCTION storerooms_empty();
CREATE TRIGGER storerooms_fixed BEFORE UPDATE ON storerooms FOR EACH ROW
WHEN ((NEW.clinic_id, NEW.kind) IS DISTINCT FROM (OLD.clinic_id, OLD.kind)) EXECUTE FUNCTION row_fixed('storerooms_fixed');
CREATE TRIGGER storerooms_kept BEFORE DELETE ON storerooms FOR EACH ROW EXECUTE FUNCTION row_fixed('storerooms_fixed');
CREATE FUNCTION stock_batches_expire() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM stock_items i WHERE i.id = NEW.item_id AND i.expires) THEN
        PERFORM refuse('stock_batches_expire');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stock_batches_expire BEFORE INSERT ON stock_batches FOR EACH ROW
WHEN (NEW.expires_on IS NULL) EXECUTE FUNCTION stock_batches_expire();
CREATE TRIGGER stock_batches_fixed BEFORE UPDATE ON stock_batches FOR EACH ROW
WHEN ((NEW.id, NEW.item_id, NEW.batch_no, NEW.batch_key, NEW.expires_on)
    IS DISTINCT FROM (OLD.id, OLD.item_id, OLD.batch_no, OLD.batch_key, OLD.expires_on)) EXECUTE FUNCTION row_fixed('stock_batches_fixed');
CREATE TRIGGER stock_batches_kept BEFORE DELETE ON stock_batches FOR EACH ROW EXECUTE FUNCTION row_fixed('stock_batches_fixed');
CREATE TRIGGER store_items_kept BEFORE DELETE ON store_items FOR EACH ROW EXECUTE FUNCTION row_fixed('store_items_kept');
-- A line begins empty, and its stock changes with the number of its latest movement.
CREATE TRIGGER stock_lines_start BEFORE INSERT ON stock_lines FOR EACH ROW
WHEN (NEW.on_hand <> 0 OR NEW.seq <> 0) EXECUTE FUNCTION row_fixed('stock_lines_by_movement');
CREATE TRIGGER stock_lines_by_movement BEFORE UPDATE ON stock_lines FOR EACH ROW
WHEN ((NEW.on_hand <> OLD.on_hand AND NEW.seq <> OLD.seq + 1) OR (NEW.on_hand = OLD.on_hand AND NEW.seq <> OLD.seq)
    OR (NEW.id, NEW.store_id, NEW.item_id, NEW.batch_id) IS DISTINCT FROM (OLD.id, OLD.store_id, OLD.item_id, OLD.batch_id))
EXECUTE FUNCTION row_fixed('stock_lines_by_movement');
CREATE TRIGGER stock_lines_kept BEFORE DELETE ON stock_lines FOR EACH ROW EXECUTE FUNCTION row_fixed('stock_lines_by_movement');
CREATE TRIGGER stock_documents_fixed BEFORE UPDATE OR DELETE ON stock_documents FOR EACH ROW EXECUTE FUNCTION row_fixed('stock_documents_fixed');
-- Movements are only added. Each continues the one before it, and ends at what its line says.
CREATE TRIGGER stock_movements_fixed BEFORE UPDATE OR DELETE ON stock_movements FOR EACH ROW EXECUTE FUNCTION row_fixed('stock_movements_fixed');
CREATE FUNCTION stock_movements_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    line stock_lines%ROWTYPE;
    batch stock_batches%ROWTYPE;
BEGIN
    SELECT * INTO line FROM stock_lines l WHERE l.id = NEW.line_id;
    IF NEW.on_hand_after - NEW.quantity <> coalesce((SELECT m.on_hand_after FROM stock_movements m WHERE m.line_id = NEW.line_id
            AND m.seq = NEW.seq - 1), CASE NEW.seq WHEN 1 THEN 0 END, -1)
        OR line.seq IS DISTINCT FROM NEW.seq OR line.on_hand IS DISTINCT FROM NEW.on_hand_after THEN
        PERFORM refuse('stock_movements_follow');
    END IF;
    -- A batch is handed out while it is released and in date. Another storeroom gets one that is not only as quarantine. The lock lets a
    -- recall at the same moment wait.
    IF NEW.kind IN ('dispense', 'transfer_out') THEN
        SELECT * INTO batch FROM stock_batches b WHERE b.id = line.batch_id FOR SHARE;
        IF (batch.status <> 'released' OR batch.expires_on < NEW.day) AND NOT EXISTS (SELECT 1 FROM stock_documents d JOIN storerooms s
            ON s.id = d.to_id WHERE d.id = NEW.document_id AND s.kind = 'quarantine') THEN
            PERFORM refuse('stock_movements_usable');
        END IF;
    END IF;
    IF (NEW.kind = 'dispense_return') <> (NEW.reverses IS NOT NULL)
        OR (NEW.reverses IS NOT NULL AND NOT EXISTS (SELECT 1 FROM stock_movements m JOIN stock_lines o ON o.id = m.line_id
            WHERE m.id = NEW.reverses AND m.kind = 'dispense' AND o.batch_id = line.batch_id)) THEN
        PERFORM refuse('stock_movements_reverse');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stock_movements_guard BEFORE INSERT ON stock_movements FOR EACH ROW EXECUTE FUNCTION stock_movements_guard();
