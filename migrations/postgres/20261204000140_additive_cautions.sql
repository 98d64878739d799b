-- The cautions of a label beside the directions, and the counselling at a hand-over.
-- The words of the cautions (formulary::Caution), with a blank between.
ALTER TABLE drugs ADD COLUMN cautions TEXT NOT NULL DEFAULT '' CONSTRAINT drugs_cautions CHECK (length(cautions) <= 200);
-- It is handed out only after counselling was offered.
ALTER TABLE drugs ADD COLUMN counsel BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE dispenses ADD COLUMN counselling TEXT CHECK (counselling IN ('given', 'interpreter', 'refused'));
