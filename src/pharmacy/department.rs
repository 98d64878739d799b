//! Registers the pharmacy in the program: the value `DEPARTMENT` and its lists.

use super::{
    DISPENSE, charging, pages, pauses,
    rules::RULES,
    stops, take_home,
    ward_doses::{self, WARD_DOSE},
    wards::{self, WARD_SUPPLY},
};
use crate::{
    core::Permission,
    opd::Step,
    server::{
        Department, HeardBy, Topic,
        department::{ChartSource, Place, PortalPanel, RailCount, Stop},
        hooks::WardMedicines,
    },
    tr,
    ui::Glyph,
};

/// Changes of supplies of a clinic.
pub static PHARMACY: Topic = Topic { name: "pharmacy", heard: HeardBy::ThoseWhoMay(Permission::Dispense), subject: None };

pub static DEPARTMENT: Department = Department {
    routes: pages::routes,
    take_home: Some(|tx, admissions| Box::pin(async move { take_home::of_stays(tx, &admissions).await })),
    places: &[
        Place {
            order: 65,
            right: Permission::Dispense,
            also: None,
            href: "/pharmacy",
            words: || tr!(pharmacy.title),
            glyph: Glyph::Pill,
            key: Some('y'),
            begins: Some(82),
        },
        Place {
            order: 71,
            right: Permission::Dispense,
            also: None,
            href: "/pharmacy/wards",
            words: || tr!(pharmacy.wards),
            glyph: Glyph::Pill,
            key: None,
            begins: None,
        },
        Place {
            order: 72,
            right: Permission::Dispense,
            also: None,
            href: "/pharmacy/register",
            words: || tr!(pharmacy.register),
            glyph: Glyph::Lock,
            key: None,
            begins: None,
        },
        Place {
            order: 77,
            right: Permission::TakePayments,
            also: None,
            href: "/pharmacy/returns",
            words: || tr!(pharmacy.returns),
            glyph: Glyph::Repeat,
            key: None,
            begins: None,
        },
        Place {
            order: 78,
            right: Permission::WriteNotes,
            also: None,
            href: "/pharmacy/queries",
            words: || tr!(pharmacy.queries),
            glyph: Glyph::Pill,
            key: None,
            begins: None,
        },
    ],
    rail_counts: &[
        ("/pharmacy/returns", RailCount::Query(|_, clinic| Some(charging::count_open(clinic)))),
        ("/pharmacy/queries", RailCount::Query(|who, clinic| Some(pauses::count_asked(clinic, who.user)))),
    ],
    topics: &[&PHARMACY],
    chart: &[ChartSource {
        order: 19,
        name: "pharmacy",
        words: || tr!(pharmacy.dispensed),
        read: |ctx, ask| Box::pin(pages::charted_dispenses(ctx, ask)),
    }],
    portal_panels: &[PortalPanel { order: 29, read: |ctx, patient| Box::pin(pages::portal_dispenses(ctx, patient)) }],
    on_ward: Some(WardMedicines {
        present: |ctx, patient| Box::pin(wards::on_ward(ctx, patient)),
        ended: |ctx, patient, since| Box::pin(wards::ended_of(ctx, patient, since)),
    }),
    dose_stocked: Some(|ctx, dose| Box::pin(ward_doses::settle(ctx, dose))),
    charge_sources: &[&DISPENSE, &WARD_SUPPLY, &WARD_DOSE],
    stops: &[Stop { order: 55, step: Step::Pharmacy.as_str(), waits: |ctx, visit| Box::pin(stops::waits(ctx, visit)) }],
    rules: RULES,
    audited: &[
        ("supply", || tr!(pharmacy.what_supply)),
        ("dispense", || tr!(pharmacy.what_dispense)),
        ("dispense_return", || tr!(pharmacy.what_return)),
        ("pharmacy_record", || tr!(pharmacy.what_record)),
        ("pharmacy_stop", || tr!(pharmacy.what_stop)),
        ("ward_supply", || tr!(pharmacy.what_ward_supply)),
        ("register_check", || tr!(pharmacy.what_check)),
        ("controlled_register", || tr!(pharmacy.what_register)),
        ("ward_medicines", || tr!(pharmacy.what_ward_medicines)),
        ("pharmacy_queue", || tr!(pharmacy.what_queue)),
        ("pharmacy_recipients", || tr!(pharmacy.what_recipients)),
        ("pharmacy_returns", || tr!(pharmacy.returns)),
        ("pharmacy_queries", || tr!(pharmacy.queries)),
    ],
    lists: &["pharmacy_queue", "pharmacy_queries", "pharmacy_recipients", "pharmacy_returns", "controlled_register", "ward_medicines"],
    ..Department::named("pharmacy")
};
