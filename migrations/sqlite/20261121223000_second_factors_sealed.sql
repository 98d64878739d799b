-- The secrets of second factors are sealed like all else (src/keys). Those that an unfinished version kept plain are gone: their
-- owners set the factor up anew.
DELETE FROM recovery_codes;
DELETE FROM second_factors;

CREATE TRIGGER second_factors_key_open_insert BEFORE INSERT ON second_factors WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER second_factors_key_open_update BEFORE UPDATE OF sealed ON second_factors WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
