-- A page asks whether a package was sold, and a price by which charges were raised.
CREATE INDEX charges_by_price ON charges (price_id) WHERE price_id IS NOT NULL;
CREATE INDEX charges_by_item ON charges (item_id) WHERE item_id IS NOT NULL;
