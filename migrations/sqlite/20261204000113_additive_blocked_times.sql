-- A blocked time is a part of a day without appointments, though the doctor is there: lunch, a meeting. It always says why.
ALTER TABLE absences ADD COLUMN kind TEXT NOT NULL DEFAULT 'leave' CHECK (kind IN ('leave', 'block'))
    CONSTRAINT absences_block CHECK (kind <> 'block' OR (whole_days = 0 AND trim(reason) <> ''));
