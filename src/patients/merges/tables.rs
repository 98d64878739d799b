//! The list of all columns that name a patient, and how a merge treats each of them. `tests::merges` compares it with the schema: a new
//! table fails there until it stands here.

/// The rows that a merge moves to the surviving record, and that it moves back when it is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moved {
    /// All rows of the table.
    All,
    /// All rows; the owner is bound into their sealed fields, so that they are sealed again.
    Resealed,
    /// Appointments that are booked.
    Booked,
    /// Entries of the waitlist that wait.
    Waiting,
    /// The portal account, if the surviving record has none.
    Account,
    /// The people who act for the merged patient now, except those who act for the surviving one already.
    ActsForPatient,
    /// The people for whom the merged patient acts now.
    PatientActsFor,
    /// The confirmed addresses of each kind of which the surviving record has none; the owner is bound into their sealed fields.
    Addresses,
    /// The wishes for messages, if the surviving record has none.
    Wishes,
}

/// How a merge treats a column that names a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joining {
    Moves(Moved),
    /// The row keeps its patient: a signature covers the id, the row is posted, or it is history. Readers of the surviving record find it
    /// by the merge.
    Stays,
    /// The clinics that care for one record also care for the other.
    Care,
}

/// A column that names a patient.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Joined {
    pub table: &'static str,
    pub column: &'static str,
    /// The table's primary key.
    pub key: &'static str,
    pub joining: Joining,
}

const fn moves(table: &'static str, column: &'static str, key: &'static str, moved: Moved) -> Joined {
    Joined { table, column, key, joining: Joining::Moves(moved) }
}

const fn stays(table: &'static str, column: &'static str) -> Joined {
    Joined { table, column, key: "id", joining: Joining::Stays }
}

/// All columns with a foreign key to `patients`.
pub(crate) static JOINED: &[Joined] = &[
    moves("appointments", "patient_id", "id", Moved::Booked),
    moves("waitlist", "patient_id", "id", Moved::Waiting),
    moves("allergies", "patient_id", "id", Moved::All),
    moves("patient_contacts", "patient_id", "id", Moved::Resealed),
    moves("patient_phones", "patient_id", "id", Moved::Resealed),
    moves("coverages", "patient_id", "id", Moved::Resealed),
    moves("guardians", "patient_id", "id", Moved::ActsForPatient),
    moves("guardians", "guardian_id", "id", Moved::PatientActsFor),
    moves("patient_users", "patient_id", "user_id", Moved::Account),
    moves("message_channels", "patient_id", "id", Moved::Addresses),
    moves("message_preferences", "patient_id", "patient_id", Moved::Wishes),
    Joined { table: "care", column: "patient_id", key: "clinic_id", joining: Joining::Care },
    // Names, numbers and access: the old ones lead to the surviving record.
    stays("patient_search_terms", "patient_id"),
    stays("patient_identifiers", "patient_id"),
    stays("patient_former_names", "patient_id"),
    stays("patient_changes", "patient_id"),
    stays("portal_codes", "patient_id"),
    stays("access_grants", "patient_id"),
    stays("access_grants", "guardian_id"),
    stays("emergency_accesses", "patient_id"),
    stays("imported_records", "patient_id"),
    stays("patient_merges", "survivor_id"),
    stays("patient_merges", "merged_id"),
    stays("record_exports", "patient_id"),
    stays("erasure_requests", "patient_id"),
    stays("profile_requests", "patient_id"),
    stays("patient_photos", "patient_id"),
    stays("patient_consents", "patient_id"),
    stays("recall_patients", "patient_id"),
    // Messages that were written go to the address that they name, wherever it belongs now.
    stays("messages", "patient_id"),
    stays("messages", "person_id"),
    stays("notifications", "dependant_id"),
    // The signed record.
    stays("visits", "patient_id"),
    stays("encounters", "patient_id"),
    stays("notes", "patient_id"),
    stays("diagnoses", "patient_id"),
    stays("prescriptions", "patient_id"),
    stays("check_findings", "patient_id"),
    stays("problems", "patient_id"),
    stays("treatment_plans", "patient_id"),
    stays("vitals", "patient_id"),
    stays("orders", "patient_id"),
    stays("requisitions", "patient_id"),
    stays("lab_orders", "patient_id"),
    stays("lab_draws", "patient_id"),
    stays("lab_samples", "patient_id"),
    stays("lab_analyses", "patient_id"),
    stays("lab_results", "patient_id"),
    stays("lab_rejudgements", "patient_id"),
    // The wish of the surviving record counts.
    stays("lab_result_wishes", "patient_id"),
    stays("lab_critical_calls", "patient_id"),
    stays("lab_reports", "patient_id"),
    stays("lab_reviews", "patient_id"),
    stays("imaging_orders", "patient_id"),
    stays("radiology_reports", "patient_id"),
    stays("radiology_addenda", "patient_id"),
    stays("radiology_findings", "patient_id"),
    stays("radiology_reviews", "patient_id"),
    stays("note_holds", "patient_id"),
    stays("patient_statements", "patient_id"),
    stays("appointment_symptoms", "patient_id"),
    stays("patient_documents", "patient_id"),
    stays("document_chunks", "patient_id"),
    // Stays that ended.
    stays("admissions", "patient_id"),
    stays("bed_uses", "patient_id"),
    stays("observation_plans", "patient_id"),
    stays("observations", "patient_id"),
    stays("escalations", "patient_id"),
    stays("fluid_entries", "patient_id"),
    stays("nursing_task_plans", "patient_id"),
    stays("nursing_tasks", "patient_id"),
    stays("nursing_allocations", "patient_id"),
    stays("handover_notes", "patient_id"),
    stays("care_orders", "patient_id"),
    Joined { table: "order_protocols", column: "patient_id", key: "order_id", joining: Joining::Stays },
    stays("care_order_acts", "patient_id"),
    stays("administrations", "patient_id"),
    stays("supplies", "patient_id"),
    stays("dispenses", "patient_id"),
    stays("dispense_lines", "patient_id"),
    stays("dispense_returns", "patient_id"),
    stays("infusion_orders", "patient_id"),
    stays("infusions", "patient_id"),
    stays("infusion_events", "patient_id"),
    stays("bedside_scans", "patient_id"),
    stays("dose_scans", "patient_id"),
    stays("dose_stock", "patient_id"),
    stays("supply_findings", "patient_id"),
    stays("supply_pauses", "patient_id"),
    stays("ward_supplies", "patient_id"),
    stays("assessments", "patient_id"),
    stays("care_plans", "patient_id"),
    stays("stay_devices", "patient_id"),
    stays("stay_notes", "patient_id"),
    stays("stay_note_addenda", "patient_id"),
    stays("back_entries", "patient_id"),
    stays("order_set_origins", "patient_id"),
    stays("discharge_medicines", "patient_id"),
    stays("discharge_summaries", "patient_id"),
    stays("follow_ups", "patient_id"),
    // The history of other systems.
    stays("past_orders", "patient_id"),
    stays("past_specimens", "patient_id"),
    stays("past_results", "patient_id"),
    stays("past_studies", "patient_id"),
    stays("past_reports", "patient_id"),
    stays("past_doses", "patient_id"),
    Joined { table: "past_stays", column: "patient_id", key: "admission_id", joining: Joining::Stays },
    // Money: the ledger is not rewritten, and an account has one patient.
    stays("billing_accounts", "patient_id"),
    stays("charges", "patient_id"),
    stays("invoices", "patient_id"),
    stays("payments", "patient_id"),
    stays("refunds", "patient_id"),
    stays("credit_notes", "patient_id"),
    stays("write_offs", "patient_id"),
];
