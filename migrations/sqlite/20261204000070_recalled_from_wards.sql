-- A ward sends a batch that is expired or recalled back: it goes by transit, and is received into the quarantine.
DROP TRIGGER stock_movements_usable;
CREATE TRIGGER stock_movements_usable BEFORE INSERT ON stock_movements
WHEN NEW.kind IN ('dispense', 'transfer_out')
    AND EXISTS (SELECT 1 FROM stock_lines l JOIN stock_batches b ON b.id = l.batch_id WHERE l.id = NEW.line_id
        AND (b.status <> 'released' OR b.expires_on < NEW.day))
    AND NOT EXISTS (SELECT 1 FROM stock_documents d JOIN storerooms f ON f.id = d.store_id JOIN storerooms s ON s.id = d.to_id
        WHERE d.id = NEW.document_id AND (s.kind = 'quarantine' OR (s.kind = 'transit' AND f.kind IN ('ward', 'theatre'))))
BEGIN
    SELECT RAISE(ABORT, 'stock_movements_usable');
END;

-- Only the few items that have a mark are asked whether they are low: expired and recalled units do not count.
DROP INDEX store_items_low;
CREATE INDEX store_items_marked ON store_items (store_id) WHERE low_at > 0;
