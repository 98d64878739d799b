//! Registers the front desk in the program: the value `DEPARTMENT` and its lists.

use super::{first_visits, pages, registration};
use crate::{
    core::Permission,
    server::{
        Department,
        department::{Place, RailCount},
    },
    tr,
    ui::Glyph,
};

pub static DEPARTMENT: Department = Department {
    routes: || pages::routes().merge(registration::routes()).merge(first_visits::pages::routes()),
    jobs: &[|state| Box::pin(first_visits::keep_deleting_ended(state))],
    places: &[
        Place {
            order: 20,
            right: Permission::CheckIn,
            also: None,
            href: "/reception",
            words: || tr!(nav.reception),
            glyph: Glyph::Queue,
            key: Some('r'),
            begins: Some(20),
        },
        Place {
            order: 63,
            right: Permission::BookAppointments,
            // The desk answers; doctors book for the patients that they see.
            also: Some(|who| who.may(Permission::CheckIn)),
            href: "/first-visits",
            words: || tr!(first_visits.list),
            glyph: Glyph::Patients,
            key: None,
            begins: None,
        },
    ],
    rail_counts: &[("/first-visits", RailCount::Query(|_, clinic| Some(first_visits::count_open(clinic))))],
    rules: first_visits::rules::RULES,
    audited: &[
        ("arrivals", || tr!(audit.what_arrivals)),
        ("reception", || tr!(audit.what_reception)),
        ("first_visit", || tr!(first_visits.what_request)),
        ("first_visits", || tr!(first_visits.what_requests)),
    ],
    lists: &["arrivals"],
    ..Department::named("reception")
};
