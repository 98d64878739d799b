-- The register of controlled medicines: for each item and storeroom one line for each movement, numbered without a gap, with the balance after it.
-- The database writes the lines itself, and none is ever changed. Two people check the balance; a third person explains a difference.
CREATE TABLE register_entries (
    store_id    UUID NOT NULL,
    item_id     UUID NOT NULL,
    number      BIGINT NOT NULL CHECK (number >= 1),
    movement_id UUID NOT NULL UNIQUE REFERENCES stock_movements (id),
    quantity    BIGINT NOT NULL CHECK (quantity <> 0),
    balance     BIGINT NOT NULL CONSTRAINT register_entries_not_negative CHECK (balance >= 0),
    PRIMARY KEY (store_id, item_id, number),
    FOREIGN KEY (store_id, item_id) REFERENCES store_items (store_id, item_id)
);
CREATE TABLE register_checks (
    id           UUID PRIMARY KEY NOT NULL,
    store_id     UUID NOT NULL,
    item_id      UUID NOT NULL,
    -- The last line of the register at the check, and its balance.
    number       BIGINT NOT NULL,
    expected     BIGINT NOT NULL CHECK (expected >= 0),
    counted      BIGINT NOT NULL CHECK (counted BETWEEN 0 AND 1000000000),
    state        TEXT NOT NULL CHECK (state IN ('agreed', 'open', 'explained')),
    occasion     TEXT NOT NULL CHECK (occasion IN ('shift', 'keys', 'other')),
    at           TIMESTAMPTZ NOT NULL,
    counted_by   UUID NOT NULL REFERENCES users (id),
    witness_id   UUID NOT NULL REFERENCES users (id),
    explanation  TEXT NOT NULL DEFAULT '' CHECK (length(explanation) <= 1000),
    explained_at TIMESTAMPTZ,
    explained_by UUID REFERENCES users (id),
    FOREIGN KEY (store_id, item_id, number) REFERENCES register_entries (store_id, item_id, number),
    CONSTRAINT register_checks_agreed CHECK ((state = 'agreed') = (counted = expected)),
    CONSTRAINT register_checks_two_people CHECK (witness_id <> counted_by),
    CONSTRAINT register_checks_explained CHECK ((explained_at IS NULL) = (explained_by IS NULL) AND (explained_at IS NOT NULL) = (state = 'explained')
        AND (state <> 'explained' OR length(trim(explanation)) > 0)),
    CONSTRAINT register_checks_third CHECK (explained_by <> counted_by AND explained_by <> witness_id)
);
CREATE INDEX register_checks_in_order ON register_checks (store_id, item_id, number);
CREATE INDEX register_checks_open ON register_checks (at) WHERE state = 'open';

REVOKE UPDATE, DELETE, TRUNCATE ON register_entries FROM infirmary_app;
REVOKE DELETE, TRUNCATE ON register_checks FROM infirmary_app;
-- The register continues the line before it, and ends at what the storeroom has.
CREATE FUNCTION register_entries_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.number <> 1 + coalesce((SELECT max(e.number) FROM register_entries e WHERE e.store_id = NEW.store_id AND e.item_id = NEW.item_id), 0)
        OR NOT EXISTS (SELECT 1 FROM stock_movements m JOIN stock_lines l ON l.id = m.line_id JOIN store_items s
            ON s.store_id = l.store_id AND s.item_id = l.item_id WHERE m.id = NEW.movement_id AND m.quantity = NEW.quantity
            AND l.store_id = NEW.store_id AND l.item_id = NEW.item_id AND s.quantity = NEW.balance) THEN
        PERFORM refuse('register_entries_follow');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER register_entries_follow BEFORE INSERT ON register_entries FOR EACH ROW EXECUTE FUNCTION register_entries_follow();
CREATE FUNCTION register_entries_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO register_entries (store_id, item_id, number, movement_id, quantity, balance)
    SELECT l.store_id, l.item_id, 1 + coalesce((SELECT max(e.number) FROM register_entries e WHERE e.store_id = l.store_id AND e.item_id = l.item_id), 0),
        NEW.id, NEW.quantity, s.quantity
    FROM stock_lines l JOIN store_items s ON s.store_id = l.store_id AND s.item_id = l.item_id JOIN stock_items i ON i.id = l.item_id
    JOIN drugs d ON d.id = i.drug_id WHERE l.id = NEW.line_id
        AND (d.schedule <> '' OR EXISTS (SELECT 1 FROM register_entries e WHERE e.store_id = l.store_id AND e.item_id = l.item_id));
    RETURN NULL;
END $$;
CREATE TRIGGER register_entries_write AFTER INSERT ON stock_movements FOR EACH ROW EXECUTE FUNCTION register_entries_write();
CREATE TRIGGER register_entries_fixed BEFORE UPDATE OR DELETE ON register_entries FOR EACH ROW EXECUTE FUNCTION row_fixed('register_entries_fixed');
CREATE FUNCTION register_checks_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'explained' OR NOT EXISTS (SELECT 1 FROM register_entries e WHERE e.store_id = NEW.store_id AND e.item_id = NEW.item_id
        AND e.number = NEW.number AND e.balance = NEW.expected) THEN
        PERFORM refuse('register_checks_follow');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER register_checks_follow BEFORE INSERT ON register_checks FOR EACH ROW EXECUTE FUNCTION register_checks_follow();
CREATE TRIGGER register_checks_fixed BEFORE UPDATE ON register_checks FOR EACH ROW
WHEN (OLD.state <> 'open' OR NEW.state <> 'explained'
    OR (NEW.id, NEW.store_id, NEW.item_id, NEW.number, NEW.expected, NEW.counted, NEW.occasion, NEW.at, NEW.counted_by, NEW.witness_id)
    IS DISTINCT FROM (OLD.id, OLD.store_id, OLD.item_id, OLD.number, OLD.expected, OLD.counted, OLD.occasion, OLD.at, OLD.counted_by, OLD.witness_id))
EXECUTE FUNCTION row_fixed('register_checks_fixed');
CREATE TRIGGER register_checks_kept BEFORE DELETE ON register_checks FOR EACH ROW EXECUTE FUNCTION row_fixed('register_checks_fixed');
