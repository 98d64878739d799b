//! The hospital's patients: their identity, the search for them, their contact persons and insurers, and their
//! allergies.
//!
//! A patient has one record and one medical record number, permanently. Names are not assumed to be "first last"; a
//! birth date may be known only to the year, or not at all. Allergies have three states: not recorded (the patient was
//! not asked), none known (asked), or a list; a wrong entry is marked as entered in error and stays.
//!
//! Patients are found by number, name (any order, without accents, by beginnings or by sound), phone or birth date.
//! When two users save one record, the second one gets an error and sees both versions (`version`).

pub mod access;
pub mod api;
mod birth;
mod birth_text;
#[cfg(feature = "ssr")]
mod department;
pub mod emergency;
mod form;
pub mod grants;
pub mod guardians;
mod hit;
pub mod islands;
pub mod merges;
mod particulars;
pub mod phones;

#[cfg(feature = "ssr")]
mod acts;
#[cfg(feature = "ssr")]
mod allergies;
#[cfg(feature = "ssr")]
mod banner;
#[cfg(feature = "ssr")]
mod changes;
#[cfg(feature = "ssr")]
mod contact;
#[cfg(feature = "ssr")]
mod coverage;
#[cfg(feature = "ssr")]
mod death;
#[cfg(feature = "ssr")]
mod duplicate;
#[cfg(feature = "ssr")]
mod facts;
#[cfg(feature = "ssr")]
mod forget;
#[cfg(feature = "ssr")]
pub mod mrn;
#[cfg(feature = "ssr")]
mod name;
#[cfg(feature = "ssr")]
pub mod name_key;
#[cfg(feature = "ssr")]
mod namesake;
#[cfg(feature = "ssr")]
mod own;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod patient;
#[cfg(feature = "ssr")]
mod phone;
#[cfg(feature = "ssr")]
mod photo;
#[cfg(feature = "ssr")]
mod review;
#[cfg(feature = "ssr")]
mod rules;
#[cfg(feature = "ssr")]
mod search;
#[cfg(feature = "ssr")]
mod sex;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
mod upkeep;
#[cfg(feature = "ssr")]
mod words;

pub use birth::{Birth, BirthPrecision};
pub use birth_text::{BirthFault, DateOrder, read_birth};
#[cfg(feature = "ssr")]
pub use department::{CHART, DEPARTMENT};
pub use form::{ContactForm, CoverageForm, OwnContactForm, PatientForm};
pub use hit::PatientHit;
pub use islands::{PatientSearch, register_href};
pub use particulars::Particulars;

#[cfg(feature = "ssr")]
pub use {
    access::{Access, access},
    acts::{record_contact, take_contact_off},
    allergies::{Allergy, AllergyCategory, AllergyStatus, AllergyVerdict, Criticality, NewAllergy, Severity, allergies},
    banner::{banner, coverage_words, mark_emergency},
    changes::{RecordChange, changes_of, record_changes},
    contact::{Contact, NewContact, add_contact, contacts, remove_contact},
    coverage::{Coverage, Insurer, NewCoverage, add_coverage, coverage_on, coverages, insurers},
    death::{Death, DeathPrecision},
    duplicate::{Likeness, Suspect, Turn, duplicates, newly_alike, take_turns},
    facts::{Facts, Reading},
    forget::forget_reach,
    form::is_email,
    mrn::Mrn,
    name::PatientName,
    namesake::{namesake_sign, namesakes},
    own::{ActedFor, asked_changes, save_own_contact, take_over_asked, take_own_email},
    pages::{
        allergy_panel, birth_field, contact_fields, coverage_fields, patient_fields, record_tabs, show_suspects, suspects_box, too_many,
    },
    patient::{
        NewPatient, Patient, PatientLine, death, find, identity, insert, line, names, names_alone, open_to, record_death, refuse_the_dead,
        registered_so, ring, ring_by_job, user_of,
    },
    phone::{phone_digits, phone_fault},
    phones::{
        MorePhone, NewPhone, PhoneForm, add_phone, phone_fields, phone_line, phones_of, prefer_phone, preferred_phone, remove_phone,
        tell_of_phones,
    },
    photo::{is_there as has_photo, pages::photo_answer},
    search::{by_token, only_identity, search, surely},
    sex::Sex,
    upkeep::rebuild_names,
    words::language_choices,
};
