//! Registers the front desk in the program: the value `DEPARTMENT` and its lists.

use super::{pages, registration};
use crate::{
    core::Permission,
    server::{Department, department::Place},
    tr,
    ui::Glyph,
};

pub static DEPARTMENT: Department = Department {
    routes: || pages::routes().merge(registration::routes()),
    places: &[Place {
        order: 20,
        right: Permission::CheckIn,
        also: None,
        href: "/reception",
        words: || tr!(nav.reception),
        glyph: Glyph::Queue,
        key: Some('r'),
        begins: Some(20),
    }],
    audited: &[("arrivals", || tr!(audit.what_arrivals)), ("reception", || tr!(audit.what_reception))],
    lists: &["arrivals"],
    ..Department::named("reception")
};
