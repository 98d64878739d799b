-- An address is limited by how many different names fail from it within an hour. The row of a name at an address says when the
-- address was last charged for that name, and until when the address counts as one from which the account's owner signs in.

ALTER TABLE sign_in_attempts ADD COLUMN counted_at TIMESTAMPTZ;
ALTER TABLE sign_in_attempts ADD COLUMN known_until TIMESTAMPTZ;
-- Until now such a row was recognised by its existence, and its last attempt stood in the future.
UPDATE sign_in_attempts SET known_until = last_at WHERE attempts = 0;
