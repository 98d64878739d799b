-- A calculated result is released after the results that it follows from.
CREATE TRIGGER results_inputs_released BEFORE UPDATE ON lab_results
WHEN NEW.released_at IS NOT NULL AND OLD.released_at IS NULL AND EXISTS (SELECT 1 FROM lab_result_inputs i JOIN lab_results r ON r.id = i.input_id
    WHERE i.result_id = NEW.id AND i.input_id <> NEW.id AND r.superseded_at IS NULL AND r.released_at IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'results_inputs_released');
END;

-- A released result stands again when the correction that replaced it is taken back before its release.
DROP TRIGGER results_frozen;
CREATE TRIGGER results_frozen BEFORE UPDATE ON lab_results
WHEN (NEW.id, NEW.analysis_id, NEW.patient_id, NEW.clinic_id, NEW.test_id, NEW.version, NEW.kind, NEW.value_text, NEW.millionths,
        NEW.comparator, NEW.choice_id, NEW.absent_reason, NEW.unit, NEW.flag, NEW.range_low, NEW.range_high, NEW.critical_low,
        NEW.critical_high, NEW.range_text, NEW.range_confirmed, NEW.sender_flag, NEW.findings, NEW.method, NEW.device,
        NEW.dilution, NEW.measured_at, NEW.entered_at, NEW.entered_by, NEW.correction)
    IS NOT (OLD.id, OLD.analysis_id, OLD.patient_id, OLD.clinic_id, OLD.test_id, OLD.version, OLD.kind, OLD.value_text, OLD.millionths,
        OLD.comparator, OLD.choice_id, OLD.absent_reason, OLD.unit, OLD.flag, OLD.range_low, OLD.range_high, OLD.critical_low,
        OLD.critical_high, OLD.range_text, OLD.range_confirmed, OLD.sender_flag, OLD.findings, OLD.method, OLD.device,
        OLD.dilution, OLD.measured_at, OLD.entered_at, OLD.entered_by, OLD.correction)
    OR (OLD.checked_at IS NOT NULL AND NEW.checked_at IS NOT OLD.checked_at) OR (OLD.released_at IS NOT NULL AND NEW.released_at IS NOT OLD.released_at)
    OR (OLD.checked_by IS NOT NULL AND NEW.checked_by IS NOT OLD.checked_by) OR (OLD.released_by IS NOT NULL AND NEW.released_by IS NOT OLD.released_by)
    OR (OLD.released_at IS NOT NULL AND (NEW.autoreleased <> OLD.autoreleased OR NEW.single_handed <> OLD.single_handed))
    OR (OLD.superseded_at IS NOT NULL AND (NEW.released_at IS NOT OLD.released_at OR (NEW.superseded_at IS NOT OLD.superseded_at
        AND (NEW.superseded_at IS NOT NULL OR OLD.released_at IS NULL OR EXISTS (SELECT 1 FROM lab_results n WHERE n.analysis_id = OLD.analysis_id
            AND n.version > OLD.version AND (n.released_at IS NOT NULL OR n.superseded_at IS NULL))))))
BEGIN
    SELECT RAISE(ABORT, 'results_frozen');
END;
-- The call of a result that stands again is open again.
DROP TRIGGER criticals_frozen;
CREATE TRIGGER criticals_frozen BEFORE UPDATE ON lab_critical_calls
WHEN (NEW.id, NEW.result_id, NEW.patient_id, NEW.clinic_id, NEW.value, NEW.opened_at)
        IS NOT (OLD.id, OLD.result_id, OLD.patient_id, OLD.clinic_id, OLD.value, OLD.opened_at)
    OR NEW.level < OLD.level OR (OLD.closed_at IS NOT NULL AND (NOT OLD.corrected OR NEW.closed_at IS NOT NULL OR NEW.corrected
        OR NOT EXISTS (SELECT 1 FROM lab_results r WHERE r.id = OLD.result_id AND r.superseded_at IS NULL)))
BEGIN
    SELECT RAISE(ABORT, 'criticals_frozen');
END;

-- Each level of control material whose last judged run was rejected holds the results of its test, until that level passes.
CREATE INDEX lab_control_runs_rejected ON lab_control_runs (clinic_id, test_id, nth) WHERE verdict = 'rejected';
DROP TRIGGER rejected_holds;
CREATE TRIGGER rejected_holds BEFORE UPDATE ON lab_results
WHEN NEW.released_at IS NOT NULL AND OLD.released_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM lab_hold_overrides v WHERE v.result_id = NEW.id)
    AND EXISTS (SELECT 1 FROM lab_control_runs c JOIN lab_control_points p ON p.run_id = c.id JOIN lab_control_lots l ON l.id = p.lot_id
        WHERE c.clinic_id = NEW.clinic_id AND c.verdict = 'rejected' AND p.mean IS NOT NULL AND (c.test_id = NEW.test_id
            OR c.test_id IN (SELECT r.test_id FROM lab_result_inputs i JOIN lab_results r ON r.id = i.input_id WHERE i.result_id = NEW.id))
        AND NOT EXISTS (SELECT 1 FROM lab_control_runs n JOIN lab_control_points q ON q.run_id = n.id JOIN lab_control_lots m ON m.id = q.lot_id
            WHERE n.clinic_id = c.clinic_id AND n.test_id = c.test_id AND n.nth > c.nth AND n.verdict <> 'establishing' AND q.mean IS NOT NULL
                AND m.level = l.level))
BEGIN
    SELECT RAISE(ABORT, 'rejected_holds');
END;

-- The images are begun while the answer about the kidneys rests on the last released filtration rate (LOINC 98979-8) of the patient.
CREATE TRIGGER imaging_egfr_current BEFORE UPDATE OF step ON imaging_orders
WHEN NEW.step = 'started' AND OLD.step <> 'started' AND EXISTS (SELECT 1 FROM imaging_safety s WHERE s.imaging_id = NEW.id AND s.question = 'kidney'
    AND s.superseded_at IS NULL AND (s.egfr, s.egfr_at) IS NOT (SELECT r.millionths, CASE WHEN r.millionths IS NOT NULL THEN r.measured_at END
        FROM lab_results r JOIN lab_tests t ON t.id = r.test_id WHERE t.loinc = '98979-8' AND r.released_at IS NOT NULL AND r.superseded_at IS NULL
            AND r.patient_id IN (SELECT NEW.patient_id UNION ALL
                SELECT m.merged_id FROM patient_merges m WHERE m.survivor_id = NEW.patient_id AND m.state = 'merged')
        ORDER BY r.measured_at DESC, r.id DESC LIMIT 1))
BEGIN
    SELECT RAISE(ABORT, 'imaging_egfr_current');
END;
