-- A deposit is asked for a stay: the price of so many days in a bed of the class. NULL asks for none.
ALTER TABLE bed_classes ADD COLUMN deposit_days BIGINT CHECK (deposit_days BETWEEN 1 AND 60);
