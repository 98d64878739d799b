//! The `DEPARTMENT` of the portal, with the entries that it adds to the program's lists.

use super::{booking, pages, profile};
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
    routes: || pages::routes().merge(booking::pages::routes()).merge(profile::pages::routes()),
    places: &[Place {
        order: 82,
        right: Permission::RegisterPatients,
        also: None,
        href: "/profile-requests",
        words: || tr!(profile.list),
        glyph: Glyph::Edit,
        key: None,
        begins: None,
    }],
    rail_counts: &[(
        "/profile-requests",
        RailCount::Query(|who, clinic| who.may_at(Permission::RegisterPatients, clinic).then(|| profile::count_waiting(clinic))),
    )],
    portal_places: &[
        Place { begins: Some(50), ..place(10, "/portal", || tr!(nav.home), Glyph::Home) },
        place(20, "/portal/appointments", || tr!(nav.appointments), Glyph::Calendar),
        place(30, "/portal/records", || tr!(nav.records), Glyph::Note),
        place(40, "/portal/account", || tr!(nav.account), Glyph::User),
    ],
    audited: &[
        ("portal", || tr!(audit.what_portal)),
        ("profile_request", || tr!(profile.what_request)),
        ("profile_requests", || tr!(profile.what_requests)),
    ],
    lists: &["profile_requests"],
    ..Department::named("portal")
};

const fn place(order: u16, href: &'static str, words: fn() -> &'static str, glyph: Glyph) -> Place {
    Place { order, right: Permission::OwnRecord, also: None, href, words, glyph, key: None, begins: None }
}
