//! The log's fixed words in the reader's language.

use crate::{audit::Action, tr};

/// What was done.
pub fn action_words(action: Action) -> &'static str {
    match action {
        Action::Read => tr!(audit.read),
        Action::Create => tr!(audit.create),
        Action::Update => tr!(audit.update),
        Action::Sign => tr!(audit.sign),
        Action::Print => tr!(audit.print),
        Action::SignIn => tr!(audit.sign_in),
        Action::SignOut => tr!(audit.sign_out),
        Action::Refused => tr!(audit.refused),
    }
}

/// What it was done to. A word without a translation is shown as it is kept, so that nothing is hidden.
pub fn what_words(what: &str) -> String {
    match what {
        "record" | "patient" => tr!(audit.what_record),
        "banner" => tr!(audit.what_banner),
        "list" => tr!(audit.what_list),
        "search" => tr!(audit.what_search),
        "arrivals" => tr!(audit.what_arrivals),
        "reception" => tr!(audit.what_reception),
        "allergy" | "allergies" => tr!(audit.what_allergies),
        "contact" => tr!(audit.what_contact),
        "coverage" => tr!(audit.what_coverage),
        "chart" => tr!(audit.what_chart),
        "appointment" | "appointments" => tr!(audit.what_appointment),
        "schedule" => tr!(audit.what_schedule),
        "visit" => tr!(audit.what_visit),
        "queue" | "queue_entry" => tr!(audit.what_queue),
        "priority" => tr!(audit.what_priority),
        "vitals" => tr!(audit.what_vitals),
        "consultation" | "encounter" => tr!(audit.what_encounter),
        "note" => tr!(audit.what_note),
        "addendum" => tr!(audit.what_addendum),
        "diagnosis" => tr!(audit.what_diagnosis),
        "prescription" => tr!(audit.what_prescription),
        "prescription_replaced" => tr!(audit.what_prescription_replaced),
        "signing_key" => tr!(audit.what_signing_key),
        "encryption_key" => tr!(audit.what_encryption_key),
        "import" => tr!(audit.what_import),
        "charge" => tr!(audit.what_charge),
        "invoice" => tr!(audit.what_invoice),
        "payment" => tr!(audit.what_payment),
        "receipt" => tr!(audit.what_receipt),
        "statement" | "account" => tr!(audit.what_statement),
        "session" => tr!(audit.what_session),
        "confirmation" => tr!(audit.what_confirmation),
        "second_factor" => tr!(audit.what_second_factor),
        "second_factor_role" => tr!(audit.what_second_factor_role),
        "recovery_codes" => tr!(audit.what_recovery_codes),
        "portal_code" => tr!(audit.what_portal_code),
        "portal_access" => tr!(audit.what_portal_access),
        "password" => tr!(audit.what_password),
        "user" => tr!(audit.what_user),
        "role" => tr!(audit.what_role),
        "link" => tr!(audit.what_link),
        "audit" => tr!(audit.what_audit),
        "audit_export" => tr!(audit.what_export),
        "access" => tr!(audit.what_access),
        "portal" => tr!(audit.what_portal),
        "emergency" => tr!(audit.what_emergency),
        "access_grant" => tr!(audit.what_access_grant),
        "guardian" => tr!(audit.what_guardian),
        "openings" => tr!(audit.what_openings),
        "care" => tr!(audit.what_care),
        "identity" => tr!(audit.what_identity),
        other => return other.replace('_', " "),
    }
    .to_owned()
}
