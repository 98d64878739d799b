//! Tests that the words allowed in a column are the same in both databases, and are those of the enum into which the
//! program reads them.

use std::collections::{BTreeMap, BTreeSet};

use super::{app::on_both_databases, architecture::sources};
use crate::db::{Engine, sql};

type Words = BTreeSet<String>;

/// The enum of each column whose words the schema lists.
const ENUMS: [(&str, &str); 309] = [
    ("absences.kind", "Absent"),
    ("access_grants.kind", "GrantKind"),
    ("assessment_bands.risk", "AssessmentRisk"),
    ("assessments.because", "AssessmentCause"),
    ("assessments.risk", "AssessmentRisk"),
    ("assessments.state", "AssessmentState"),
    ("care_plan_evaluations.outcome", "CareOutcome"),
    ("care_plans.state", "CarePlanState"),
    ("discharge_medicines.decision", "MedicineDecision"),
    ("home_medicines.decision", "MedicineDecision"),
    ("discharge_summaries.state", "SummaryState"),
    ("follow_ups.state", "FollowUpState"),
    ("stay_device_checks.act", "DeviceAct"),
    ("stay_devices.kind", "DeviceKind"),
    ("stay_devices.removal", "DeviceRemoval"),
    ("stay_devices.side", "DeviceSide"),
    ("stay_notes.kind", "StayNoteKind"),
    ("stay_notes.state", "StayNoteState"),
    ("stay_notes.style", "StayNoteStyle"),
    ("access_grants.verdict", "Verdict"),
    ("access_notices.what", "AccessChange"),
    ("administrations.outcome", "DoseOutcome"),
    ("administrations.reason", "DoseReason"),
    ("admission_acts.act", "StayAct"),
    ("admissions.class", "AdmissionClass"),
    ("admissions.isolation", "Isolation"),
    ("admissions.source", "AdmissionSource"),
    ("admissions.state", "AdmissionState"),
    ("admissions.urgency", "Urgency"),
    ("allergies.category", "AllergyCategory"),
    ("allergies.criticality", "Criticality"),
    ("allergies.severity", "Severity"),
    ("appointments.booked_through", "Through"),
    ("appointments.placed", "Placed"),
    ("appointments.state", "AppointmentState"),
    ("appointments.state_before", "AppointmentState"),
    ("audit_log.action", "Action"),
    ("backups.started_by", "RunBy"),
    ("backups.state", "RunState"),
    ("bed_days.kind", "DayKind"),
    ("bed_swaps.state", "SwapState"),
    ("bed_uses.ended_because", "UseEnd"),
    ("bed_uses.kind", "UseKind"),
    ("beds.kind", "BedKind"),
    ("births.outcome", "BirthOutcome"),
    ("births.sex", "Sex"),
    ("care_order_acts.act", "CareAct"),
    ("care_order_acts.reason", "CareReason"),
    ("care_orders.kind", "CareKind"),
    ("care_orders.mode", "CareMode"),
    ("care_orders.priority", "OrderPriority"),
    ("care_orders.state", "CareOrderState"),
    ("care_orders.timing", "DoseTiming"),
    ("cash_moves.kind", "CashMoveKind"),
    ("cash_moves.state", "CashMoveState"),
    ("charges.asked_reason", "DiscountReason"),
    ("charges.discount_reason", "DiscountReason"),
    ("charges.free_because", "FreeBecause"),
    ("charges.state", "ChargeState"),
    ("charges.waits_for", "WaitsFor"),
    ("check_findings.level", "CheckLevel"),
    ("check_findings.stage", "CheckStage"),
    ("credit_note_lines.outcome", "CreditOutcome"),
    ("credit_notes.reason", "CreditReason"),
    ("credit_notes.state", "CreditState"),
    ("cross_reactions.level", "CheckLevel"),
    ("diagnoses.certainty", "Certainty"),
    ("diagnoses.rank", "Rank"),
    ("discharge_steps.state", "StepState"),
    ("discharge_steps.step", "DischargeStep"),
    ("discharges.kind", "DischargeKind"),
    ("dispense_returns.reason", "ReturnReason"),
    ("dispenses.handed_check", "CollectorCheck"),
    ("dispenses.identified_by", "CollectorCheck"),
    ("dose_rules.route", "Route"),
    ("dose_rules.unit", "Unit"),
    ("doses.state", "DoseState"),
    ("drug_ingredients.per_unit", "Unit"),
    ("drug_ingredients.unit", "Unit"),
    ("drug_routes.route", "Route"),
    ("drugs.dispensing_unit", "Unit"),
    ("drugs.form", "DrugForm"),
    ("drugs.status", "DrugStatus"),
    ("emergency_accesses.verdict", "Verdict"),
    ("encounters.kind", "EncounterKind"),
    ("encounters.state", "EncounterState"),
    ("erasure_requests.state", "ErasureState"),
    ("patient_photos.media", "PictureMedia"),
    ("patient_phones.kind", "PhoneKind"),
    ("profile_requests.kind", "ProfileRequestKind"),
    ("profile_requests.state", "ProfileRequestState"),
    ("escalation_steps.step", "EscalationStep"),
    ("escalations.because", "EscalationCause"),
    ("escalations.state", "EscalationState"),
    ("fluid_entries.direction", "FluidDirection"),
    ("fluid_entries.kind", "FluidKind"),
    ("guardians.kind", "Dependence"),
    ("handovers.shift", "WardShift"),
    ("handovers.state", "HandoverState"),
    ("bedside_scans.kind", "ScanKind"),
    ("bedside_scans.outcome", "ScanOutcome"),
    ("dose_effects.effect", "DoseEffect"),
    ("dose_hold_checks.measure", "HoldMeasure"),
    ("dose_hold_checks.reason", "HoldReason"),
    ("dose_scans.unscanned", "Unscanned"),
    ("infusion_events.kind", "InfusionEventKind"),
    ("infusion_events.reason", "InfusionReason"),
    ("infusion_orders.dose_unit", "RateUnit"),
    ("infusions.state", "InfusionState"),
    ("order_hold_rules.comparator", "HoldSide"),
    ("opened_packs.outcome", "PackOutcome"),
    ("order_hold_rules.measure", "HoldMeasure"),
    ("order_set_lines.kind", "CareKind"),
    ("outages.source", "OutageSource"),
    ("past_doses.outcome", "PastOutcome"),
    ("past_orders.kind", "PastKind"),
    ("past_orders.state", "PastOrderState"),
    ("past_reports.kind", "PastKind"),
    ("imaging_doses.source", "DoseSource"),
    ("imaging_orders.priority", "OrderPriority"),
    ("imaging_orders.side", "BodySide"),
    ("imaging_orders.step", "ImagingStep"),
    ("imaging_procedures.contrast", "ContrastRoute"),
    ("imaging_procedures.modality", "Modality"),
    ("imaging_procedures.portal_rule", "PortalRule"),
    ("imaging_rooms.modality", "Modality"),
    ("imaging_safety.answer", "SafetyAnswer"),
    ("imaging_safety.question", "SafetyQuestion"),
    ("imaging_studies.reason", "UnmatchedReason"),
    ("imaging_studies.state", "ArchivedState"),
    ("interactions.level", "InteractionLevel"),
    ("invoice_shares.debtor", "Debtor"),
    ("invoices.state", "InvoiceState"),
    ("lab_analyses.priority", "OrderPriority"),
    ("lab_analyses.state", "AnalysisState"),
    ("lab_analyser_messages.reason", "MessageReason"),
    ("lab_analyser_messages.state", "MessageFate"),
    ("lab_analyser_values.reason", "ValueReason"),
    ("lab_analyser_values.state", "ValueState"),
    ("lab_analysers.charset", "Charset"),
    ("lab_analysers.csv_decimal", "CsvDecimal"),
    ("lab_analysers.csv_separator", "CsvSeparator"),
    ("lab_analysers.protocol", "AnalyserProtocol"),
    ("lab_analysers.sample_field", "SampleField"),
    ("lab_call_attempts.how", "CallHow"),
    ("lab_call_attempts.outcome", "CallOutcome"),
    ("lab_control_lots.state", "LotState"),
    ("lab_control_lots.target", "LotTarget"),
    ("lab_control_runs.rule", "ControlRule"),
    ("lab_control_runs.verdict", "ControlVerdict"),
    ("lab_draws.identified_by", "IdentifiedBy"),
    ("lab_orders.fasting", "Fasting"),
    ("lab_ranges.condition", "Condition"),
    ("lab_ranges.sex", "RangeSex"),
    ("lab_reports.state", "ReportState"),
    ("lab_results.absent_reason", "AbsentReason"),
    ("lab_results.comparator", "Comparator"),
    ("lab_rejudgements.flag", "Flag"),
    ("lab_rejudgements.state", "RejudgementState"),
    ("lab_rejudgements.was_birth_precision", "BirthPrecision"),
    ("lab_rejudgements.was_sex", "Sex"),
    ("lab_result_wishes.wish", "ResultWish"),
    ("lab_results.flag", "Flag"),
    ("lab_results.kind", "ResultKind"),
    ("lab_reviews.action", "ReviewAction"),
    ("lab_reviews.state", "ReviewState"),
    ("lab_reviews.weight", "Weight"),
    ("lab_samples.origin", "Origin"),
    ("lab_samples.pregnancy", "Trimester"),
    ("lab_samples.pregnancy_source", "PregnancySource"),
    ("lab_samples.priority", "OrderPriority"),
    ("lab_samples.rejection", "Rejection"),
    ("lab_samples.specimen", "Specimen"),
    ("lab_samples.state", "SampleState"),
    ("lab_tests.portal_rule", "PortalRule"),
    ("lab_tests.result_type", "ResultType"),
    ("lab_tests.specimen", "Specimen"),
    ("ledger_accounts.kind", "AccountKind"),
    ("ledger_entries.kind", "Posting"),
    ("ledger_periods.state", "PeriodState"),
    ("ledger_sums.credit_kind", "AccountKind"),
    ("ledger_sums.debit_kind", "AccountKind"),
    ("message_channels.kind", "AddressKind"),
    ("message_texts.kind", "MessageKind"),
    ("messages.channel", "MessageChannel"),
    ("messages.kind", "MessageKind"),
    ("messages.outcome", "DeskOutcome"),
    ("messages.state", "MessageState"),
    ("note_signatures.meaning", "Meaning"),
    ("notes.state", "NoteState"),
    ("nursing_allocations.shift", "WardShift"),
    ("nursing_task_plans.kind", "NursingTaskKind"),
    ("nursing_task_plans.repeats", "TaskRepeat"),
    ("nursing_tasks.state", "NursingTaskState"),
    ("observations.consciousness", "Consciousness"),
    ("observations.kind", "SetKind"),
    ("observations.unscored", "Unscored"),
    ("order_kinds.stop", "KindStop"),
    ("orders.priority", "OrderPriority"),
    ("orders.state", "OrderState"),
    ("first_visits.state", "FirstVisitState"),
    ("first_visits.suits", "SuitableTime"),
    ("note_holds.hidden_from", "HiddenFrom"),
    ("note_holds.part", "NotePart"),
    ("patient_consents.kind", "ConsentKind"),
    ("patient_documents.kind", "DocumentKind"),
    ("patient_documents.media", "DocumentMedia"),
    ("patient_documents.scan", "ScanState"),
    ("patient_statements.state", "StatementState"),
    ("patient_merge_rows.act", "MergeAct"),
    ("patient_merges.reason", "MergeReason"),
    ("patient_merges.state", "MergeState"),
    ("patients.allergy_status", "AllergyStatus"),
    ("patients.birth_precision", "BirthPrecision"),
    ("patients.deceased_precision", "DeathPrecision"),
    ("patients.sex", "Sex"),
    ("payment_tenders.method", "Method"),
    ("pictures.media", "PictureMedia"),
    ("prescriptions.dose_unit", "Unit"),
    ("prescriptions.state", "PrescriptionState"),
    ("price_items.kind", "ItemKind"),
    ("problems.clinical_status", "ProblemStatus"),
    ("queue_entries.closed_because", "Closure"),
    ("queue_entries.state", "QueueState"),
    ("radiology_call_attempts.how", "CallHow"),
    ("radiology_call_attempts.outcome", "CallOutcome"),
    ("radiology_findings.within", "CallWithin"),
    ("radiology_reports.state", "RadiologyReportState"),
    ("radiology_reports.weight", "Weight"),
    ("radiology_reviews.action", "ReviewAction"),
    ("radiology_reviews.state", "ReviewState"),
    ("radiology_reviews.weight", "Weight"),
    ("record_exports.purpose", "ExportPurpose"),
    ("restore_trials.state", "RunState"),
    ("record_exports.state", "ExportState"),
    ("refunds.kind", "RefundKind"),
    ("refunds.method", "Method"),
    ("refunds.state", "RefundState"),
    ("role_alarms.what", "RoleChange"),
    ("schedules.kind", "HoursKind"),
    ("service_points.kind", "PointKind"),
    ("settlements.because", "Because"),
    ("settlements.outcome", "Settled"),
    ("setup_confirmations.what", "Confirmation"),
    ("resuscitation_decisions.ground", "LevelGround"),
    ("resuscitation_decisions.level", "CareLevel"),
    ("staff.kind", "Profession"),
    ("staff.sex", "Sex"),
    ("stock_batches.status", "BatchStatus"),
    ("stock_counts.state", "CountState"),
    ("stock_documents.kind", "StockDocumentKind"),
    ("stock_documents.reason", "StockReason"),
    ("stock_items.kind", "GoodsKind"),
    ("stock_items.unit", "StockUnit"),
    ("stock_movements.kind", "MovementKind"),
    ("storerooms.kind", "RoomKind"),
    ("substance_groups.kind", "GroupKind"),
    ("substance_limits.kind", "LimitKind"),
    ("substance_limits.level", "CheckLevel"),
    ("substances.lactation", "Advice"),
    ("substances.pregnancy", "Advice"),
    ("supplies.refusal", "Refusal"),
    ("supplies.state", "SupplyState"),
    ("till_counts.moment", "CountMoment"),
    ("till_results.method", "Method"),
    ("till_results.moment", "CountMoment"),
    ("till_settings.cash_tie", "CashTie"),
    ("till_shifts.state", "TillState"),
    ("transfers.escort", "Escort"),
    ("transfers.isolation", "Isolation"),
    ("transfers.kind", "TransferKind"),
    ("transfers.state", "TransferState"),
    ("user_roles.role", "Role"),
    ("visits.outcome", "Outcome"),
    ("vitals.age_group", "AgeGroup"),
    ("vitals.consciousness", "Consciousness"),
    ("waitlist.state", "WaitState"),
    ("ward_absences.kind", "AwayKind"),
    ("ward_rooms.isolation", "Isolation"),
    ("ward_rooms.sex_rule", "RoomRule"),
    ("wards.kind", "WardKind"),
    ("wards.sex_rule", "SexRule"),
    ("write_offs.reason", "WriteOffReason"),
    ("register_checks.occasion", "RegisterOccasion"),
    ("register_checks.state", "RegisterCheckState"),
    ("purchase_orders.state", "PurchaseOrderState"),
    ("purchase_requests.state", "PurchaseRequestState"),
    ("supplier_invoices.state", "SupplierInvoiceState"),
    ("supplier_returns.reason", "ReturnCause"),
    ("supplier_returns.state", "SupplierReturnState"),
    ("ward_dose_times.timing", "DoseTiming"),
    ("ward_start_tasks.done_by", "StartProof"),
    ("stock_items.need", "ItemNeed"),
    ("recall_patients.state", "RecallPatientState"),
    ("recall_patients.way", "ToldWay"),
    ("stock_recalls.source", "RecallSource"),
    ("stock_recalls.state", "RecallState"),
    ("stock_reservations.purpose", "Purpose"),
    ("stock_reservations.state", "ReservationState"),
    ("stock_transfers.state", "GoodsTransferState"),
    ("summary_releases.readers", "SummaryReaders"),
    ("supplies.substitute_reason", "SubstituteReason"),
    ("supply_findings.level", "CheckLevel"),
    ("supply_findings.stage", "SupplyStage"),
    ("dispenses.counselling", "Counselling"),
    ("supply_pauses.kind", "PauseKind"),
    ("supply_pauses.outcome", "PauseOutcome"),
    ("ward_requisitions.state", "RequisitionState"),
    ("write_offs.state", "WriteOffState"),
];

/// Columns whose words no enum reads, with the reason.
const WITHOUT: [(&str, &str); 15] = [
    ("account_links.kind", "`LinkKind` has the two that a user gets; `sign_up` is set by the store alone"),
    ("allergies.clinical_status", "read as text, as FHIR has it"),
    ("allergies.verification", "read as text, as FHIR has it"),
    ("care.because", "written by triggers alone"),
    ("first_visits.language", "`core::locale` reads languages"),
    ("hospital.default_language", "`core::locale` reads languages"),
    ("lab_choices.flag", "three of the letters of `Flag`"),
    ("locations.kind", "read as text"),
    ("message_preferences.language", "`core::locale` reads languages"),
    ("patients.blood_group", "read as text"),
    ("problems.verification", "read as text, as FHIR has it"),
    ("sign_ups.language", "`core::locale` reads languages"),
    ("users.language", "`core::locale` reads languages"),
    ("users.status", "read as text"),
    ("visit_types.booked_by", "a choice of `organisation::lists`"),
];

/// Returns the quoted words up to the closing character.
fn quoted(text: &str, end: char) -> Words {
    text.split(end).next().unwrap_or_default().split('\'').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Returns the columns of a table's definition, or of its constraints, with all words that a list allows for them.
fn listed(table: &str, definition: &str, mark: &str, end: char) -> BTreeMap<String, Words> {
    let mut found = BTreeMap::<String, Words>::new();
    for (at, _) in definition.match_indices(mark) {
        let before = definition[..at].trim_end_matches([')', ' ', '(']);
        // PostgreSQL writes `(sex)::text = ANY (…)`.
        let before = before.trim_end_matches("::text").trim_end_matches(')');
        let column = before.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap_or_default();
        let words = quoted(&definition[at + mark.len()..], end);
        if !column.is_empty() && column != "NOT" && !words.is_empty() {
            found.entry(format!("{table}.{column}")).or_default().extend(words);
        }
    }
    found
}

/// Returns the words of every `text_enum!` of the program.
fn enums() -> BTreeMap<String, Words> {
    let mut enums = BTreeMap::new();
    for (_, text) in sources().into_iter().filter(|(name, _)| !name.ends_with("text_enum.rs")) {
        for block in text.split("text_enum! {").skip(1) {
            let Some((_, rest)) = block.split_once("enum ") else { continue };
            let (Some((name, _)), Some((_, body))) = (rest.split_once('('), rest.split_once('{')) else { continue };
            let body = body.split('}').next().unwrap_or_default();
            let words = body.split("= \"").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect();
            enums.insert(name.to_owned(), words);
        }
    }
    enums
}

#[tokio::test]
async fn the_words_of_a_column_are_those_of_its_enum_in_both_databases() {
    let enums = enums();
    assert!(enums.len() > 30, "only {} enums were found", enums.len());
    on_both_databases(async |db| {
        let engine = db.engine();
        let mut tx = db.write().await.expect("a transaction");
        let (tables, mark, end) = match engine {
            Engine::Sqlite => (sql("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL"), " IN (", ')'),
            Engine::Postgres => (
                sql("SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0"),
                " = ANY (ARRAY[",
                ']',
            ),
        };
        let mut columns = BTreeMap::<String, Words>::new();
        for (table, definition) in tx.all::<(String, String)>(tables).await.expect("the schema") {
            for (column, words) in listed(&table, &definition, mark, end) {
                columns.entry(column).or_default().extend(words);
            }
        }
        assert!(columns.len() > 30, "{engine:?}: only {} columns were found", columns.len());
        let mut wrong = Vec::new();
        for (column, words) in &columns {
            if WITHOUT.iter().any(|(name, _)| name == column) {
                continue;
            }
            let Some((_, name)) = ENUMS.iter().find(|(name, _)| name == column) else {
                wrong.push(format!("{column} has no enum here: {words:?}"));
                continue;
            };
            match enums.get(*name) {
                Some(known) if known == words => {}
                Some(known) => wrong.push(format!("{column} takes {words:?}, {name} has {known:?}")),
                None => wrong.push(format!("{column}: there is no enum {name}")),
            }
        }
        let listed = ENUMS.iter().chain(&WITHOUT).map(|(column, _)| *column).filter(|column| !columns.contains_key(*column));
        wrong.extend(listed.map(|column| format!("{column} lists no words any more")));
        assert!(wrong.is_empty(), "{engine:?}:\n{}", wrong.join("\n"));
    })
    .await;
}
