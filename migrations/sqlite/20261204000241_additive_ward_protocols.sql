-- Protocols: what a nurse may start by herself for a complaint, kept by the head of a ward in versions. A doctor signs each order afterwards. An order by
-- protocol stands in `care_orders` as a verbal one, which a program of the version before knows, and has a row here.
CREATE TABLE ward_protocols (
    id            BLOB PRIMARY KEY NOT NULL,
    -- The first version of the protocol.
    root_id       BLOB NOT NULL REFERENCES ward_protocols (id),
    version       INTEGER NOT NULL CHECK (version >= 1),
    ward_id       BLOB NOT NULL REFERENCES wards (id),
    name          TEXT NOT NULL CHECK (length(trim(name)) BETWEEN 1 AND 120),
    -- The complaint for which it is started.
    indication    TEXT NOT NULL CHECK (length(trim(indication)) BETWEEN 1 AND 200),
    drug_id       BLOB NOT NULL REFERENCES drugs (id),
    dose          TEXT NOT NULL CHECK (length(trim(dose)) BETWEEN 1 AND 100),
    route         TEXT NOT NULL CHECK (length(route) BETWEEN 1 AND 20),
    -- The minutes between two doses and the most doses in any 24 hours.
    interval_min  INTEGER NOT NULL CHECK (interval_min BETWEEN 30 AND 10080),
    most_in_day   INTEGER NOT NULL CHECK (most_in_day BETWEEN 1 AND 48),
    -- Hours for which the order is in force, and within which a doctor signs it.
    hours         INTEGER NOT NULL CHECK (hours BETWEEN 1 AND 72),
    sign_hours    INTEGER NOT NULL CHECK (sign_hours BETWEEN 1 AND 72),
    instructions  TEXT NOT NULL DEFAULT '' CHECK (length(instructions) <= 1000),
    made_at       TEXT NOT NULL,
    made_by       BLOB NOT NULL REFERENCES users (id),
    superseded_at TEXT,
    -- The protocol is not started any more.
    retired       INTEGER NOT NULL DEFAULT 0 CHECK (retired IN (0, 1)),
    CONSTRAINT ward_protocols_versions UNIQUE (root_id, version),
    CONSTRAINT ward_protocols_first CHECK ((version = 1) = (root_id = id))
) STRICT;
CREATE UNIQUE INDEX ward_protocols_one_current ON ward_protocols (root_id) WHERE superseded_at IS NULL;
CREATE UNIQUE INDEX ward_protocols_one_name ON ward_protocols (ward_id, lower(name)) WHERE superseded_at IS NULL;
CREATE INDEX ward_protocols_by_drug ON ward_protocols (drug_id);

-- The protocol by which an order was started.
CREATE TABLE order_protocols (
    order_id    BLOB PRIMARY KEY NOT NULL,
    patient_id  BLOB NOT NULL REFERENCES patients (id),
    protocol_id BLOB NOT NULL REFERENCES ward_protocols (id),
    CONSTRAINT order_protocols_same_patient FOREIGN KEY (order_id, patient_id) REFERENCES care_orders (id, patient_id)
) STRICT;
CREATE INDEX order_protocols_by_protocol ON order_protocols (protocol_id);
CREATE INDEX order_protocols_by_patient ON order_protocols (patient_id);

CREATE TRIGGER ward_protocols_frozen BEFORE UPDATE ON ward_protocols
WHEN OLD.superseded_at IS NOT NULL OR (NEW.id, NEW.root_id, NEW.version, NEW.ward_id, NEW.name, NEW.indication, NEW.drug_id, NEW.dose, NEW.route,
        NEW.interval_min, NEW.most_in_day, NEW.hours, NEW.sign_hours, NEW.instructions, NEW.made_at, NEW.made_by, NEW.retired)
    IS NOT (OLD.id, OLD.root_id, OLD.version, OLD.ward_id, OLD.name, OLD.indication, OLD.drug_id, OLD.dose, OLD.route,
        OLD.interval_min, OLD.most_in_day, OLD.hours, OLD.sign_hours, OLD.instructions, OLD.made_at, OLD.made_by, OLD.retired)
BEGIN
    SELECT RAISE(ABORT, 'ward_protocols_frozen');
END;
CREATE TRIGGER ward_protocols_kept BEFORE DELETE ON ward_protocols
BEGIN
    SELECT RAISE(ABORT, 'ward_protocols_frozen');
END;
-- The order is what the protocol says, and it is started while the protocol is in force.
CREATE TRIGGER order_protocols_followed BEFORE INSERT ON order_protocols
WHEN NOT EXISTS (SELECT 1 FROM care_orders o JOIN ward_protocols p ON p.id = NEW.protocol_id WHERE o.id = NEW.order_id AND o.mode = 'verbal'
    AND o.signed_at IS NULL AND p.superseded_at IS NULL AND p.retired = 0 AND o.drug_id = p.drug_id AND o.dose = p.dose AND o.route = p.route
    AND o.timing = 'as_needed' AND o.interval_min = p.interval_min AND o.most_in_day = p.most_in_day AND o.ends_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'order_protocols_followed');
END;
CREATE TRIGGER order_protocols_frozen BEFORE UPDATE ON order_protocols
BEGIN
    SELECT RAISE(ABORT, 'order_protocols_frozen');
END;
CREATE TRIGGER order_protocols_kept BEFORE DELETE ON order_protocols
BEGIN
    SELECT RAISE(ABORT, 'order_protocols_frozen');
END;
