-- The drug of a code that was scanned at the bedside: a wrong one is refused with its reason.
ALTER TABLE bedside_scans ADD COLUMN drug_id UUID REFERENCES drugs (id);
CREATE INDEX bedside_scans_by_drug ON bedside_scans (drug_id) WHERE drug_id IS NOT NULL;
