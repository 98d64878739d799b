//! Registers messages in the program: the value `DEPARTMENT` and its lists.

use super::{delivery, outbox, pages, rules};
use crate::{
    core::Permission,
    organisation::manages_hospital,
    server::{
        Department, HeardBy, Topic,
        department::{Place, RailCount, RecordPanel},
    },
    tr,
    ui::Glyph,
};

/// Changes of the call list of a clinic.
pub static MESSAGES: Topic = Topic { name: "messages", heard: HeardBy::ThoseWhoMay(Permission::CheckIn), subject: None };

pub static DEPARTMENT: Department = Department {
    routes: pages::routes,
    jobs: &[|state| Box::pin(delivery::keep_delivering(state))],
    topics: &[&MESSAGES],
    places: &[
        Place {
            order: 58,
            right: Permission::CheckIn,
            also: None,
            href: "/messages/calls",
            words: || tr!(messages.calls),
            glyph: Glyph::Phone,
            key: None,
            begins: None,
        },
        Place {
            order: 98,
            right: Permission::ManageHospital,
            also: Some(manages_hospital),
            href: "/messages",
            words: || tr!(messages.title),
            glyph: Glyph::Bell,
            key: None,
            begins: None,
        },
    ],
    rail_counts: &[
        ("/messages/calls", RailCount::Query(|_, clinic| Some(outbox::count_calls(clinic)))),
        ("/messages", RailCount::Query(|_, _| Some(outbox::count_dead()))),
    ],
    record_panels: &[RecordPanel { order: 73, read: |ctx, patient, _| Box::pin(pages::on_the_record(ctx, patient)) }],
    rules: rules::RULES,
    audited: &[
        ("message", || tr!(messages.what_message)),
        ("message_address", || tr!(messages.what_address)),
        ("message_wishes", || tr!(messages.what_wishes)),
        ("message_call", || tr!(messages.what_call)),
        ("message_calls", || tr!(messages.what_calls)),
        ("message_text", || tr!(messages.what_text)),
        ("message_test", || tr!(messages.what_test)),
    ],
    lists: &["message_calls"],
    ..Department::named("messages")
};
