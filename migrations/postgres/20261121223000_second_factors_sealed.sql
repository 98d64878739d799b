-- The secrets of second factors are sealed like all else (src/keys). Those that an unfinished version kept plain are gone: their
-- owners set the factor up anew.
DELETE FROM recovery_codes;
DELETE FROM second_factors;

CREATE TRIGGER second_factors_key_open_insert AFTER INSERT ON second_factors REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER second_factors_key_open_update BEFORE UPDATE OF sealed ON second_factors
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
