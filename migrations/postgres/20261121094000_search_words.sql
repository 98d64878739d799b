-- Each folded word that any name has, once: looked through for the middle of a name and for slips of the hand. Far fewer than
-- names; a word that nobody is called any more does no harm.
CREATE TABLE patient_search_words (
    term TEXT PRIMARY KEY COLLATE "C"
);

INSERT INTO patient_search_words (term) SELECT DISTINCT term FROM patient_search_terms WHERE left(term, 1) <> '~';

CREATE FUNCTION patient_search_words_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- In one order, so that two registrations do not wait for each other.
    INSERT INTO patient_search_words (term)
    SELECT DISTINCT term FROM added WHERE left(term, 1) <> '~'
        AND NOT EXISTS (SELECT 1 FROM patient_search_words known WHERE known.term = added.term)
    ORDER BY term
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER patient_search_words_grow AFTER INSERT ON patient_search_terms
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION patient_search_words_grow();
