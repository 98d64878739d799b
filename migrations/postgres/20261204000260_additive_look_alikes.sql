-- Two substances whose names look or sound alike. Each name can have a spelling with capitals in the letters that differ; empty for a name that
-- stays as it is. A pair has an effect once a pharmacist confirmed it.
CREATE TABLE look_alikes (
    id            UUID PRIMARY KEY NOT NULL,
    one_id        UUID NOT NULL REFERENCES substances (id),
    one_tall      TEXT NOT NULL DEFAULT '' CHECK (length(one_tall) <= 200),
    one_tall_es   TEXT NOT NULL DEFAULT '' CHECK (length(one_tall_es) <= 200),
    other_id      UUID NOT NULL REFERENCES substances (id),
    other_tall    TEXT NOT NULL DEFAULT '' CHECK (length(other_tall) <= 200),
    other_tall_es TEXT NOT NULL DEFAULT '' CHECK (length(other_tall_es) <= 200),
    source        TEXT NOT NULL CHECK (length(source) BETWEEN 1 AND 500),
    confirmed_at  TIMESTAMPTZ,
    confirmed_by  UUID REFERENCES users (id),
    retired_at    TIMESTAMPTZ,
    updated_at    TIMESTAMPTZ NOT NULL,
    updated_by    UUID NOT NULL REFERENCES users (id),
    version       BIGINT NOT NULL DEFAULT 1,
    CONSTRAINT look_alikes_in_order CHECK (one_id < other_id),
    CONSTRAINT look_alikes_confirmed CHECK ((confirmed_at IS NULL) = (confirmed_by IS NULL))
);
CREATE UNIQUE INDEX look_alikes_once ON look_alikes (one_id, other_id) WHERE retired_at IS NULL;
CREATE FUNCTION look_alikes_confirmed_unchanged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS NOT DISTINCT FROM OLD.confirmed_at
        AND (NEW.one_id, NEW.one_tall, NEW.one_tall_es, NEW.other_id, NEW.other_tall, NEW.other_tall_es, NEW.source)
            IS DISTINCT FROM (OLD.one_id, OLD.one_tall, OLD.one_tall_es, OLD.other_id, OLD.other_tall, OLD.other_tall_es, OLD.source) THEN
        PERFORM refuse('look_alikes_confirmed_unchanged');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER look_alikes_confirmed_unchanged BEFORE UPDATE ON look_alikes FOR EACH ROW EXECUTE FUNCTION look_alikes_confirmed_unchanged();

-- The days after the last dose in which a substance still interacts.
CREATE TABLE washouts (
    id            UUID PRIMARY KEY NOT NULL,
    substance_id  UUID NOT NULL REFERENCES substances (id),
    days          BIGINT NOT NULL CONSTRAINT washouts_days CHECK (days BETWEEN 1 AND 365),
    source        TEXT NOT NULL CHECK (length(source) BETWEEN 1 AND 500),
    confirmed_at  TIMESTAMPTZ,
    confirmed_by  UUID REFERENCES users (id),
    retired_at    TIMESTAMPTZ,
    updated_at    TIMESTAMPTZ NOT NULL,
    updated_by    UUID NOT NULL REFERENCES users (id),
    version       BIGINT NOT NULL DEFAULT 1,
    CONSTRAINT washouts_confirmed CHECK ((confirmed_at IS NULL) = (confirmed_by IS NULL))
);
CREATE UNIQUE INDEX washouts_once ON washouts (substance_id) WHERE retired_at IS NULL;
CREATE FUNCTION washouts_confirmed_unchanged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS NOT DISTINCT FROM OLD.confirmed_at
        AND (NEW.substance_id, NEW.days, NEW.source)
            IS DISTINCT FROM (OLD.substance_id, OLD.days, OLD.source) THEN
        PERFORM refuse('washouts_confirmed_unchanged');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER washouts_confirmed_unchanged BEFORE UPDATE ON washouts FOR EACH ROW EXECUTE FUNCTION washouts_confirmed_unchanged();
