-- Seats of a slot that are kept for patients without an appointment until its day.
ALTER TABLE availabilities ADD COLUMN walk_in_seats INTEGER NOT NULL DEFAULT 0
    CONSTRAINT availabilities_walk_in_seats CHECK (walk_in_seats >= 0 AND walk_in_seats < capacity);
