-- The Spanish name of an item of the price list; empty where there is none, and then the name itself is shown.
ALTER TABLE price_items ADD COLUMN name_es TEXT NOT NULL DEFAULT '' CHECK (length(name_es) <= 200);
