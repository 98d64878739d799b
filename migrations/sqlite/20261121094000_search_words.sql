-- Each folded word that any name has, once: looked through for the middle of a name and for slips of the hand. Far fewer than
-- names; a word that nobody is called any more does no harm.
CREATE TABLE patient_search_words (
    term TEXT PRIMARY KEY NOT NULL
) WITHOUT ROWID, STRICT;

INSERT INTO patient_search_words (term) SELECT DISTINCT term FROM patient_search_terms WHERE substr(term, 1, 1) <> '~';

CREATE TRIGGER patient_search_words_grow AFTER INSERT ON patient_search_terms WHEN substr(NEW.term, 1, 1) <> '~'
BEGIN
    INSERT INTO patient_search_words (term) VALUES (NEW.term) ON CONFLICT DO NOTHING;
END;
