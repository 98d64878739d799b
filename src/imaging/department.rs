//! Registers imaging in the program: the value `DEPARTMENT` and its lists.

use super::{findings, pages, reviews, rules, studies, upkeep, worklist};
use crate::{
    core::Permission,
    server::{
        Department, HeardBy, Topic,
        department::{ChartSource, OrderKind, Place, PortalPanel, RecordTab},
    },
    tr,
    ui::Glyph,
};

/// Changes of the studies, findings and reports of a clinic.
pub static IMAGING: Topic = Topic { name: "imaging", heard: HeardBy::ThoseWhoMay(Permission::WorkImaging), subject: None };

/// The entries of imaging in the program's lists.
pub static DEPARTMENT: Department = Department {
    routes: pages::routes,
    jobs: &[|state| Box::pin(upkeep::keep_up(state)), |state| Box::pin(worklist::listen(state))],
    places: &[
        Place {
            order: 51,
            right: Permission::WorkImaging,
            also: None,
            href: "/imaging",
            words: || tr!(imaging.title),
            glyph: Glyph::Calendar,
            key: Some('x'),
            begins: Some(42),
        },
        Place {
            order: 52,
            right: Permission::ReportImaging,
            also: None,
            href: "/imaging/vetting",
            words: || tr!(imaging.vetting),
            glyph: Glyph::Check,
            key: None,
            begins: None,
        },
        Place {
            order: 53,
            right: Permission::ReportImaging,
            also: None,
            href: "/imaging/reading",
            words: || tr!(imaging.reading),
            glyph: Glyph::Sign,
            key: None,
            begins: Some(41),
        },
        Place {
            order: 54,
            right: Permission::WorkImaging,
            also: None,
            href: "/imaging/calls",
            words: || tr!(imaging.calls),
            glyph: Glyph::Phone,
            key: None,
            begins: None,
        },
        Place {
            order: 55,
            right: Permission::PlaceOrders,
            also: None,
            href: "/imaging/inbox",
            words: || tr!(imaging.inbox),
            glyph: Glyph::Board,
            key: None,
            begins: None,
        },
        Place {
            order: 56,
            right: Permission::WorkImaging,
            also: None,
            href: "/imaging/catalogue",
            words: || tr!(imaging.catalogue),
            glyph: Glyph::Note,
            key: None,
            begins: None,
        },
    ],
    rail_counts: &[
        ("/imaging/inbox", |tx, who, clinic| Box::pin(async move { reviews::count_open(tx, who.user, clinic).await })),
        ("/imaging/calls", |tx, _, clinic| Box::pin(findings::count_open(tx, clinic))),
    ],
    topics: &[&IMAGING],
    record_tabs: &[RecordTab { order: 26, right: Permission::ReadChart, path: "/imaging", words: || tr!(imaging.title), sought: false }],
    chart: &[ChartSource {
        order: 18,
        name: "imaging",
        words: || tr!(imaging.title),
        read: |ctx, ask| Box::pin(pages::charted_images(ctx, ask)),
    }],
    portal_panels: &[PortalPanel { order: 28, read: |ctx, patient| Box::pin(pages::portal_imaging(ctx, patient)) }],
    order_kinds: &[OrderKind {
        order: 30,
        name: studies::KIND,
        words: || tr!(imaging.kind),
        right: Permission::WorkImaging,
        page: Some(|visit| format!("/imaging/order/{visit}")),
        followed: Some(|ctx, order| Box::pin(studies::follow(ctx, order))),
    }],
    charge_sources: &[&studies::IMAGING_STUDY],
    rules: rules::RULES,
    checks: Some(|tx| Box::pin(rules::checks(tx))),
    audited: &[
        ("imaging_procedure", || tr!(imaging.what_procedure)),
        ("imaging_room", || tr!(imaging.what_room)),
        ("imaging_station", || tr!(imaging.what_station)),
        ("imaging_catalogue_file", || tr!(imaging.what_catalogue_file)),
        ("imaging_study", || tr!(imaging.what_study)),
        ("imaging_safety", || tr!(imaging.what_safety)),
        ("imaging_override", || tr!(imaging.what_override)),
        ("radiology_report", || tr!(imaging.what_report)),
        ("radiology_addendum", || tr!(imaging.what_addendum)),
        ("radiology_finding", || tr!(imaging.what_finding)),
        ("radiology_review", || tr!(imaging.what_review)),
        ("imaging_record", || tr!(imaging.what_record)),
        ("imaging_lists", || tr!(imaging.what_lists)),
    ],
    lists: &["imaging_lists"],
    ..Department::named("imaging")
};
