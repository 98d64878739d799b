//! Registers the outpatient day in the program: the value `DEPARTMENT` and its lists.

use super::{keep_ending_earlier_days, pages, rules::RULES};
use crate::{
    core::Permission,
    server::{
        Department, HeardBy, Topic,
        department::{ChartSource, Place},
    },
    tr,
    ui::Glyph,
};

/// Changes of the places in a queue, also for the public board. Users who do not work at the clinic learn that a queue
/// has changed, but not for which visit.
pub static QUEUE: Topic = Topic { name: "queue", heard: HeardBy::All, subject: Some(Permission::ViewQueue) };

pub static DEPARTMENT: Department = Department {
    routes: pages::routes,
    jobs: &[|state| Box::pin(keep_ending_earlier_days(state))],
    places: &[Place {
        order: 30,
        right: Permission::RecordVitals,
        also: None,
        href: "/triage",
        words: || tr!(nav.triage),
        glyph: Glyph::Vitals,
        key: Some('t'),
        begins: Some(30),
    }],
    topics: &[&QUEUE],
    chart: &[ChartSource {
        order: 20,
        name: "vitals",
        words: || tr!(opd.vitals),
        read: |ctx, ask| Box::pin(pages::charted_vitals(ctx, ask)),
    }],
    rules: RULES,
    audited: &[
        ("visit", || tr!(audit.what_visit)),
        ("queue", || tr!(audit.what_queue)),
        ("queue_entry", || tr!(audit.what_queue)),
        ("priority", || tr!(audit.what_priority)),
        ("vitals", || tr!(audit.what_vitals)),
    ],
    lists: &["queue"],
    ..Department::named("opd")
};
