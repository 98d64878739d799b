-- In SQLite a table with a trigger looks, at each insert, for rows that refer to the new one: a price must not read all charges. By item a
-- page asks whether a package was sold.
CREATE INDEX charges_by_price ON charges (price_id) WHERE price_id IS NOT NULL;
CREATE INDEX charges_by_item ON charges (item_id) WHERE item_id IS NOT NULL;
