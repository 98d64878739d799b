//! Registers copies and erasures of records in the program: the value `DEPARTMENT` and its lists.

use super::{pages, rules::RULES, store};
use crate::{
    core::Permission,
    server::{
        Department,
        department::{Place, PortalPanel, RailCount, RecordTab},
    },
    tr,
    ui::Glyph,
};

pub static DEPARTMENT: Department = Department {
    routes: pages::routes,
    places: &[
        Place {
            order: 57,
            right: Permission::ReleaseRecords,
            also: None,
            href: "/exports",
            words: || tr!(records.exports),
            glyph: Glyph::Download,
            key: None,
            begins: None,
        },
        Place {
            order: 59,
            right: Permission::KeepRecords,
            also: None,
            href: "/erasures",
            words: || tr!(records.erasures),
            glyph: Glyph::Lock,
            key: None,
            begins: None,
        },
    ],
    rail_counts: &[
        ("/exports", RailCount::Query(|who, clinic| who.may_at(Permission::ReleaseRecords, clinic).then(|| store::count_exports(clinic)))),
        ("/erasures", RailCount::Query(|who, clinic| who.may_at(Permission::KeepRecords, clinic).then(|| store::count_erasures(clinic)))),
    ],
    record_tabs: &[RecordTab {
        order: 92,
        right: Permission::RegisterPatients,
        path: "/release",
        words: || tr!(records.release),
        sought: false,
    }],
    portal_panels: &[PortalPanel { order: 92, read: |_, _| Box::pin(async { Ok(pages::portal_link()) }) }],
    rules: RULES,
    audited: &[
        ("export", || tr!(records.what_export)),
        ("export_file", || tr!(records.what_file)),
        ("exports", || tr!(records.what_exports)),
        ("erasure", || tr!(records.what_erasure)),
        ("consent", || tr!(records.what_consent)),
        ("erasures", || tr!(records.what_erasures)),
    ],
    lists: &["exports", "erasures"],
    ..Department::named("records")
};
