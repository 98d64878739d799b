//! Translates the log's fixed words into the reader's language.

use super::FieldChange;
use crate::{audit::Action, core::Role, server::Departments, tr};

/// Translates an action.
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

/// Translates the object of an action, with the department's words. A word without a translation is shown as it is stored, so that nothing
/// is hidden.
pub fn what_words(departments: Departments, what: &str) -> String {
    departments.audited(what).map_or_else(|| what.replace('_', " "), str::to_owned)
}

/// Translates the name of a field of master data; a name without a translation is shown as it is stored.
pub fn field_words(field: &str) -> String {
    match field {
        "name" => tr!(audit.field_name),
        "offered" => tr!(audit.field_offered),
        "stop" => tr!(audit.field_stop),
        "code" => tr!(audit.field_code),
        "time_zone" => tr!(audit.field_time_zone),
        "address" => tr!(audit.field_address),
        "city" => tr!(audit.field_city),
        "region" => tr!(audit.field_region),
        "postal_code" => tr!(audit.field_postal_code),
        "country" => tr!(audit.field_country),
        "phone" => tr!(audit.field_phone),
        "email" => tr!(audit.field_email),
        "website" => tr!(audit.field_website),
        "latitude" => tr!(audit.field_latitude),
        "longitude" => tr!(audit.field_longitude),
        "directions" => tr!(audit.field_directions),
        "location" => tr!(audit.field_location),
        "description" => tr!(audit.field_description),
        "requirements" => tr!(audit.field_requirements),
        "clinic_id" => tr!(audit.field_clinic_id),
        "visit_type_id" => tr!(audit.field_visit_type_id),
        "booking_notice_minutes" => tr!(audit.field_booking_notice_minutes),
        "booking_days" => tr!(audit.field_booking_days),
        "booking_most" => tr!(audit.field_booking_most),
        "hold_minutes" => tr!(audit.field_hold_minutes),
        "cancel_minutes" => tr!(audit.field_cancel_minutes),
        "move_minutes" => tr!(audit.field_move_minutes),
        "no_show_limit" => tr!(audit.field_no_show_limit),
        "overbook_limit" => tr!(audit.field_overbook_limit),
        "offer_minutes" => tr!(audit.field_offer_minutes),
        "ward_id" => tr!(audit.field_ward_id),
        "room_id" => tr!(audit.field_room_id),
        "class_id" => tr!(audit.field_class_id),
        "item_id" => tr!(audit.field_item_id),
        "leave_item_id" => tr!(audit.field_leave_item_id),
        "deposit_days" => tr!(audit.field_deposit_days),
        "sex_rule" => tr!(audit.field_sex_rule),
        "age_from" => tr!(audit.field_age_from),
        "age_to" => tr!(audit.field_age_to),
        "reservation_min" => tr!(audit.field_reservation_min),
        "clean_min" => tr!(audit.field_clean_min),
        "terminal_min" => tr!(audit.field_terminal_min),
        "single" => tr!(audit.field_single),
        "isolation" => tr!(audit.field_isolation),
        "position" => tr!(audit.field_position),
        "oxygen" => tr!(audit.field_oxygen),
        "monitor" => tr!(audit.field_monitor),
        "ventilator" => tr!(audit.field_ventilator),
        "beside_id" => tr!(audit.field_beside_id),
        "department_id" => tr!(audit.field_department_id),
        "service_id" => tr!(audit.field_service_id),
        "token_letter" => tr!(audit.field_token_letter),
        "kind" => tr!(audit.field_kind),
        "self_pay" => tr!(audit.field_self_pay),
        "licence_number" => tr!(audit.field_licence_number),
        "established_year" => tr!(audit.field_established_year),
        "currency" => tr!(audit.field_currency),
        "default_language" => tr!(audit.field_default_language),
        "age_of_majority" => tr!(audit.field_age_of_majority),
        "hours" => tr!(audit.field_hours),
        "doctor" => tr!(audit.field_doctor),
        "time" => tr!(audit.field_time),
        "retired" => tr!(audit.field_retired),
        "minutes" => tr!(audit.field_minutes),
        "booked_by" => tr!(audit.field_booked_by),
        "preparation" => tr!(audit.field_preparation),
        "confirmed" => tr!(audit.field_confirmed),
        "unit" => tr!(audit.field_unit),
        "discountable" => tr!(audit.field_discountable),
        "tax_class" => tr!(billing.tax_class),
        "tax_included" => tr!(billing.tax_included),
        "amount" => tr!(audit.field_amount),
        "valid_from" => tr!(audit.field_valid_from),
        "valid_to" => tr!(audit.field_valid_to),
        "stands_for" => tr!(audit.field_stands_for),
        "given_names" => tr!(audit.field_given_names),
        "family_name" => tr!(audit.field_family_name),
        "profession" => tr!(audit.field_profession),
        "qualification" => tr!(audit.field_qualification),
        "practising_since" => tr!(audit.field_practising_since),
        "biography" => tr!(audit.field_biography),
        "main_department" => tr!(audit.field_main_department),
        "accepting_bookings" => tr!(audit.field_accepting_bookings),
        "departments" => tr!(organisation.departments),
        "specialties" => tr!(organisation.specialties),
        "languages" => tr!(organisation.languages),
        "head_id" => tr!(audit.field_head_id),
        "login" => tr!(audit.sign_in_name),
        "role" => tr!(accounts.role),
        "sent_to" => tr!(audit.field_sent_to),
        "person_present" => tr!(audit.field_person_present),
        "may_sign_in" => tr!(audit.field_may_sign_in),
        "shift" => tr!(audit.field_shift),
        "name_es" => tr!(formulary.name_es),
        "form" => tr!(formulary.form),
        "dispensing_unit" => tr!(formulary.unit),
        "divisible" => tr!(formulary.divisible),
        "pack_size" => tr!(inventory.pack_size),
        "expires" => tr!(inventory.expires),
        "status" => tr!(formulary.status),
        "schedule" => tr!(formulary.schedule),
        "source" => tr!(formulary.source),
        "high_alert" => tr!(formulary.high_alert),
        "fridge" => tr!(formulary.fridge),
        "weekly" => tr!(formulary.weekly),
        "routes" => tr!(formulary.routes),
        "ingredients" => tr!(formulary.ingredients),
        "same_as" => tr!(formulary.means),
        "further_names" => tr!(formulary.further_names),
        "groups" => tr!(formulary.groups),
        "rxcui" => "RxCUI",
        "pregnancy" => tr!(formulary.pregnancy),
        "lactation" => tr!(formulary.lactation),
        "rule" => tr!(audit.what_prescribing_rule),
        other => return other.replace('_', " "),
    }
    .to_owned()
}

/// Translates a value of a field of master data.
pub fn value_words(field: &str, value: &str) -> String {
    match (field, value) {
        ("kind", "consultation") => tr!(billing.kind_consultation),
        ("kind", "procedure") => tr!(billing.kind_procedure),
        ("kind", "test") => tr!(billing.kind_test),
        ("kind", "drug") => tr!(billing.kind_drug),
        ("kind", "bed_day") => tr!(billing.kind_bed_day),
        ("kind", "other") => tr!(billing.kind_other),
        ("kind", "medical") => tr!(audit.ward_medical),
        ("kind", "surgical") => tr!(audit.ward_surgical),
        ("kind", "maternity") => tr!(audit.ward_maternity),
        ("kind", "paediatric") => tr!(audit.ward_paediatric),
        ("kind", "neonatal") => tr!(audit.ward_neonatal),
        ("kind", "intensive") => tr!(audit.ward_intensive),
        ("kind", "day_case") => tr!(audit.ward_day_case),
        ("kind", "psychiatric") => tr!(audit.ward_psychiatric),
        ("kind", "mixed") => tr!(audit.ward_mixed),
        ("kind", "adult") => tr!(audit.bed_adult),
        ("kind", "child") => tr!(audit.bed_child),
        ("kind", "cot") => tr!(audit.bed_cot),
        ("kind", "incubator") => tr!(audit.bed_incubator),
        ("kind", "chair") => tr!(audit.bed_chair),
        ("kind", "trolley") => tr!(audit.bed_trolley),
        ("kind", "companion") => tr!(audit.bed_companion),
        ("sex_rule", "any") => tr!(audit.sex_any),
        ("sex_rule", "female") => tr!(audit.sex_female),
        ("sex_rule", "male") => tr!(audit.sex_male),
        ("sex_rule", "by_room") => tr!(audit.sex_by_room),
        ("sex_rule", "first_occupant") => tr!(audit.sex_first_occupant),
        ("isolation", "none") => tr!(audit.isolation_none),
        ("isolation", "contact") => tr!(audit.isolation_contact),
        ("isolation", "droplet") => tr!(audit.isolation_droplet),
        ("isolation", "airborne") => tr!(audit.isolation_airborne),
        ("isolation", "protective") => tr!(audit.isolation_protective),
        ("single" | "oxygen" | "monitor" | "ventilator", "true") => tr!(audit.yes),
        ("single" | "oxygen" | "monitor" | "ventilator", _) => tr!(audit.no),
        (
            "self_pay" | "retired" | "discountable" | "tax_included" | "accepting_bookings" | "may_sign_in" | "person_present"
            | "high_alert" | "fridge" | "weekly" | "confirmed",
            "true",
        ) => tr!(audit.yes),
        ("self_pay" | "retired" | "discountable" | "tax_included" | "accepting_bookings" | "may_sign_in", _) => tr!(audit.no),
        ("role", word) => return word.parse().map_or_else(|_| word.to_owned(), |role| role_words(role).to_owned()),
        ("profession", word) => profession_words(word),
        ("clinic_id", "all") => tr!(accounts.all_clinics),
        ("kind", "reception") => tr!(audit.point_reception),
        ("kind", "triage") => tr!(audit.point_triage),
        ("kind", "consulting_room") => tr!(audit.point_consulting_room),
        ("kind", "cashier") => tr!(audit.point_cashier),
        ("booked_by", "everybody") => tr!(audit.booked_by_everybody),
        ("booked_by", "desk") => tr!(audit.booked_by_desk),
        ("default_language", "en") => "English",
        ("default_language", "es") => "Español",
        ("confirmed", "key_file") => tr!(audit.confirmed_key_file),
        ("confirmed", "backup") => tr!(audit.confirmed_backup),
        (_, other) => other,
    }
    .to_owned()
}

/// A role in words.
pub fn role_words(role: Role) -> &'static str {
    match role {
        Role::Patient => tr!(accounts.role_patient),
        Role::Receptionist => tr!(accounts.role_receptionist),
        Role::Nurse => tr!(accounts.role_nurse),
        Role::Doctor => tr!(accounts.role_doctor),
        Role::Lab => tr!(accounts.role_lab),
        Role::Pathologist => tr!(accounts.role_pathologist),
        Role::Radiology => tr!(accounts.role_radiology),
        Role::Radiologist => tr!(accounts.role_radiologist),
        Role::Pharmacist => tr!(accounts.role_pharmacist),
        Role::Cashier => tr!(accounts.role_cashier),
        Role::Accountant => tr!(accounts.role_accountant),
        Role::Storekeeper => tr!(accounts.role_storekeeper),
        Role::WardManager => tr!(accounts.role_ward_manager),
        Role::Administrator => tr!(accounts.role_administrator),
        Role::Auditor => tr!(accounts.role_auditor),
    }
}

/// A profession in words; an unknown one is shown as it is kept.
fn profession_words(word: &str) -> &str {
    match word {
        "doctor" => tr!(accounts.role_doctor),
        "nurse" => tr!(accounts.role_nurse),
        "receptionist" => tr!(accounts.role_receptionist),
        "cashier" => tr!(accounts.role_cashier),
        "technician" => tr!(audit.profession_technician),
        "pharmacist" => tr!(audit.profession_pharmacist),
        "therapist" => tr!(audit.profession_therapist),
        "other" => tr!(audit.profession_other),
        unknown => unknown,
    }
}

/// Describes a change: "Name: North Clinic → Harbor Clinic".
pub fn change_words(change: &FieldChange) -> String {
    let value = |value: &str| Some(value_words(&change.field, value)).filter(|words| !words.is_empty()).unwrap_or_else(|| "–".to_owned());
    format!("{}: {} → {}", field_words(&change.field), value(&change.before), value(&change.after))
}
