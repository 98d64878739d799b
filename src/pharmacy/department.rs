//! Registers the pharmacy in the program: the value `DEPARTMENT` and its lists.

use super::{DISPENSE, pages, rules::RULES};
use crate::{
    core::Permission,
    server::{
        Department, HeardBy, Topic,
        department::{ChartSource, Place, PortalPanel},
    },
    tr,
    ui::Glyph,
};

/// Changes of supplies of a clinic.
pub static PHARMACY: Topic = Topic { name: "pharmacy", heard: HeardBy::ThoseWhoMay(Permission::Dispense), subject: None };

pub static DEPARTMENT: Department = Department {
    routes: pages::routes,
    places: &[Place {
        order: 65,
        right: Permission::Dispense,
        also: None,
        href: "/pharmacy",
        words: || tr!(pharmacy.title),
        glyph: Glyph::Pill,
        key: Some('y'),
        begins: Some(82),
    }],
    topics: &[&PHARMACY],
    chart: &[ChartSource {
        order: 19,
        name: "pharmacy",
        words: || tr!(pharmacy.dispensed),
        read: |ctx, ask| Box::pin(pages::charted_dispenses(ctx, ask)),
    }],
    portal_panels: &[PortalPanel { order: 29, read: |ctx, patient| Box::pin(pages::portal_dispenses(ctx, patient)) }],
    charge_sources: &[&DISPENSE],
    rules: RULES,
    audited: &[
        ("supply", || tr!(pharmacy.what_supply)),
        ("dispense", || tr!(pharmacy.what_dispense)),
        ("dispense_return", || tr!(pharmacy.what_return)),
        ("pharmacy_record", || tr!(pharmacy.what_record)),
        ("pharmacy_queue", || tr!(pharmacy.what_queue)),
        ("pharmacy_recipients", || tr!(pharmacy.what_recipients)),
    ],
    lists: &["pharmacy_queue", "pharmacy_recipients"],
    ..Department::named("pharmacy")
};
