-- A ward sends a batch that is expired or recalled back: it goes by transit, and is received into the quarantine.
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
    IF NEW.kind IN ('dispense', 'transfer_out') THEN
        SELECT * INTO batch FROM stock_batches b WHERE b.id = line.batch_id FOR SHARE;
        IF (batch.status <> 'released' OR batch.expires_on < NEW.day) AND NOT EXISTS (SELECT 1 FROM stock_documents d
            JOIN storerooms f ON f.id = d.store_id JOIN storerooms s ON s.id = d.to_id WHERE d.id = NEW.document_id
                AND (s.kind = 'quarantine' OR (s.kind = 'transit' AND f.kind IN ('ward', 'theatre')))) THEN
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

-- Only the few items that have a mark are asked whether they are low: expired and recalled units do not count.
DROP INDEX store_items_low;
CREATE INDEX store_items_marked ON store_items (store_id) WHERE low_at > 0;
