-- Each row that somebody signed, under the word by which the audit log tells of it: `infirmary check` compares the two, and a key is
-- retired after its last signature.
CREATE VIEW signed_rows AS
SELECT 'note' AS what, n.id, s.key_id, s.signed_at FROM notes n
    LEFT JOIN note_signatures s ON s.note_id = n.id AND s.addendum_id IS NULL WHERE n.state = 'signed'
UNION ALL SELECT 'addendum', a.id, s.key_id, s.signed_at FROM addenda a LEFT JOIN note_signatures s ON s.addendum_id = a.id
UNION ALL SELECT 'stay_note', id, key_id, signed_at FROM stay_notes WHERE state = 'final'
UNION ALL SELECT 'stay_note_addendum', id, key_id, written_at FROM stay_note_addenda
UNION ALL SELECT 'discharge_summary', id, key_id, signed_at FROM discharge_summaries WHERE state = 'final'
UNION ALL SELECT 'radiology_report', id, key_id, signed_at FROM radiology_reports WHERE state = 'final'
UNION ALL SELECT 'radiology_addendum', id, key_id, written_at FROM radiology_addenda
UNION ALL SELECT 'care_order', id, key_id, signed_at FROM care_orders WHERE signed_at IS NOT NULL;
