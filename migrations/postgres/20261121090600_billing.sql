-- What was done, what it costs, who paid.

CREATE TABLE price_items (
    id         UUID PRIMARY KEY NOT NULL,
    code       TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('consultation', 'procedure', 'test', 'drug', 'bed_day', 'other')),
    -- The service whose consultation this is, if it is one.
    department_id UUID REFERENCES departments (id),
    retired_at TIMESTAMPTZ
);

CREATE TABLE prices (
    id         UUID PRIMARY KEY NOT NULL,
    item_id    UUID NOT NULL REFERENCES price_items (id),
    clinic_id  UUID REFERENCES clinics (id),
    amount     BIGINT NOT NULL CHECK (amount >= 0),
    valid_from DATE NOT NULL,
    valid_to   DATE,
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    CHECK (valid_to IS NULL OR valid_from <= valid_to)
);
CREATE UNIQUE INDEX prices_one_start ON prices (item_id, clinic_id, valid_from) WHERE clinic_id IS NOT NULL;
CREATE UNIQUE INDEX prices_one_start_everywhere ON prices (item_id, valid_from) WHERE clinic_id IS NULL;

CREATE TABLE billing_accounts (
    id         UUID PRIMARY KEY NOT NULL,
    patient_id UUID NOT NULL UNIQUE REFERENCES patients (id),
    opened_at  TIMESTAMPTZ NOT NULL,
    opened_by  UUID NOT NULL REFERENCES users (id)
);

CREATE TABLE charges (
    id           UUID PRIMARY KEY NOT NULL,
    account_id   UUID NOT NULL REFERENCES billing_accounts (id),
    patient_id   UUID NOT NULL REFERENCES patients (id),
    clinic_id    UUID NOT NULL REFERENCES clinics (id),
    visit_id     UUID REFERENCES visits (id),
    item_id      UUID NOT NULL REFERENCES price_items (id),
    description  TEXT NOT NULL,
    quantity     BIGINT NOT NULL CHECK (quantity BETWEEN 1 AND 10000),
    unit_price   BIGINT NOT NULL CHECK (unit_price >= 0),
    amount       BIGINT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('planned', 'billable', 'billed', 'paid', 'cancelled', 'entered_in_error')),
    -- What raised it ('consultation', the encounter's id): one service raises one charge.
    source       TEXT NOT NULL,
    source_id    UUID NOT NULL,
    raised_at    TIMESTAMPTZ NOT NULL,
    raised_by    UUID NOT NULL REFERENCES users (id),
    updated_at   TIMESTAMPTZ NOT NULL,
    version      BIGINT NOT NULL DEFAULT 1,
    UNIQUE (source, source_id),
    CHECK (amount = quantity * unit_price)
);
CREATE INDEX charges_by_account ON charges (account_id, state);
CREATE INDEX charges_by_clinic ON charges (clinic_id, state, raised_at);

CREATE TABLE invoices (
    id            UUID PRIMARY KEY NOT NULL,
    account_id    UUID NOT NULL REFERENCES billing_accounts (id),
    patient_id    UUID NOT NULL REFERENCES patients (id),
    clinic_id     UUID NOT NULL REFERENCES clinics (id),
    number        TEXT UNIQUE,
    state         TEXT NOT NULL CHECK (state IN ('draft', 'issued', 'part_paid', 'paid', 'cancelled')),
    insurer_id    UUID REFERENCES insurers (id),
    total         BIGINT NOT NULL CHECK (total >= 0),
    insurer_share BIGINT NOT NULL DEFAULT 0 CHECK (insurer_share >= 0),
    patient_share BIGINT NOT NULL CHECK (patient_share >= 0),
    paid          BIGINT NOT NULL DEFAULT 0 CHECK (paid >= 0),
    issued_at     TIMESTAMPTZ,
    issued_by     UUID REFERENCES users (id),
    created_at    TIMESTAMPTZ NOT NULL,
    created_by    UUID NOT NULL REFERENCES users (id),
    updated_at    TIMESTAMPTZ NOT NULL,
    version       BIGINT NOT NULL DEFAULT 1,
    CHECK (insurer_share + patient_share = total),
    CONSTRAINT invoices_never_overpaid CHECK (paid <= patient_share),
    CHECK ((state = 'draft') = (number IS NULL)),
    CHECK ((number IS NULL) = (issued_at IS NULL)),
    CHECK (state <> 'paid' OR paid = patient_share),
    CHECK (state <> 'issued' OR paid = 0)
);
CREATE INDEX invoices_by_account ON invoices (account_id, created_at);
CREATE INDEX invoices_by_clinic ON invoices (clinic_id, state, created_at);

CREATE TABLE invoice_lines (
    id            UUID PRIMARY KEY NOT NULL,
    invoice_id    UUID NOT NULL REFERENCES invoices (id),
    charge_id     UUID NOT NULL UNIQUE REFERENCES charges (id),
    position      BIGINT NOT NULL CHECK (position >= 1),
    description   TEXT NOT NULL,
    quantity      BIGINT NOT NULL CHECK (quantity >= 1),
    unit_price    BIGINT NOT NULL CHECK (unit_price >= 0),
    amount        BIGINT NOT NULL CHECK (amount >= 0),
    insurer_share BIGINT NOT NULL CHECK (insurer_share >= 0),
    patient_share BIGINT NOT NULL CHECK (patient_share >= 0),
    UNIQUE (invoice_id, position),
    CHECK (amount = quantity * unit_price),
    CHECK (insurer_share + patient_share = amount)
);

CREATE TABLE payments (
    id              UUID PRIMARY KEY NOT NULL,
    invoice_id      UUID NOT NULL REFERENCES invoices (id),
    patient_id      UUID NOT NULL REFERENCES patients (id),
    clinic_id       UUID NOT NULL REFERENCES clinics (id),
    method          TEXT NOT NULL CHECK (method IN ('cash', 'card', 'transfer')),
    amount          BIGINT NOT NULL CHECK (amount > 0),
    tendered        BIGINT NOT NULL,
    change_given    BIGINT NOT NULL CHECK (change_given >= 0),
    reference       TEXT NOT NULL DEFAULT '' CHECK (length(reference) <= 100),
    receipt_number  TEXT NOT NULL UNIQUE,
    idempotency_key UUID NOT NULL UNIQUE,
    taken_at        TIMESTAMPTZ NOT NULL,
    taken_by        UUID NOT NULL REFERENCES users (id),
    CHECK (tendered - change_given = amount),
    CHECK (method = 'cash' OR change_given = 0)
);
CREATE INDEX payments_by_invoice ON payments (invoice_id);
CREATE INDEX payments_by_taker ON payments (taken_by, taken_at);
CREATE INDEX payments_by_patient ON payments (patient_id, taken_at);
