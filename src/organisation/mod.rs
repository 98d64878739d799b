//! The hospital itself: its clinics with their time zones, departments, specialties, staff, and the rooms and counters
//! where they serve. Administrators edit all of it in the pages under `/settings`.

#[cfg(feature = "ssr")]
pub mod api;
#[cfg(feature = "ssr")]
mod booking_rules;
#[cfg(feature = "ssr")]
mod checklist;
#[cfg(feature = "ssr")]
mod clinic;
#[cfg(feature = "ssr")]
mod department;
#[cfg(feature = "ssr")]
mod hospital;
#[cfg(feature = "ssr")]
mod lists;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod people;
#[cfg(feature = "ssr")]
pub mod pictures;
#[cfg(feature = "ssr")]
mod rules;
#[cfg(feature = "ssr")]
mod service;
#[cfg(feature = "ssr")]
mod settings;
#[cfg(feature = "ssr")]
mod shifts;
#[cfg(feature = "ssr")]
mod staff;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
mod wards;

#[cfg(feature = "ssr")]
pub use booking_rules::{BookingRules, VisitType, booking_rules, visit_minutes, visit_types};
#[cfg(feature = "ssr")]
pub use checklist::{BACKUP_TOO_OLD, Checklist, Line, checklist, is_backup_missing};
#[cfg(feature = "ssr")]
pub use clinic::{Clinic, all_clinics, clinic, clinics, country, day_at};
#[cfg(feature = "ssr")]
pub use department::DEPARTMENT;
#[cfg(feature = "ssr")]
pub use hospital::{
    Hospital, ensure_hospital, hospital, is_demo, manages_hospital, next_number, number_document, shown_name, stock_spanish_name,
};
#[cfg(feature = "ssr")]
pub use lists::Typed;
#[cfg(feature = "ssr")]
pub use service::{PointKind, Service, ServicePoint, service, service_point, service_points, services};
#[cfg(feature = "ssr")]
pub use staff::{Doctor, Specialty, doctor, doctors, specialties, staff_name, staff_user_id};
#[cfg(feature = "ssr")]
pub use wards::{BedKind, Isolation, RoomRule, SexRule, WardKind};
