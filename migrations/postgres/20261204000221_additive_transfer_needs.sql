-- The needs of a patient on the way and on the other ward, and who goes along. An older program, and an older row, say neither.
ALTER TABLE transfers ADD COLUMN oxygen BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE transfers ADD COLUMN suction BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE transfers ADD COLUMN monitor BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE transfers ADD COLUMN ventilator BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE transfers ADD COLUMN bariatric BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE transfers ADD COLUMN low_bed BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE transfers ADD COLUMN isolation TEXT CHECK (isolation IN ('none', 'contact', 'droplet', 'airborne', 'protective'));
ALTER TABLE transfers ADD COLUMN escort TEXT CHECK (escort IN ('none', 'porter', 'nurse', 'doctor', 'nurse_and_doctor'));
ALTER TABLE transfers ADD COLUMN needs_note TEXT NOT NULL DEFAULT '' CHECK (length(needs_note) <= 200);
