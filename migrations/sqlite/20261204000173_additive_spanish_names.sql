-- The Spanish names of what patients choose; empty where there is none, and then the name itself is shown.
ALTER TABLE services ADD COLUMN name_es TEXT NOT NULL DEFAULT '' CHECK (length(name_es) <= 200);
ALTER TABLE specialties ADD COLUMN name_es TEXT NOT NULL DEFAULT '' CHECK (length(name_es) <= 200);
ALTER TABLE visit_types ADD COLUMN name_es TEXT NOT NULL DEFAULT '' CHECK (length(name_es) <= 200);
