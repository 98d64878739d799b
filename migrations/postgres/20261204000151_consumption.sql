-- Goods that a department uses up: consumables, linen, reagents. The document names the department and its cost centre of that day; a mistake is taken
-- back by a movement on the same line.
ALTER TABLE departments ADD COLUMN cost_centre TEXT NOT NULL DEFAULT '' CONSTRAINT departments_cost_centre CHECK (length(cost_centre) <= 20);
ALTER TABLE stock_documents DROP CONSTRAINT stock_documents_kind_check;
ALTER TABLE stock_documents ADD CONSTRAINT stock_documents_kind_check
    CHECK (kind IN ('opening', 'receipt', 'transfer', 'adjustment', 'write_off', 'dispense', 'return', 'count', 'supplier_return', 'consume')),
    ADD COLUMN department_id UUID REFERENCES departments (id),
    ADD COLUMN cost_centre TEXT NOT NULL DEFAULT '' CHECK (length(cost_centre) <= 20);
ALTER TABLE stock_documents ADD CONSTRAINT stock_documents_cost CHECK ((kind = 'consume') = (department_id IS NOT NULL) AND (kind = 'consume') = (cost_centre <> ''));
ALTER TABLE stock_movements DROP CONSTRAINT stock_movements_kind_check, DROP CONSTRAINT stock_movements_sign;
ALTER TABLE stock_movements ADD CONSTRAINT stock_movements_kind_check CHECK (kind IN ('opening', 'receipt', 'transfer_in', 'dispense_return', 'gain',
        'dispense', 'transfer_out', 'loss', 'write_off', 'supplier_return', 'consume', 'consume_return')),
    ADD CONSTRAINT stock_movements_sign CHECK (quantity <> 0
        AND (quantity > 0) = (kind IN ('opening', 'receipt', 'transfer_in', 'dispense_return', 'gain', 'consume_return')) AND value * quantity >= 0);
DROP INDEX stock_movements_used;
CREATE INDEX stock_movements_used ON stock_movements (day, line_id) WHERE kind IN ('dispense', 'dispense_return', 'consume', 'consume_return');
CREATE INDEX stock_documents_consumed ON stock_documents (store_id, at) WHERE kind = 'consume';
CREATE INDEX stock_documents_by_department ON stock_documents (department_id) WHERE department_id IS NOT NULL;

CREATE OR REPLACE FUNCTION stock_movements_guard() RETURNS trigger LANGUAGE plpgsql AS $$
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
    -- A batch is handed out while it is released and in date. Another storeroom gets one that is not only as quarantine, or on the way there. The
    -- lock lets a recall at the same moment wait.
    IF NEW.kind IN ('dispense', 'transfer_out', 'consume') THEN
        SELECT * INTO batch FROM stock_batches b WHERE b.id = line.batch_id FOR SHARE;
        IF (batch.status <> 'released' OR batch.expires_on < NEW.day) AND NOT EXISTS (SELECT 1 FROM stock_documents d
            JOIN storerooms f ON f.id = d.store_id JOIN storerooms s ON s.id = d.to_id WHERE d.id = NEW.document_id
                AND (s.kind = 'quarantine' OR (s.kind = 'transit' AND f.kind IN ('ward', 'theatre')))) THEN
            PERFORM refuse('stock_movements_usable');
        END IF;
    END IF;
    IF (NEW.kind IN ('dispense_return', 'consume_return')) <> (NEW.reverses IS NOT NULL)
        OR (NEW.reverses IS NOT NULL AND NOT EXISTS (SELECT 1 FROM stock_movements m JOIN stock_lines o ON o.id = m.line_id
            WHERE m.id = NEW.reverses AND o.batch_id = line.batch_id
                AND ((NEW.kind = 'dispense_return' AND m.kind = 'dispense') OR (NEW.kind = 'consume_return' AND m.kind = 'consume' AND o.id = NEW.line_id)))) THEN
        PERFORM refuse('stock_movements_reverse');
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION stock_movements_consumed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM stock_lines l JOIN stock_items i ON i.id = l.item_id JOIN storerooms s ON s.id = l.store_id
        WHERE l.id = NEW.line_id AND (i.kind = 'medicine' OR s.kind IN ('quarantine', 'transit')))
        OR NOT EXISTS (SELECT 1 FROM stock_documents d WHERE d.id = NEW.document_id AND d.kind = 'consume') THEN
        PERFORM refuse('stock_movements_consumed');
    END IF;
    IF NEW.kind = 'consume_return' AND NEW.quantity + (SELECT coalesce(sum(r.quantity), 0) FROM stock_movements r WHERE r.reverses = NEW.reverses)
        > (SELECT -m.quantity FROM stock_movements m WHERE m.id = NEW.reverses) THEN
        PERFORM refuse('stock_movements_reverse');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stock_movements_consumed BEFORE INSERT ON stock_movements FOR EACH ROW
WHEN (NEW.kind IN ('consume', 'consume_return')) EXECUTE FUNCTION stock_movements_consumed();
