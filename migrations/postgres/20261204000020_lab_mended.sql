-- A calculated result is released after the results that it follows from. A released result stands again when the correction that replaced it is
-- taken back before its release. The function reads as its owner.
CREATE OR REPLACE FUNCTION refuse_result_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM refuse('results_frozen');
    END IF;
    IF (NEW.id, NEW.analysis_id, NEW.patient_id, NEW.clinic_id, NEW.test_id, NEW.version, NEW.kind, NEW.value_text, NEW.millionths,
        NEW.comparator, NEW.choice_id, NEW.absent_reason, NEW.unit, NEW.flag, NEW.range_low, NEW.range_high, NEW.critical_low,
        NEW.critical_high, NEW.range_text, NEW.range_confirmed, NEW.sender_flag, NEW.findings, NEW.method, NEW.device,
        NEW.dilution, NEW.measured_at, NEW.entered_at, NEW.entered_by, NEW.correction)
        IS DISTINCT FROM (OLD.id, OLD.analysis_id, OLD.patient_id, OLD.clinic_id, OLD.test_id, OLD.version, OLD.kind, OLD.value_text, OLD.millionths,
        OLD.comparator, OLD.choice_id, OLD.absent_reason, OLD.unit, OLD.flag, OLD.range_low, OLD.range_high, OLD.critical_low,
        OLD.critical_high, OLD.range_text, OLD.range_confirmed, OLD.sender_flag, OLD.findings, OLD.method, OLD.device,
        OLD.dilution, OLD.measured_at, OLD.entered_at, OLD.entered_by, OLD.correction)
        OR (OLD.checked_at IS NOT NULL AND (NEW.checked_at, NEW.checked_by) IS DISTINCT FROM (OLD.checked_at, OLD.checked_by))
        OR (OLD.released_at IS NOT NULL AND (NEW.released_at, NEW.released_by, NEW.autoreleased, NEW.single_handed)
            IS DISTINCT FROM (OLD.released_at, OLD.released_by, OLD.autoreleased, OLD.single_handed))
        OR (OLD.superseded_at IS NOT NULL AND (NEW.released_at IS DISTINCT FROM OLD.released_at OR (NEW.superseded_at IS DISTINCT FROM OLD.superseded_at
            AND (NEW.superseded_at IS NOT NULL OR OLD.released_at IS NULL OR EXISTS (SELECT 1 FROM lab_results n WHERE n.analysis_id = OLD.analysis_id
                AND n.version > OLD.version AND (n.released_at IS NOT NULL OR n.superseded_at IS NULL)))))) THEN
        PERFORM refuse('results_frozen');
    END IF;
    IF NEW.single_handed AND NOT OLD.single_handed
        AND NOT EXISTS (SELECT 1 FROM lab_settings s WHERE s.clinic_id = NEW.clinic_id AND s.single_handed) THEN
        PERFORM refuse('results_two_people');
    END IF;
    IF NEW.released_at IS NOT NULL AND OLD.released_at IS NULL THEN
        -- A correction of an input at the same moment waits for this release, or this one sees it.
        PERFORM 1 FROM lab_result_inputs i JOIN lab_results r ON r.id = i.input_id WHERE i.result_id = NEW.id FOR SHARE OF r;
        IF EXISTS (SELECT 1 FROM lab_result_inputs i JOIN lab_results r ON r.id = i.input_id
            WHERE i.result_id = NEW.id AND r.superseded_at IS NOT NULL) THEN
            PERFORM refuse('results_inputs_current');
        END IF;
        IF EXISTS (SELECT 1 FROM lab_result_inputs i JOIN lab_results r ON r.id = i.input_id
            WHERE i.result_id = NEW.id AND i.input_id <> NEW.id AND r.released_at IS NULL) THEN
            PERFORM refuse('results_inputs_released');
        END IF;
        IF NEW.flag IN ('LL', 'HH', 'AA') AND NOT EXISTS (SELECT 1 FROM lab_critical_calls c WHERE c.result_id = NEW.id) THEN
            PERFORM refuse('criticals_called');
        END IF;
    END IF;
    RETURN NEW;
END $$;
-- The call of a result that stands again is open again. The function reads as its owner.
CREATE FUNCTION refuse_call_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.result_id, NEW.patient_id, NEW.clinic_id, NEW.value, NEW.opened_at)
            IS DISTINCT FROM (OLD.id, OLD.result_id, OLD.patient_id, OLD.clinic_id, OLD.value, OLD.opened_at)
        OR NEW.level < OLD.level OR (OLD.closed_at IS NOT NULL AND (NOT OLD.corrected OR NEW.closed_at IS NOT NULL OR NEW.corrected
            OR NOT EXISTS (SELECT 1 FROM lab_results r WHERE r.id = OLD.result_id AND r.superseded_at IS NULL))) THEN
        PERFORM refuse('criticals_frozen');
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER criticals_frozen ON lab_critical_calls;
CREATE TRIGGER criticals_frozen BEFORE UPDATE ON lab_critical_calls FOR EACH ROW EXECUTE FUNCTION refuse_call_change();

-- Each level of control material whose last judged run was rejected holds the results of its test, until that level passes. The function reads
-- as its owner.
CREATE INDEX lab_control_runs_rejected ON lab_control_runs (clinic_id, test_id, nth) WHERE verdict = 'rejected';
CREATE OR REPLACE FUNCTION rejected_holds() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM lab_hold_overrides v WHERE v.result_id = NEW.id)
        AND EXISTS (SELECT 1 FROM lab_control_runs c JOIN lab_control_points p ON p.run_id = c.id JOIN lab_control_lots l ON l.id = p.lot_id
            WHERE c.clinic_id = NEW.clinic_id AND c.verdict = 'rejected' AND p.mean IS NOT NULL AND (c.test_id = NEW.test_id
                OR c.test_id IN (SELECT r.test_id FROM lab_result_inputs i JOIN lab_results r ON r.id = i.input_id WHERE i.result_id = NEW.id))
            AND NOT EXISTS (SELECT 1 FROM lab_control_runs n JOIN lab_control_points q ON q.run_id = n.id JOIN lab_control_lots m ON m.id = q.lot_id
                WHERE n.clinic_id = c.clinic_id AND n.test_id = c.test_id AND n.nth > c.nth AND n.verdict <> 'establishing'
                    AND q.mean IS NOT NULL AND m.level = l.level)) THEN
        PERFORM refuse('rejected_holds');
    END IF;
    RETURN NEW;
END $$;

-- The images are begun while the answer about the kidneys rests on the last released filtration rate (LOINC 98979-8) of the patient. The function
-- reads as its owner.
CREATE OR REPLACE FUNCTION refuse_imaging_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM refuse('imaging_orders_fixed');
    END IF;
    IF (NEW.id, NEW.order_id, NEW.patient_id, NEW.clinic_id, NEW.procedure_id, NEW.side)
            IS DISTINCT FROM (OLD.id, OLD.order_id, OLD.patient_id, OLD.clinic_id, OLD.procedure_id, OLD.side)
        OR (OLD.accession IS NOT NULL AND (NEW.accession, NEW.study_uid) IS DISTINCT FROM (OLD.accession, OLD.study_uid)) THEN
        PERFORM refuse('imaging_orders_fixed');
    END IF;
    IF NEW.step <> OLD.step AND (OLD.step || '>' || NEW.step) NOT IN ('draft>requested', 'draft>vetted', 'draft>cancelled', 'requested>vetted', 'requested>returned', 'requested>cancelled',
    'returned>requested', 'returned>vetted', 'returned>cancelled', 'vetted>scheduled', 'vetted>cancelled', 'scheduled>vetted', 'scheduled>arrived',
    'scheduled>no_show', 'scheduled>cancelled', 'no_show>scheduled', 'no_show>cancelled', 'arrived>started', 'arrived>cancelled', 'started>acquired',
    'started>discontinued', 'started>cancelled', 'acquired>reported', 'acquired>cancelled') THEN
        PERFORM refuse('imaging_moves');
    END IF;
    IF NEW.step <> OLD.step AND NEW.version <> OLD.version + 1 THEN
        PERFORM refuse('imaging_versions');
    END IF;
    -- Images are made when each question has a safe answer, or a person has overridden it. The lock lets an answer at the same moment wait.
    IF NEW.step = 'started' AND OLD.step <> 'started' THEN
        PERFORM 1 FROM imaging_safety s WHERE s.imaging_id = NEW.id AND s.superseded_at IS NULL FOR SHARE;
        IF EXISTS (SELECT 1 FROM imaging_safety s WHERE s.imaging_id = NEW.id AND s.superseded_at IS NULL
            AND (s.answer IS NULL OR (s.answer <> 'no' AND s.overridden_at IS NULL))) THEN
            PERFORM refuse('imaging_safety_complete');
        END IF;
        IF EXISTS (SELECT 1 FROM imaging_safety s LEFT JOIN LATERAL (SELECT r.millionths, CASE WHEN r.millionths IS NOT NULL THEN r.measured_at END AS at
            FROM lab_results r JOIN lab_tests t ON t.id = r.test_id WHERE t.loinc = '98979-8' AND r.released_at IS NOT NULL
                AND r.superseded_at IS NULL AND r.patient_id IN (SELECT NEW.patient_id UNION ALL
                SELECT m.merged_id FROM patient_merges m WHERE m.survivor_id = NEW.patient_id AND m.state = 'merged')
            ORDER BY r.measured_at DESC, r.id DESC LIMIT 1) AS last ON TRUE
            WHERE s.imaging_id = NEW.id AND s.question = 'kidney' AND s.superseded_at IS NULL
                AND (s.egfr, s.egfr_at) IS DISTINCT FROM (last.millionths, last.at)) THEN
            PERFORM refuse('imaging_egfr_current');
        END IF;
    END IF;
    RETURN NEW;
END $$;
