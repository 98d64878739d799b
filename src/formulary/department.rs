//! Registers the formulary in the program: the value `DEPARTMENT` and its lists.

use super::{pages, rules::RULES};
use crate::{
    core::Permission,
    server::{Department, department::Place},
    tr,
    ui::Glyph,
};

pub static DEPARTMENT: Department = Department {
    routes: pages::routes,
    places: &[Place {
        order: 62,
        right: Permission::ReadMedicines,
        also: None,
        href: "/formulary",
        words: || tr!(formulary.title),
        glyph: Glyph::Pill,
        key: Some('f'),
        begins: Some(85),
    }],
    rules: RULES,
    audited: &[
        ("drug", || tr!(audit.what_drug)),
        ("substance", || tr!(audit.what_substance)),
        ("prescribing_rule", || tr!(audit.what_prescribing_rule)),
        ("formulary", || tr!(audit.what_formulary)),
    ],
    ..Department::named("formulary")
};
