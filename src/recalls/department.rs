//! Registers recalls in the program: the value `DEPARTMENT` and its lists.

use super::{pages, rules::RULES, store};
use crate::{
    core::Permission,
    server::{
        Department, HeardBy, Topic,
        department::{Place, RailCount},
    },
    tr,
    ui::Glyph,
};

/// Changes of the recalls of a clinic.
pub static RECALLS: Topic = Topic { name: "recalls", heard: HeardBy::ThoseWhoMay(Permission::ReadStock), subject: None };

pub static DEPARTMENT: Department = Department {
    routes: pages::routes,
    places: &[Place {
        order: 79,
        right: Permission::ReadStock,
        also: None,
        href: "/recalls",
        words: || tr!(recalls.title),
        glyph: Glyph::Warning,
        key: None,
        begins: None,
    }],
    rail_counts: &[(
        "/recalls",
        RailCount::Query(|who, clinic| who.may_at(Permission::ReadStock, clinic).then(|| store::count_open(clinic))),
    )],
    topics: &[&RECALLS],
    rules: RULES,
    audited: &[
        ("recall", || tr!(recalls.what_recall)),
        ("recall_patient", || tr!(recalls.what_patient)),
        ("recall_patients", || tr!(recalls.what_patients)),
        ("recall_letters", || tr!(recalls.what_letters)),
    ],
    lists: &["recall_patients", "recall_letters"],
    ..Department::named("recalls")
};
