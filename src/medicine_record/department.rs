//! Registers the medicine record in the program: the value `DEPARTMENT` and its lists.

use super::{bedside, doses, effects, infusions, orders, pages, rules, upkeep};
use crate::{
    core::Permission,
    server::{
        Department, HeardBy, Topic,
        department::{Place, RailCount, StayPanel},
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
        Place {
            order: 28,
            right: Permission::ManageWards,
            also: None,
            href: "/order-sets",
            words: || tr!(medicine_record.order_sets),
            glyph: Glyph::Note,
            key: None,
            begins: None,
        },
        Place {
            order: 76,
            right: Permission::ManageStock,
            also: None,
            href: "/ward-shortages",
            words: || tr!(medicine_record.shortages),
            glyph: Glyph::Warning,
            key: None,
            begins: None,
        },
    ],
    rail_counts: &[
        ("/ward-shortages", RailCount::Query(|_, clinic| Some(bedside::count_shortages(clinic)))),
        ("/care-orders", RailCount::Query(|who, clinic| Some(orders::count_to_sign(clinic, who.user)))),
    ],
    topics: &[&MEDICINES],
    bed_questions: Some(|tx, of, now| Box::pin(effects::open_questions(tx, of, now))),
    bed_work: Some(|tx, ward, (now, _)| Box::pin(doses::on_board(tx, ward, now))),
    infused: Some(|tx, admission, period| Box::pin(infusions::infused_ml(tx, admission, period))),
    stay_panels: &[StayPanel { order: 10, read: |ctx, admission, page| Box::pin(pages::on_the_stay(ctx, admission, page)) }],
    rules: rules::RULES,
    checks: Some(|tx| Box::pin(rules::checks(tx))),
    audited: &[
        ("care_order", || tr!(medicine_record.what_care_order)),
        ("administration", || tr!(medicine_record.what_administration)),
        ("infusion", || tr!(medicine_record.what_infusion)),
        ("bedside_scan", || tr!(medicine_record.what_bedside_scan)),
        ("ward_dose_times", || tr!(medicine_record.what_usual_times)),
        ("ward_bedside", || tr!(medicine_record.what_ward_bedside)),
        ("ward_shortage", || tr!(medicine_record.what_ward_shortage)),
        ("trolley", || tr!(medicine_record.what_trolley)),
        ("order_set", || tr!(medicine_record.what_order_set)),
        ("ward_protocol", || tr!(medicine_record.what_ward_protocol)),
        ("outage", || tr!(medicine_record.what_outage)),
        ("back_entry", || tr!(medicine_record.what_back_entry)),
        ("dose_missed", || tr!(medicine_record.what_dose_missed)),
        ("dose_effect", || tr!(medicine_record.what_dose_effect)),
        ("medicine_record", || tr!(medicine_record.what_medicine_record)),
        ("medicine_round", || tr!(medicine_record.what_medicine_round)),
        ("unsigned_orders", || tr!(medicine_record.what_unsigned_orders)),
    ],
    lists: &["medicine_round", "unsigned_orders", "back_entry", "trolley"],
    ..Department::named("medicine_record")
};
