//! Registers the round in the program: the value `DEPARTMENT` and its lists.

use super::{follow_ups, notes, pages, rules, upkeep};
use crate::{
    core::Permission,
    server::{
        Department, HeardBy, Topic,
        department::{ChartSource, Place, PortalPanel, RailCount, RecordPanel, StayPanel},
    },
    tr,
    ui::Glyph,
};

/// Changes of notes, summaries and follow-ups.
pub static ROUNDS: Topic =
    Topic { name: "rounds", heard: HeardBy::ThoseWhoMay(Permission::ReadChart), subject: Some(Permission::ReadChart) };

pub static DEPARTMENT: Department = Department {
    routes: pages::routes,
    jobs: &[|state| Box::pin(upkeep::keep_up(state))],
    places: &[
        Place {
            order: 26,
            right: Permission::WriteNotes,
            also: None,
            href: "/ward-round",
            words: || tr!(rounds.title),
            glyph: Glyph::Bed,
            key: None,
            begins: None,
        },
        Place {
            order: 27,
            right: Permission::BookAppointments,
            also: None,
            href: "/follow-ups",
            words: || tr!(rounds.follow_ups),
            glyph: Glyph::Clock,
            key: None,
            begins: None,
        },
    ],
    rail_counts: &[
        ("/ward-round", RailCount::Query(|who, clinic| Some(notes::count_drafts(who.user, clinic)))),
        ("/follow-ups", RailCount::Query(|_, clinic| Some(follow_ups::count_open(clinic)))),
    ],
    topics: &[&ROUNDS],
    stay_panels: &[StayPanel { order: 5, read: |ctx, admission, page| Box::pin(pages::on_the_stay(ctx, admission, page)) }],
    record_panels: &[RecordPanel { order: 16, read: |ctx, patient, _| Box::pin(pages::on_the_record(ctx, patient)) }],
    chart: &[ChartSource {
        order: 13,
        name: "stays",
        words: || tr!(rounds.notes),
        read: |ctx, ask| Box::pin(pages::charted_notes(ctx, ask)),
    }],
    portal_panels: &[PortalPanel { order: 8, read: |ctx, patient| Box::pin(pages::portal_follow_ups(ctx, patient)) }],
    rules: rules::RULES,
    checks: Some(|tx| Box::pin(rules::checks(tx))),
    audited: &[
        ("stay_note", || tr!(rounds.what_note)),
        ("stay_note_addendum", || tr!(rounds.what_addendum)),
        ("home_medicine", || tr!(rounds.take_home)),
        ("discharge_summary", || tr!(rounds.what_summary)),
        ("follow_up", || tr!(rounds.what_follow_up)),
        ("stay_record", || tr!(rounds.what_stay)),
        ("ward_round", || tr!(rounds.what_round)),
        ("follow_ups", || tr!(rounds.what_follow_ups)),
    ],
    lists: &["ward_round", "follow_ups"],
    ..Department::named("rounds")
};
