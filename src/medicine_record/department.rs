//! Registers the medicine record in the program: the value `DEPARTMENT` and its lists.

use super::{orders, pages, rules, upkeep};
use crate::{
    core::Permission,
    server::{
        Department, HeardBy, Topic,
        department::{Place, StayPanel},
    },
    tr,
    ui::Glyph,
};

/// Changes of orders and doses of an admission.
pub static MEDICINES: Topic =
    Topic { name: "medicines", heard: HeardBy::ThoseWhoMay(Permission::ReadMedicineRecord), subject: Some(Permission::ReadMedicineRecord) };

pub static DEPARTMENT: Department = Department {
    routes: pages::routes,
    jobs: &[|state| Box::pin(upkeep::keep_up(state))],
    places: &[
        Place {
            order: 31,
            right: Permission::GiveMedicines,
            also: None,
            href: "/rounds",
            words: || tr!(medicine_record.rounds),
            glyph: Glyph::Pill,
            key: Some('m'),
            begins: None,
        },
        Place {
            order: 33,
            right: Permission::WriteOrders,
            also: None,
            href: "/care-orders",
            words: || tr!(medicine_record.to_sign),
            glyph: Glyph::Sign,
            key: None,
            begins: None,
        },
    ],
    rail_counts: &[("/care-orders", |tx, who, clinic| Box::pin(orders::count_to_sign(tx, clinic, who.user)))],
    topics: &[&MEDICINES],
    stay_panels: &[StayPanel { order: 10, read: |ctx, admission, page| Box::pin(pages::on_the_stay(ctx, admission, page)) }],
    rules: rules::RULES,
    checks: Some(|tx| Box::pin(rules::checks(tx))),
    audited: &[
        ("care_order", || tr!(medicine_record.what_care_order)),
        ("administration", || tr!(medicine_record.what_administration)),
        ("dose_missed", || tr!(medicine_record.what_dose_missed)),
        ("medicine_record", || tr!(medicine_record.what_medicine_record)),
        ("medicine_round", || tr!(medicine_record.what_medicine_round)),
        ("unsigned_orders", || tr!(medicine_record.what_unsigned_orders)),
    ],
    lists: &["medicine_round", "unsigned_orders"],
    ..Department::named("medicine_record")
};
