//! Registers the wards in the program: the value `DEPARTMENT` and its lists.

use super::{days::BED_DAY, pages, rules::RULES, upkeep};
use crate::{
    core::Permission,
    server::{
        Department, HeardBy, Topic,
        department::{Place, PortalPanel, RecordPanel},
    },
    tr,
    ui::Glyph,
};

/// Changes of beds and admissions.
pub static WARDS: Topic = Topic { name: "wards", heard: HeardBy::ThoseWhoMay(Permission::ViewWard), subject: Some(Permission::ViewWard) };

pub static DEPARTMENT: Department = Department {
    routes: pages::routes,
    jobs: &[|state| Box::pin(upkeep::keep_up(state))],
    places: &[
        Place {
            order: 42,
            right: Permission::DischargeBilling,
            also: None,
            href: "/wards/settle",
            words: || tr!(wards.to_settle),
            glyph: Glyph::Bed,
            key: None,
            begins: None,
        },
        Place {
            order: 34,
            right: Permission::ViewWard,
            also: None,
            href: "/wards",
            words: || tr!(wards.title),
            glyph: Glyph::Bed,
            key: Some('w'),
            begins: Some(45),
        },
    ],
    charge_sources: &[&BED_DAY],
    topics: &[&WARDS],
    record_panels: &[RecordPanel { order: 15, read: |ctx, patient, _| Box::pin(pages::on_the_record(ctx, patient)) }],
    portal_panels: &[PortalPanel { order: 6, read: |ctx, patient| Box::pin(pages::portal_stays(ctx, patient)) }],
    rules: RULES,
    audited: &[
        ("admission", || tr!(wards.what_admission)),
        ("resuscitation", || tr!(wards.level)),
        ("nil_by_mouth", || tr!(wards.fasting)),
        ("bed_use", || tr!(wards.what_bed_use)),
        ("bed_day", || tr!(wards.what_bed_day)),
        ("ward_board", || tr!(wards.what_board)),
        ("ward_shifts", || tr!(wards.what_shifts)),
        ("ward_leaflet", || tr!(wards.what_leaflet)),
        ("summary_release", || tr!(wards.what_summary_release)),
    ],
    lists: &["ward_board"],
    ..Department::named("wards")
};
