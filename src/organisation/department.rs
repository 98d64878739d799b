//! Registers the organisation in the program: the value `DEPARTMENT` and its lists.

use super::{manages_hospital, pages, rules::RULES};
use crate::{
    core::Permission,
    server::{Department, department::Place},
    tr,
    ui::Glyph,
};

pub static DEPARTMENT: Department = Department {
    routes: pages::routes,
    places: &[Place {
        order: 85,
        right: Permission::ManageHospital,
        also: Some(manages_hospital),
        href: "/settings",
        words: || tr!(nav.settings),
        glyph: Glyph::Settings,
        key: None,
        begins: None,
    }],
    rules: RULES,
    audited: &[
        ("hospital", || tr!(audit.what_hospital)),
        ("clinic", || tr!(audit.what_clinic)),
        ("department", || tr!(audit.what_department)),
        ("service", || tr!(audit.what_service)),
        ("service_point", || tr!(audit.what_service_point)),
        ("specialty", || tr!(audit.what_specialty)),
        ("visit_type", || tr!(audit.what_visit_type)),
        ("booking_rule", || tr!(audit.what_booking_rule)),
        ("insurer", || tr!(audit.what_insurer)),
        ("ward", || tr!(audit.what_ward)),
        ("ward_room", || tr!(audit.what_ward_room)),
        ("bed_class", || tr!(audit.what_bed_class)),
        ("bed", || tr!(audit.what_bed)),
        ("staff", || tr!(audit.what_staff)),
        ("shift", || tr!(audit.what_shift)),
        ("setup", || tr!(audit.what_setup)),
    ],
    ..Department::named("organisation")
};
