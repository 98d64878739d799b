-- Two more acts on an admission: a decided discharge is withdrawn, and facts of the stay change. Only the definition of the column changes.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''undone'', ''corrected'')', '''undone'', ''corrected'', ''discharge_withdrawn'', ''facts_changed'')')
WHERE type = 'table' AND name = 'admission_acts';
PRAGMA writable_schema = RESET;
