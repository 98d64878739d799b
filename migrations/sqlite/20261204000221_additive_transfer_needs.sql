-- The needs of a patient on the way and on the other ward, and who goes along. An older program, and an older row, say neither.
ALTER TABLE transfers ADD COLUMN oxygen INTEGER NOT NULL DEFAULT 0 CHECK (oxygen IN (0, 1));
ALTER TABLE transfers ADD COLUMN suction INTEGER NOT NULL DEFAULT 0 CHECK (suction IN (0, 1));
ALTER TABLE transfers ADD COLUMN monitor INTEGER NOT NULL DEFAULT 0 CHECK (monitor IN (0, 1));
ALTER TABLE transfers ADD COLUMN ventilator INTEGER NOT NULL DEFAULT 0 CHECK (ventilator IN (0, 1));
ALTER TABLE transfers ADD COLUMN bariatric INTEGER NOT NULL DEFAULT 0 CHECK (bariatric IN (0, 1));
ALTER TABLE transfers ADD COLUMN low_bed INTEGER NOT NULL DEFAULT 0 CHECK (low_bed IN (0, 1));
ALTER TABLE transfers ADD COLUMN isolation TEXT CHECK (isolation IN ('none', 'contact', 'droplet', 'airborne', 'protective'));
ALTER TABLE transfers ADD COLUMN escort TEXT CHECK (escort IN ('none', 'porter', 'nurse', 'doctor', 'nurse_and_doctor'));
ALTER TABLE transfers ADD COLUMN needs_note TEXT NOT NULL DEFAULT '' CHECK (length(needs_note) <= 200);
