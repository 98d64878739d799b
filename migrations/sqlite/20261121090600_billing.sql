-- What was done, what it costs, who paid.

CREATE TABLE price_items (
    id         BLOB PRIMARY KEY NOT NULL,
    code       TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('consultation', 'procedure', 'test', 'drug', 'bed_day', 'other')),
    -- The service whose consultation this is, if it is one.
    department_id BLOB REFERENCES departments (id),
    retired_at TEXT
) STRICT;

CREATE TABLE prices (
    id         BLOB PRIMARY KEY NOT NULL,
    item_id    BLOB NOT NULL REFERENCES price_items (id),
    clinic_id  BLOB REFERENCES clinics (id),
    amount     INTEGER NOT NULL CHECK (amount >= 0),
    valid_from TEXT NOT NULL,
    valid_to   TEXT,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    CHECK (valid_to IS NULL OR valid_from <= valid_to)
) STRICT;
CREATE UNIQUE INDEX prices_one_start ON prices (item_id, clinic_id, valid_from) WHERE clinic_id IS NOT NULL;
CREATE UNIQUE INDEX prices_one_start_everywhere ON prices (item_id, valid_from) WHERE clinic_id IS NULL;

CREATE TABLE billing_accounts (
    id         BLOB PRIMARY KEY NOT NULL,
    patient_id BLOB NOT NULL UNIQUE REFERENCES patients (id),
    opened_at  TEXT NOT NULL,
    opened_by  BLOB NOT NULL REFERENCES users (id)
) STRICT;

CREATE TABLE charges (
    id           BLOB PRIMARY KEY NOT NULL,
    account_id   BLOB NOT NULL REFERENCES billing_accounts (id),
    patient_id   BLOB NOT NULL REFERENCES patients (id),
    clinic_id    BLOB NOT NULL REFERENCES clinics (id),
    visit_id     BLOB REFERENCES visits (id),
    item_id      BLOB NOT NULL REFERENCES price_items (id),
    description  TEXT NOT NULL,
    quantity     INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 10000),
    unit_price   INTEGER NOT NULL CHECK (unit_price >= 0),
    amount       INTEGER NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('planned', 'billable', 'billed', 'paid', 'cancelled', 'entered_in_error')),
    -- What raised it ('consultation', the encounter's id): one service raises one charge.
    source       TEXT NOT NULL,
    source_id    BLOB NOT NULL,
    raised_at    TEXT NOT NULL,
    raised_by    BLOB NOT NULL REFERENCES users (id),
    updated_at   TEXT NOT NULL,
    version      INTEGER NOT NULL DEFAULT 1,
    UNIQUE (source, source_id),
    CHECK (amount = quantity * unit_price)
) STRICT;
CREATE INDEX charges_by_account ON charges (account_id, state);
CREATE INDEX charges_by_clinic ON charges (clinic_id, state, raised_at);

CREATE TABLE invoices (
    id            BLOB PRIMARY KEY NOT NULL,
    account_id    BLOB NOT NULL REFERENCES billing_accounts (id),
    patient_id    BLOB NOT NULL REFERENCES patients (id),
    clinic_id     BLOB NOT NULL REFERENCES clinics (id),
    number        TEXT UNIQUE,
    state         TEXT NOT NULL CHECK (state IN ('draft', 'issued', 'part_paid', 'paid', 'cancelled')),
    insurer_id    BLOB REFERENCES insurers (id),
    total         INTEGER NOT NULL CHECK (total >= 0),
    insurer_share INTEGER NOT NULL DEFAULT 0 CHECK (insurer_share >= 0),
    patient_share INTEGER NOT NULL CHECK (patient_share >= 0),
    paid          INTEGER NOT NULL DEFAULT 0 CHECK (paid >= 0),
    issued_at     TEXT,
    issued_by     BLOB REFERENCES users (id),
    created_at    TEXT NOT NULL,
    created_by    BLOB NOT NULL REFERENCES users (id),
    updated_at    TEXT NOT NULL,
    version       INTEGER NOT NULL DEFAULT 1,
    CHECK (insurer_share + patient_share = total),
    CONSTRAINT invoices_never_overpaid CHECK (paid <= patient_share),
    CHECK ((state = 'draft') = (number IS NULL)),
    CHECK ((number IS NULL) = (issued_at IS NULL)),
    CHECK (state <> 'paid' OR paid = patient_share),
    CHECK (state <> 'issued' OR paid = 0)
) STRICT;
CREATE INDEX invoices_by_account ON invoices (account_id, created_at);
CREATE INDEX invoices_by_clinic ON invoices (clinic_id, state, created_at);

CREATE TABLE invoice_lines (
    id            BLOB PRIMARY KEY NOT NULL,
    invoice_id    BLOB NOT NULL REFERENCES invoices (id),
    charge_id     BLOB NOT NULL UNIQUE REFERENCES charges (id),
    position      INTEGER NOT NULL CHECK (position >= 1),
    description   TEXT NOT NULL,
    quantity      INTEGER NOT NULL CHECK (quantity >= 1),
    unit_price    INTEGER NOT NULL CHECK (unit_price >= 0),
    amount        INTEGER NOT NULL CHECK (amount >= 0),
    insurer_share INTEGER NOT NULL CHECK (insurer_share >= 0),
    patient_share INTEGER NOT NULL CHECK (patient_share >= 0),
    UNIQUE (invoice_id, position),
    CHECK (amount = quantity * unit_price),
    CHECK (insurer_share + patient_share = amount)
) STRICT;

CREATE TABLE payments (
    id              BLOB PRIMARY KEY NOT NULL,
    invoice_id      BLOB NOT NULL REFERENCES invoices (id),
    patient_id      BLOB NOT NULL REFERENCES patients (id),
    clinic_id       BLOB NOT NULL REFERENCES clinics (id),
    method          TEXT NOT NULL CHECK (method IN ('cash', 'card', 'transfer')),
    amount          INTEGER NOT NULL CHECK (amount > 0),
    tendered        INTEGER NOT NULL,
    change_given    INTEGER NOT NULL CHECK (change_given >= 0),
    reference       TEXT NOT NULL DEFAULT '' CHECK (length(reference) <= 100),
    receipt_number  TEXT NOT NULL UNIQUE,
    idempotency_key BLOB NOT NULL UNIQUE,
    taken_at        TEXT NOT NULL,
    taken_by        BLOB NOT NULL REFERENCES users (id),
    CHECK (tendered - change_given = amount),
    CHECK (method = 'cash' OR change_given = 0)
) STRICT;
CREATE INDEX payments_by_invoice ON payments (invoice_id);
CREATE INDEX payments_by_taker ON payments (taken_by, taken_at);
CREATE INDEX payments_by_patient ON payments (patient_id, taken_at);
