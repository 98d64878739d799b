//! Which fields are sealed. Numbers in envelopes are places in these lists: add at the end, never remove.

use super::{
    BlindIndex, Fields, SealedFields,
    compared::{address, exactly, letters_and_digits, phone_digits},
};

pub static PATIENTS: Fields<7> = Fields::new("patients", &["national_id", "phone", "email", "address", "city", "region", "postal_code"]);
pub static CONTACTS: Fields<1> = Fields::new("patient_contacts", &["phone"]);
/// Numbers that other houses know a patient by: social security, passport, driving licence.
pub static IDENTIFIERS: Fields<1> = Fields::new("patient_identifiers", &["value"]);
pub static COVERAGES: Fields<1> = Fields::new("coverages", &["policy_number"]);
pub static NOTES: Fields<4> = Fields::new("notes", &["history", "examination", "assessment", "plan"]);
pub static ADDENDA: Fields<1> = Fields::new("addenda", &["body"]);
pub static MAILS: Fields<3> = Fields::new("mails", &["recipient", "subject", "body"]);
/// What was imported, as it came.
pub static IMPORTED: Fields<1> = Fields::new("imported_bodies", &["body"]);

/// What an authenticator app and the hospital both know, in base 32.
pub static SECOND_FACTORS: Fields<1> = Fields::new("second_factors", &["secret"]);
/// A clinician's private key, and whose the public one is (`clinical::signatures`).
pub static SIGNING_KEYS: Fields<2> = Fields::new("signing_keys", &["secret", "owner"]);

/// By the digits.
pub static PHONE_INDEX: BlindIndex = BlindIndex::new("patients", "phone", "phone_index", phone_digits);
/// By letters and digits alone.
pub static NATIONAL_ID_INDEX: BlindIndex = BlindIndex::new("patients", "national_id", "national_id_index", letters_and_digits);
pub static EMAIL_INDEX: BlindIndex = BlindIndex::new("patients", "email", "email_index", address);
pub static IDENTIFIER_INDEX: BlindIndex = BlindIndex::new("patient_identifiers", "value", "value_index", exactly);
pub static POLICY_INDEX: BlindIndex = BlindIndex::new("coverages", "policy_number", "policy_index", letters_and_digits);

/// All of it: what is given a new key, and looked through for plain text.
pub static SEALED: [&dyn SealedFields; 10] =
    [&PATIENTS, &CONTACTS, &IDENTIFIERS, &COVERAGES, &NOTES, &ADDENDA, &MAILS, &IMPORTED, &SECOND_FACTORS, &SIGNING_KEYS];
/// All blind indexes.
pub static INDEXES: [&BlindIndex; 5] = [&PHONE_INDEX, &NATIONAL_ID_INDEX, &EMAIL_INDEX, &IDENTIFIER_INDEX, &POLICY_INDEX];
