//! The wards: beds, admissions and their way through the hospital.
//!
//! The state of a bed is the kind of its open use (`reservation`, `stay`, `cleaning`, `out_of_service`); without an open use the bed is
//! available.
//!
//! | admission | becomes | by |
//! |---|---|---|
//! | | `requested` | a request, from outpatients or planned |
//! | `requested` | `accepted` | a ward, with a reserved bed or the next free one |
//! | `requested`, `accepted` | `refused`, `cancelled` | the ward; who asked. The reservation ends |
//! | `requested`, `accepted` | `admitted` | a nurse at the bedside, with the wristband checked: the stay begins |
//! | `admitted` | `discharged` | the patient left: the stay ends and the bed is cleaned |
//! | `discharged` | `admitted` | the head of the ward, within 24 hours, into a free bed |
//!
//! A doctor can withdraw a decided discharge, or decide it anew, until the patient left. Facts of the stay (isolation, doctor, needs) change by an act.
//!
//! A move within the ward can be undone for 30 seconds. A swap of two beds can be proposed before somebody does it. To another ward leads a transfer, which the receiving ward accepts. A child that is born
//! on the ward is a patient with an admission of its own, which names the mother's.
//!
//! A decision about the treatment when the heart stops counts until a newer one replaces it (`resuscitation`).
//!
//! The equipment of beds (`equipment`) and the needs of patients rank the free beds (`fit`), with the reasons in words; a transfer says its needs and the escort. An
//! extra trolley may have a last day, after which nobody is put on it. A death, or that a patient is gone, is decided by a second press that names patient and fact.
//!
//! A discharge has five steps: doctor, pharmacy, nursing, cashier, and that the patient left. That of the pharmacy is computed from the
//! prescriptions to take home. Days in a bed are charged by the midnight rule
//! (`days`), and settled at each act that changes them: a day after a leaving or a death that was entered late is taken back.
//!
//! Each act is a row of `admission_acts` under the key of its form. Acts on one admission take turns, and then acts on one bed: locks are
//! taken in the order admission, bed.

#[cfg(feature = "ssr")]
mod admission;
#[cfg(feature = "ssr")]
pub mod api;
#[cfg(feature = "ssr")]
mod births;
#[cfg(feature = "ssr")]
mod board;
#[cfg(feature = "ssr")]
mod days;
#[cfg(feature = "ssr")]
mod department;
#[cfg(feature = "ssr")]
mod deposits;
#[cfg(feature = "ssr")]
mod equipment;
#[cfg(feature = "ssr")]
mod fasting;
#[cfg(feature = "ssr")]
mod figures;
#[cfg(feature = "ssr")]
mod fit;
#[cfg(feature = "ssr")]
mod leaflets;
#[cfg(feature = "ssr")]
mod leaving;
#[cfg(feature = "ssr")]
mod moves;
#[cfg(feature = "ssr")]
mod own_stay;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod plan;
#[cfg(feature = "ssr")]
mod resuscitation;
#[cfg(feature = "ssr")]
mod rules;
#[cfg(feature = "ssr")]
mod shifts;
#[cfg(feature = "ssr")]
mod upkeep;
#[cfg(feature = "ssr")]
mod uses;

#[cfg(feature = "ssr")]
pub use admission::{Admission, AdmissionClass, AdmissionSource, AdmissionState, StayAct, Urgency, find as find_admission};
#[cfg(feature = "ssr")]
pub use department::{DEPARTMENT, WARDS};
#[cfg(feature = "ssr")]
pub use own_stay::is_released as is_summary_released;
#[cfg(feature = "ssr")]
pub use plan::{Ward, retire_over as retire_trolleys, ward as find_ward, wards as wards_of};
#[cfg(feature = "ssr")]
pub use resuscitation::{CareDecision, CareLevel, decided as care_decision};
#[cfg(feature = "ssr")]
pub use shifts::{WardShift, WardShifts, shifts_of};
#[cfg(feature = "ssr")]
pub use upkeep::{charge_days, expire_reservations, take_back_released};
#[cfg(feature = "ssr")]
pub use uses::{BedUse, UseEnd, UseKind};
