-- Stock counts: a batch is counted at a position of the ledger; a difference waits for another person.
CREATE TABLE stock_counts (
    id          BLOB PRIMARY KEY NOT NULL,
    line_id     BLOB NOT NULL REFERENCES stock_lines (id),
    -- The number of the line's movement after which it was counted, and the stock then.
    seq         INTEGER NOT NULL CHECK (seq >= 1),
    expected    INTEGER NOT NULL CHECK (expected >= 0),
    counted     INTEGER NOT NULL CHECK (counted BETWEEN 0 AND 1000000000),
    state       TEXT NOT NULL CHECK (state IN ('matched', 'asked', 'approved', 'rejected')),
    document_id BLOB REFERENCES stock_documents (id),
    counted_at  TEXT NOT NULL,
    counted_by  BLOB NOT NULL REFERENCES users (id),
    decided_at  TEXT,
    decided_by  BLOB REFERENCES users (id),
    CONSTRAINT stock_counts_matched CHECK ((state = 'matched') = (counted = expected)),
    CONSTRAINT stock_counts_decided CHECK ((decided_at IS NULL) = (decided_by IS NULL)
        AND (decided_at IS NOT NULL) = (state = 'approved' OR state = 'rejected')),
    CONSTRAINT stock_counts_posted CHECK ((document_id IS NOT NULL) = (state = 'approved')),
    CONSTRAINT stock_counts_two_people CHECK (decided_by <> counted_by)
) STRICT;
CREATE UNIQUE INDEX stock_counts_one_open ON stock_counts (line_id) WHERE state = 'asked';
CREATE INDEX stock_counts_open ON stock_counts (counted_at) WHERE state = 'asked';
CREATE INDEX stock_counts_by_line ON stock_counts (line_id, counted_at);

CREATE TRIGGER stock_counts_follow BEFORE INSERT ON stock_counts
WHEN NEW.state NOT IN ('matched', 'asked')
    OR NOT EXISTS (SELECT 1 FROM stock_movements m WHERE m.line_id = NEW.line_id AND m.seq = NEW.seq AND m.on_hand_after = NEW.expected)
BEGIN
    SELECT RAISE(ABORT, 'stock_counts_follow');
END;
CREATE TRIGGER stock_counts_fixed BEFORE UPDATE ON stock_counts
WHEN OLD.state <> 'asked' OR (NEW.id, NEW.line_id, NEW.seq, NEW.expected, NEW.counted, NEW.counted_at, NEW.counted_by)
    IS NOT (OLD.id, OLD.line_id, OLD.seq, OLD.expected, OLD.counted, OLD.counted_at, OLD.counted_by)
BEGIN
    SELECT RAISE(ABORT, 'stock_counts_fixed');
END;
CREATE TRIGGER stock_counts_kept BEFORE DELETE ON stock_counts
BEGIN
    SELECT RAISE(ABORT, 'stock_counts_fixed');
END;
