-- The list of the stock follows the names of the goods, and the low ones are counted without reading all.
CREATE INDEX stock_items_by_name ON stock_items (name, id);
CREATE INDEX store_items_low ON store_items (store_id) WHERE quantity <= low_at AND low_at > 0;
