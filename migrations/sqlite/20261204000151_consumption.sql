-- Goods that a department uses up: consumables, linen, reagents. The document names the department and its cost centre of that day; a mistake is taken
-- back by a movement on the same line.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''count'', ''supplier_return'')', '''count'', ''supplier_return'', ''consume'')')
WHERE type = 'table' AND name = 'stock_documents';
UPDATE sqlite_schema SET sql = replace(replace(sql, '''write_off'', ''supplier_return'')', '''write_off'', ''supplier_return'', ''consume'', ''consume_return'')'),
    '''dispense_return'', ''gain'')', '''dispense_return'', ''gain'', ''consume_return'')')
WHERE type = 'table' AND name = 'stock_movements';
PRAGMA writable_schema = RESET;
ALTER TABLE departments ADD COLUMN cost_centre TEXT NOT NULL DEFAULT '' CONSTRAINT departments_cost_centre CHECK (length(cost_centre) <= 20);
ALTER TABLE stock_documents ADD COLUMN department_id BLOB REFERENCES departments (id);
ALTER TABLE stock_documents ADD COLUMN cost_centre TEXT NOT NULL DEFAULT '' CHECK (length(cost_centre) <= 20)
    CONSTRAINT stock_documents_cost CHECK ((kind = 'consume') = (department_id IS NOT NULL) AND (kind = 'consume') = (cost_centre <> ''));
DROP INDEX stock_movements_used;
CREATE INDEX stock_movements_used ON stock_movements (day, line_id) WHERE kind IN ('dispense', 'dispense_return', 'consume', 'consume_return');
CREATE INDEX stock_documents_consumed ON stock_documents (store_id, at) WHERE kind = 'consume';
CREATE INDEX stock_documents_by_department ON stock_documents (department_id) WHERE department_id IS NOT NULL;

DROP TRIGGER stock_movements_usable;
CREATE TRIGGER stock_movements_usable BEFORE INSERT ON stock_movements
WHEN NEW.kind IN ('dispense', 'transfer_out', 'consume')
    AND EXISTS (SELECT 1 FROM stock_lines l JOIN stock_batches b ON b.id = l.batch_id WHERE l.id = NEW.line_id
        AND (b.status <> 'released' OR b.expires_on < NEW.day))
    AND NOT EXISTS (SELECT 1 FROM stock_documents d JOIN storerooms f ON f.id = d.store_id JOIN storerooms s ON s.id = d.to_id
        WHERE d.id = NEW.document_id AND (s.kind = 'quarantine' OR (s.kind = 'transit' AND f.kind IN ('ward', 'theatre'))))
BEGIN
    SELECT RAISE(ABORT, 'stock_movements_usable');
END;
DROP TRIGGER stock_movements_reverse;
CREATE TRIGGER stock_movements_reverse BEFORE INSERT ON stock_movements
WHEN (NEW.kind IN ('dispense_return', 'consume_return')) <> (NEW.reverses IS NOT NULL)
    OR (NEW.reverses IS NOT NULL AND NOT EXISTS (SELECT 1 FROM stock_movements m JOIN stock_lines o ON o.id = m.line_id JOIN stock_lines l
        ON l.id = NEW.line_id WHERE m.id = NEW.reverses AND o.batch_id = l.batch_id
            AND ((NEW.kind = 'dispense_return' AND m.kind = 'dispense') OR (NEW.kind = 'consume_return' AND m.kind = 'consume' AND o.id = l.id))))
    OR (NEW.kind = 'consume_return' AND NEW.quantity + (SELECT coalesce(sum(r.quantity), 0) FROM stock_movements r WHERE r.reverses = NEW.reverses)
        > (SELECT -m.quantity FROM stock_movements m WHERE m.id = NEW.reverses))
BEGIN
    SELECT RAISE(ABORT, 'stock_movements_reverse');
END;
CREATE TRIGGER stock_movements_consumed BEFORE INSERT ON stock_movements
WHEN NEW.kind IN ('consume', 'consume_return') AND (EXISTS (SELECT 1 FROM stock_lines l JOIN stock_items i ON i.id = l.item_id JOIN storerooms s ON s.id = l.store_id
        WHERE l.id = NEW.line_id AND (i.kind = 'medicine' OR s.kind IN ('quarantine', 'transit')))
        OR NOT EXISTS (SELECT 1 FROM stock_documents d WHERE d.id = NEW.document_id AND d.kind = 'consume'))
BEGIN
    SELECT RAISE(ABORT, 'stock_movements_consumed');
END;
