-- Pictures that the hospital shows: its logo (the row without a person) and photos of staff. A picture is never changed: another one takes its
-- place under another id, so that a browser may keep what it has.
CREATE TABLE pictures (
    id        BLOB PRIMARY KEY NOT NULL,
    staff_id  BLOB REFERENCES staff (id),
    media     TEXT NOT NULL CHECK (media IN ('jpeg', 'png')),
    width     INTEGER NOT NULL,
    height    INTEGER NOT NULL,
    bytes     BLOB NOT NULL,
    added_at  TEXT NOT NULL,
    added_by  BLOB NOT NULL REFERENCES users (id),
    CONSTRAINT pictures_size CHECK (width BETWEEN 1 AND 1000 AND height BETWEEN 1 AND 1000 AND length(bytes) BETWEEN 1 AND 2000000)
) STRICT;
CREATE UNIQUE INDEX pictures_one_logo ON pictures ((staff_id IS NULL)) WHERE staff_id IS NULL;
CREATE UNIQUE INDEX pictures_one_of_a_person ON pictures (staff_id) WHERE staff_id IS NOT NULL;
CREATE INDEX pictures_by_user ON pictures (added_by);
CREATE TRIGGER pictures_fixed BEFORE UPDATE ON pictures
BEGIN
    SELECT RAISE(ABORT, 'pictures_fixed');
END;
