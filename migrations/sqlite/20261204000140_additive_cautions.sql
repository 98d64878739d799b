-- What a label says beside the directions, and what is said at the hand-over.
-- The words of the cautions (formulary::Caution), with a blank between.
ALTER TABLE drugs ADD COLUMN cautions TEXT NOT NULL DEFAULT '' CONSTRAINT drugs_cautions CHECK (length(cautions) <= 200);
-- Nobody gets it without counselling that was offered.
ALTER TABLE drugs ADD COLUMN counsel INTEGER NOT NULL DEFAULT 0 CHECK (counsel IN (0, 1));
ALTER TABLE dispenses ADD COLUMN counselling TEXT CHECK (counselling IN ('given', 'interpreter', 'refused'));
