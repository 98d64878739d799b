-- Order sets: named lists of orders that the head of the wards keeps. A changed set is another version; orders keep the line that they came from.

CREATE TABLE order_sets (
    id            UUID PRIMARY KEY NOT NULL,
    -- The first version of the set.
    root_id       UUID NOT NULL REFERENCES order_sets (id),
    version       BIGINT NOT NULL CHECK (version >= 1),
    name          TEXT NOT NULL CHECK (length(trim(name)) BETWEEN 1 AND 120),
    purpose       TEXT NOT NULL DEFAULT '' CHECK (length(purpose) <= 500),
    made_at       TIMESTAMPTZ NOT NULL,
    made_by       UUID NOT NULL REFERENCES users (id),
    superseded_at TIMESTAMPTZ,
    -- The set is not ordered any more.
    retired       BOOLEAN NOT NULL DEFAULT false,
    CONSTRAINT order_sets_versions UNIQUE (root_id, version),
    CONSTRAINT order_sets_first CHECK ((version = 1) = (root_id = id))
);
CREATE UNIQUE INDEX order_sets_one_current ON order_sets (root_id) WHERE superseded_at IS NULL;
CREATE UNIQUE INDEX order_sets_one_name ON order_sets (lower(name)) WHERE superseded_at IS NULL;

CREATE TABLE order_set_lines (
    id       UUID PRIMARY KEY NOT NULL,
    set_id   UUID NOT NULL REFERENCES order_sets (id),
    position BIGINT NOT NULL CHECK (position BETWEEN 1 AND 20),
    kind     TEXT NOT NULL CHECK (kind IN ('medicine', 'oxygen', 'diet', 'monitoring', 'nursing', 'activity')),
    drug_id  UUID REFERENCES drugs (id),
    -- The fields of the order's form, as JSON.
    fields   TEXT NOT NULL CHECK (length(fields) BETWEEN 2 AND 4000),
    -- Whether the line is ticked when the set is opened.
    ticked   BOOLEAN NOT NULL,
    CONSTRAINT order_set_lines_in_turn UNIQUE (set_id, position),
    CONSTRAINT order_set_lines_drug CHECK ((kind = 'medicine') = (drug_id IS NOT NULL))
);
CREATE INDEX order_set_lines_by_drug ON order_set_lines (drug_id) WHERE drug_id IS NOT NULL;

-- The line that an order came from.
CREATE TABLE order_set_origins (
    order_id   UUID PRIMARY KEY NOT NULL,
    patient_id UUID NOT NULL REFERENCES patients (id),
    line_id    UUID NOT NULL REFERENCES order_set_lines (id),
    CONSTRAINT order_set_origins_same_patient FOREIGN KEY (order_id, patient_id) REFERENCES care_orders (id, patient_id)
);
CREATE INDEX order_set_origins_by_line ON order_set_origins (line_id);
CREATE INDEX order_set_origins_by_patient ON order_set_origins (patient_id);

ALTER TABLE order_set_origins ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON order_set_origins USING (EXISTS (SELECT 1 FROM care_orders o WHERE o.id = order_set_origins.order_id OFFSET 0));
REVOKE DELETE, TRUNCATE ON order_sets, order_set_lines, order_set_origins FROM infirmary_app;

CREATE TRIGGER order_sets_frozen BEFORE UPDATE ON order_sets FOR EACH ROW
WHEN ((NEW.id, NEW.root_id, NEW.version, NEW.name, NEW.purpose, NEW.made_at, NEW.made_by, NEW.retired)
    IS DISTINCT FROM (OLD.id, OLD.root_id, OLD.version, OLD.name, OLD.purpose, OLD.made_at, OLD.made_by, OLD.retired) OR OLD.superseded_at IS NOT NULL)
EXECUTE FUNCTION row_fixed('order_sets_frozen');
CREATE TRIGGER order_sets_kept BEFORE DELETE ON order_sets FOR EACH ROW EXECUTE FUNCTION row_fixed('order_sets_frozen');
CREATE TRIGGER order_set_lines_frozen BEFORE UPDATE ON order_set_lines FOR EACH ROW EXECUTE FUNCTION row_fixed('order_set_lines_frozen');
CREATE TRIGGER order_set_lines_kept BEFORE DELETE ON order_set_lines FOR EACH ROW EXECUTE FUNCTION row_fixed('order_set_lines_frozen');
CREATE TRIGGER order_set_origins_frozen BEFORE UPDATE ON order_set_origins FOR EACH ROW EXECUTE FUNCTION row_fixed('order_set_origins_frozen');
CREATE TRIGGER order_set_origins_kept BEFORE DELETE ON order_set_origins FOR EACH ROW EXECUTE FUNCTION row_fixed('order_set_origins_frozen');
