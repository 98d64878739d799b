//! Lists the sealed fields, and the column that holds the id of the row's owner. The numbers in envelopes are positions in these
//! lists: add at the end, never remove. A row that gets another owner must be encrypted again.

use uuid::Uuid;

use super::{
    BlindIndex, Fields, SealedFields,
    compared::{address, exactly, letters_and_digits, phone_digits},
};
use crate::core::{CarePlanId, ClinicId, EncounterId, EscalationId, ImagingArchiveId, LabAnalyserId, NoteId, PatientId, UserId};

pub static PATIENTS: Fields<8, PatientId> =
    Fields::new("patients", "id", &["national_id", "phone", "email", "address", "city", "region", "postal_code", "description"]);
pub static CONTACTS: Fields<1, PatientId> = Fields::new("patient_contacts", "patient_id", &["phone"]);
/// One more telephone number of a patient, and the name of the other person who answers it.
pub static PATIENT_PHONES: Fields<2, PatientId> = Fields::new("patient_phones", "patient_id", &["phone", "whose"]);
/// The changes of the facts of a record: of those that it holds in the open, and of those that it seals.
pub static PATIENT_CHANGES: Fields<2, PatientId> = Fields::new("patient_changes", "patient_id", &["shown", "reach"]);
/// A patient's numbers at other institutions: social security, passport, driving licence.
pub static IDENTIFIERS: Fields<1, PatientId> = Fields::new("patient_identifiers", "patient_id", &["value"]);
pub static COVERAGES: Fields<1, PatientId> = Fields::new("coverages", "patient_id", &["policy_number"]);
pub static NOTES: Fields<4, EncounterId> = Fields::new("notes", "encounter_id", &["history", "examination", "assessment", "plan"]);
pub static ADDENDA: Fields<1, NoteId> = Fields::new("addenda", "note_id", &["body"]);
/// The reason, the instructions and the outcome of an order.
pub static ORDERS: Fields<3, PatientId> = Fields::new("orders", "patient_id", &["reason", "instructions", "outcome"]);
/// The text of a laboratory result in words, and its comment.
pub static LAB_RESULTS: Fields<2, PatientId> = Fields::new("lab_results", "patient_id", &["text", "comment"]);
/// A message of an analyser, as it was received: each byte is a letter.
pub static ANALYSER_MESSAGES: Fields<1, LabAnalyserId> = Fields::new("lab_analyser_messages", "analyser_id", &["raw"]);
/// The note of a step of an escalation.
pub static ESCALATION_STEPS: Fields<1, EscalationId> = Fields::new("escalation_steps", "escalation_id", &["note"]);
/// A patient's line of a handover: situation, background, assessment, recommendation.
pub static HANDOVER_NOTES: Fields<4, PatientId> =
    Fields::new("handover_notes", "patient_id", &["situation", "background", "assessment", "recommendation"]);
/// The instructions of an order of an admission, and the reason for it in spite of a warning.
pub static CARE_ORDERS: Fields<2, PatientId> = Fields::new("care_orders", "patient_id", &["instructions", "override_reason"]);
/// The reason in words of an act on an order.
pub static CARE_ORDER_ACTS: Fields<1, PatientId> = Fields::new("care_order_acts", "patient_id", &["words"]);
/// The remark about a dose, and the reason of a correction.
pub static ADMINISTRATIONS: Fields<2, PatientId> = Fields::new("administrations", "patient_id", &["remark", "correction"]);
/// The address of a patient for messages, and the code that confirms it.
pub static MESSAGE_CHANNELS: Fields<2, PatientId> = Fields::new("message_channels", "patient_id", &["address", "code"]);
/// The title of a document, the name of its file, and the reason why it was marked as wrong.
pub static DOCUMENTS: Fields<3, PatientId> = Fields::new("patient_documents", "patient_id", &["title", "file_name", "reason"]);
/// A part of a document's bytes, in base 64.
pub static DOCUMENT_CHUNKS: Fields<1, PatientId> = Fields::new("document_chunks", "patient_id", &["bytes"]);
/// The protocol of a study, the radiologist's question, and the doctor's answer.
pub static IMAGING_ORDERS: Fields<3, PatientId> = Fields::new("imaging_orders", "patient_id", &["protocol", "question", "answer"]);
/// The sections of a report of imaging, and the reason of a correction.
pub static RADIOLOGY_REPORTS: Fields<5, PatientId> =
    Fields::new("radiology_reports", "patient_id", &["technique", "comparison", "findings", "impression", "correction"]);
pub static RADIOLOGY_ADDENDA: Fields<1, PatientId> = Fields::new("radiology_addenda", "patient_id", &["body"]);
/// A critical finding, as it is called.
pub static RADIOLOGY_FINDINGS: Fields<1, PatientId> = Fields::new("radiology_findings", "patient_id", &["finding"]);
/// The login and the password of an archive of images.
pub static IMAGING_ARCHIVES: Fields<2, ImagingArchiveId> = Fields::new("imaging_archives", "id", &["login", "password"]);
/// The patient of a study as an archive names it: number, name, birth date, sex; and the description of the study.
pub static IMAGING_STUDIES: Fields<5, ImagingArchiveId> =
    Fields::new("imaging_studies", "archive_id", &["number", "name", "birth_date", "sex", "description"]);
/// The goals, the instructions and the follow-up of a treatment plan.
pub static TREATMENT_PLANS: Fields<3, PatientId> = Fields::new("treatment_plans", "patient_id", &["goals", "instructions", "follow_up"]);
/// The sections of a note of a stay, and the reason of an amendment.
pub static STAY_NOTES: Fields<5, PatientId> =
    Fields::new("stay_notes", "patient_id", &["subjective", "objective", "assessment", "plan", "amendment"]);
pub static STAY_NOTE_ADDENDA: Fields<1, PatientId> = Fields::new("stay_note_addenda", "patient_id", &["body"]);
/// The problem and the goal of a care plan.
pub static CARE_PLANS: Fields<2, PatientId> = Fields::new("care_plans", "patient_id", &["problem", "goal"]);
/// The remark of an evaluation of a care plan.
pub static CARE_PLAN_EVALUATIONS: Fields<1, CarePlanId> = Fields::new("care_plan_evaluations", "care_plan_id", &["remark"]);
/// The sections of the summary of a stay, and the reason of an amendment.
pub static DISCHARGE_SUMMARIES: Fields<6, PatientId> =
    Fields::new("discharge_summaries", "patient_id", &["diagnoses", "course", "results", "instructions", "pending", "amendment"]);
/// A medicine of a summary: its name, its dosage, and the reason of the decision.
pub static DISCHARGE_MEDICINES: Fields<3, PatientId> = Fields::new("discharge_medicines", "patient_id", &["medicine", "dosage", "reason"]);
/// The reason of a follow-up.
pub static FOLLOW_UPS: Fields<1, PatientId> = Fields::new("follow_ups", "patient_id", &["reason"]);
/// The reason for which a prescription waits at the pharmacy, or the question to its prescriber, and the answer.
pub static SUPPLY_PAUSES: Fields<2, PatientId> = Fields::new("supply_pauses", "patient_id", &["words", "answer"]);
/// The words of a merge, of its decision and of its undoing, and the facts of the surviving record before and after.
pub static MERGES: Fields<4, PatientId> = Fields::new("patient_merges", "survivor_id", &["words", "decision", "undoing", "before"]);
/// The words of a request to erase a record, and the answer.
pub static ERASURES: Fields<2, PatientId> = Fields::new("erasure_requests", "patient_id", &["words", "answer"]);
/// The photo of a patient, in base 64.
pub static PATIENT_PHOTOS: Fields<1, PatientId> = Fields::new("patient_photos", "patient_id", &["photo"]);
/// The fields that a patient asks to change, the words of the request, and the answer.
pub static PROFILE_REQUESTS: Fields<3, PatientId> = Fields::new("profile_requests", "patient_id", &["changes", "words", "answer"]);
/// The name, the birth date, the phone, the e-mail and the reason of a request for a first appointment, and the answer.
pub static FIRST_VISITS: Fields<6, ClinicId> =
    Fields::new("first_visits", "clinic_id", &["name", "birth_date", "phone", "email", "reason", "answer"]);
/// The reason for which a part of a note is held back.
pub static NOTE_HOLDS: Fields<1, PatientId> = Fields::new("note_holds", "patient_id", &["reason"]);
/// Symptoms that belong to an appointment.
pub static SYMPTOMS: Fields<1, PatientId> = Fields::new("appointment_symptoms", "patient_id", &["symptoms"]);
/// The patient's own words before a visit.
pub static STATEMENTS: Fields<3, PatientId> = Fields::new("patient_statements", "patient_id", &["allergies", "medicines", "history"]);
/// The reason of a request of before.
pub static PAST_ORDERS: Fields<1, PatientId> = Fields::new("past_orders", "patient_id", &["reason"]);
/// The text of a result of before in words, and its comment.
pub static PAST_RESULTS: Fields<2, PatientId> = Fields::new("past_results", "patient_id", &["text", "comment"]);
/// The conclusion and the text of a report of before.
pub static PAST_REPORTS: Fields<2, PatientId> = Fields::new("past_reports", "patient_id", &["conclusion", "text"]);
/// The reason why a dose of before was not given, and the remark.
pub static PAST_DOSES: Fields<2, PatientId> = Fields::new("past_doses", "patient_id", &["reason", "remark"]);
pub static MAILS: Fields<3, Uuid> = Fields::new("mails", "id", &["recipient", "subject", "body"]);
/// Imported records, as they were received.
pub static IMPORTED: Fields<1, Uuid> = Fields::new("imported_bodies", "id", &["body"]);

/// The secret shared by an authenticator app and the hospital, in base 32.
pub static SECOND_FACTORS: Fields<1, UserId> = Fields::new("second_factors", "user_id", &["secret"]);
/// The name that its owner gave a passkey, and the credential with its public key.
pub static PASSKEYS: Fields<2, UserId> = Fields::new("passkeys", "user_id", &["name", "credential"]);
/// A clinician's private key, and the owner of the public key (`clinical::signatures`).
pub static SIGNING_KEYS: Fields<2, UserId> = Fields::new("signing_keys", "user_id", &["secret", "owner"]);
/// Marks that only the program can write (`sealing::marks`).
pub static MARKS: Fields<1, Uuid> = Fields::new("sealed_marks", "id", &["value"]);

/// Compares telephone numbers by their digits.
pub static PHONE_INDEX: BlindIndex = BlindIndex::new("patients", "phone", "phone_index", phone_digits);
/// Compares the further numbers as the one on the record.
pub static MORE_PHONES_INDEX: BlindIndex = BlindIndex::new("patient_phones", "phone", "phone_index", phone_digits);
/// Compares national ids by letters and digits only.
pub static NATIONAL_ID_INDEX: BlindIndex = BlindIndex::new("patients", "national_id", "national_id_index", letters_and_digits);
pub static EMAIL_INDEX: BlindIndex = BlindIndex::new("patients", "email", "email_index", address);
pub static IDENTIFIER_INDEX: BlindIndex = BlindIndex::new("patient_identifiers", "value", "value_index", exactly);
pub static POLICY_INDEX: BlindIndex = BlindIndex::new("coverages", "policy_number", "policy_index", letters_and_digits);

/// The end of the record of changes (`keys::ChangesEnd`).
pub static CHANGES_END: Fields<1, Uuid> = Fields::new("sealed_changes_end", "id", &["end"]);

/// All sealed fields: the rotation gives them a new key, and the check searches them for plain text.
pub static SEALED: [&dyn SealedFields; 53] = [
    &PATIENTS,
    &CONTACTS,
    &PATIENT_CHANGES,
    &IDENTIFIERS,
    &COVERAGES,
    &NOTES,
    &ADDENDA,
    &ORDERS,
    &LAB_RESULTS,
    &ANALYSER_MESSAGES,
    &ESCALATION_STEPS,
    &HANDOVER_NOTES,
    &CARE_ORDERS,
    &CARE_ORDER_ACTS,
    &ADMINISTRATIONS,
    &MESSAGE_CHANNELS,
    &DOCUMENTS,
    &DOCUMENT_CHUNKS,
    &IMAGING_ORDERS,
    &RADIOLOGY_REPORTS,
    &RADIOLOGY_ADDENDA,
    &RADIOLOGY_FINDINGS,
    &IMAGING_ARCHIVES,
    &IMAGING_STUDIES,
    &TREATMENT_PLANS,
    &STAY_NOTES,
    &STAY_NOTE_ADDENDA,
    &CARE_PLANS,
    &CARE_PLAN_EVALUATIONS,
    &DISCHARGE_SUMMARIES,
    &DISCHARGE_MEDICINES,
    &FOLLOW_UPS,
    &SUPPLY_PAUSES,
    &MERGES,
    &ERASURES,
    &PATIENT_PHOTOS,
    &PATIENT_PHONES,
    &PROFILE_REQUESTS,
    &FIRST_VISITS,
    &NOTE_HOLDS,
    &STATEMENTS,
    &SYMPTOMS,
    &PAST_ORDERS,
    &PAST_RESULTS,
    &PAST_REPORTS,
    &PAST_DOSES,
    &MAILS,
    &IMPORTED,
    &SECOND_FACTORS,
    &PASSKEYS,
    &SIGNING_KEYS,
    &CHANGES_END,
    &MARKS,
];
/// All blind indexes.
pub static INDEXES: [&BlindIndex; 6] =
    [&PHONE_INDEX, &NATIONAL_ID_INDEX, &EMAIL_INDEX, &IDENTIFIER_INDEX, &POLICY_INDEX, &MORE_PHONES_INDEX];
