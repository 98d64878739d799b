-- Order sets: named lists of orders that the head of the wards keeps. A changed set is another version; orders keep the line that they came from.

CREATE TABLE order_sets (
    id            BLOB PRIMARY KEY NOT NULL,
    -- The first version of the set.
    root_id       BLOB NOT NULL REFERENCES order_sets (id),
    version       INTEGER NOT NULL CHECK (version >= 1),
    name          TEXT NOT NULL CHECK (length(trim(name)) BETWEEN 1 AND 120),
    purpose       TEXT NOT NULL DEFAULT '' CHECK (length(purpose) <= 500),
    made_at       TEXT NOT NULL,
    made_by       BLOB NOT NULL REFERENCES users (id),
    superseded_at TEXT,
    -- The set is not ordered any more.
    retired       INTEGER NOT NULL DEFAULT 0 CHECK (retired IN (0, 1)),
    CONSTRAINT order_sets_versions UNIQUE (root_id, version),
    CONSTRAINT order_sets_first CHECK ((version = 1) = (root_id = id))
) STRICT;
CREATE UNIQUE INDEX order_sets_one_current ON order_sets (root_id) WHERE superseded_at IS NULL;
CREATE UNIQUE INDEX order_sets_one_name ON order_sets (lower(name)) WHERE superseded_at IS NULL;

CREATE TABLE order_set_lines (
    id       BLOB PRIMARY KEY NOT NULL,
    set_id   BLOB NOT NULL REFERENCES order_sets (id),
    position INTEGER NOT NULL CHECK (position BETWEEN 1 AND 20),
    kind     TEXT NOT NULL CHECK (kind IN ('medicine', 'oxygen', 'diet', 'monitoring', 'nursing', 'activity')),
    drug_id  BLOB REFERENCES drugs (id),
    -- The fields of the order's form, as JSON.
    fields   TEXT NOT NULL CHECK (length(fields) BETWEEN 2 AND 4000),
    -- Whether the line is ticked when the set is opened.
    ticked   INTEGER NOT NULL CHECK (ticked IN (0, 1)),
    CONSTRAINT order_set_lines_in_turn UNIQUE (set_id, position),
    CONSTRAINT order_set_lines_drug CHECK ((kind = 'medicine') = (drug_id IS NOT NULL))
) STRICT;
CREATE INDEX order_set_lines_by_drug ON order_set_lines (drug_id) WHERE drug_id IS NOT NULL;

-- The line that an order came from.
CREATE TABLE order_set_origins (
    order_id   BLOB PRIMARY KEY NOT NULL,
    patient_id BLOB NOT NULL REFERENCES patients (id),
    line_id    BLOB NOT NULL REFERENCES order_set_lines (id),
    CONSTRAINT order_set_origins_same_patient FOREIGN KEY (order_id, patient_id) REFERENCES care_orders (id, patient_id)
) STRICT;
CREATE INDEX order_set_origins_by_line ON order_set_origins (line_id);
CREATE INDEX order_set_origins_by_patient ON order_set_origins (patient_id);

CREATE TRIGGER order_sets_frozen BEFORE UPDATE ON order_sets
WHEN (NEW.id, NEW.root_id, NEW.version, NEW.name, NEW.purpose, NEW.made_at, NEW.made_by, NEW.retired)
    IS NOT (OLD.id, OLD.root_id, OLD.version, OLD.name, OLD.purpose, OLD.made_at, OLD.made_by, OLD.retired) OR OLD.superseded_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'order_sets_frozen');
END;
CREATE TRIGGER order_sets_kept BEFORE DELETE ON order_sets
BEGIN
    SELECT RAISE(ABORT, 'order_sets_frozen');
END;
CREATE TRIGGER order_set_lines_frozen BEFORE UPDATE ON order_set_lines
BEGIN
    SELECT RAISE(ABORT, 'order_set_lines_frozen');
END;
CREATE TRIGGER order_set_lines_kept BEFORE DELETE ON order_set_lines
BEGIN
    SELECT RAISE(ABORT, 'order_set_lines_frozen');
END;
CREATE TRIGGER order_set_origins_frozen BEFORE UPDATE ON order_set_origins
BEGIN
    SELECT RAISE(ABORT, 'order_set_origins_frozen');
END;
CREATE TRIGGER order_set_origins_kept BEFORE DELETE ON order_set_origins
BEGIN
    SELECT RAISE(ABORT, 'order_set_origins_frozen');
END;
