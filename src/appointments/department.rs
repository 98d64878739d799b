//! Registers appointments in the program: the value `DEPARTMENT` and its lists.

use super::{
    ListedAt, appointments_of, appointments_panel,
    day_end::keep_marking_missed,
    hours,
    hours::keep_times_written,
    pages, reminders,
    rules::{RULES, checked},
    settle,
    waitlist::keep_offering,
};
use crate::{
    core::{PatientId, Permission, Result},
    organisation::manages_hospital,
    server::{
        Ctx, Department, HeardBy, Topic,
        department::{Draw, Place, RailCount, RecordPanel},
    },
    tr,
    ui::Glyph,
};

/// Changes of a clinic's appointments.
pub static APPOINTMENTS: Topic = Topic { name: "appointments", heard: HeardBy::ThoseWhoMay(Permission::ReadSchedules), subject: None };

pub static DEPARTMENT: Department = Department {
    routes: pages::routes,
    places: &[
        Place {
            order: 50,
            right: Permission::ReadSchedules,
            also: None,
            href: "/schedules",
            words: || tr!(nav.schedules),
            glyph: Glyph::Calendar,
            key: Some('s'),
            begins: None,
        },
        Place {
            order: 64,
            right: Permission::KeepAbsences,
            also: None,
            href: "/settle",
            words: || tr!(hours.to_settle),
            glyph: Glyph::Transfer,
            key: None,
            begins: None,
        },
        Place {
            order: 66,
            right: Permission::KeepAbsences,
            also: None,
            href: "/absences",
            words: || tr!(nav.absences),
            glyph: Glyph::Inactive,
            key: None,
            begins: None,
        },
        Place {
            order: 84,
            right: Permission::ManageSchedules,
            // Administrators of all clinics find the hours in the settings.
            also: Some(|who| !manages_hospital(who)),
            href: "/settings/hours",
            words: || tr!(hours.title),
            glyph: Glyph::Clock,
            key: None,
            begins: None,
        },
    ],
    clock_changed: Some(|ctx, clinic, before| Box::pin(hours::clock_changed(ctx, clinic, before))),
    rail_counts: &[("/settle", RailCount::Query(|who, clinic| Some(settle::waiting(who, clinic))))],
    jobs: &[
        |state| Box::pin(keep_marking_missed(state)),
        |state| Box::pin(keep_offering(state)),
        |state| Box::pin(keep_times_written(state)),
        |state| Box::pin(reminders::keep_reminding(state)),
    ],
    topics: &[&APPOINTMENTS],
    record_panels: &[RecordPanel { order: 10, read: |ctx, patient, page| Box::pin(on_the_record(ctx, patient, page)) }],
    rules: RULES,
    audited: &[
        ("appointment", || tr!(audit.what_appointment)),
        ("appointments", || tr!(audit.what_appointment)),
        ("desk_remark", || tr!(audit.what_desk_remark)),
        ("schedule", || tr!(audit.what_schedule)),
        ("hours", || tr!(audit.what_hours)),
        ("leaving", || tr!(audit.what_leaving)),
        ("leave", || tr!(audit.what_leave)),
        ("blocked_time", || tr!(audit.what_blocked_time)),
        ("closure", || tr!(audit.what_closure)),
        ("extra_session", || tr!(audit.what_extra_session)),
        ("to_settle", || tr!(audit.what_to_settle)),
        ("call_list", || tr!(audit.what_call_list)),
        ("death", || tr!(audit.what_death)),
        ("missed", || tr!(audit.what_missed)),
        ("waitlist", || tr!(audit.what_waitlist)),
        ("waiting", || tr!(audit.what_waiting)),
    ],
    lists: &["schedule", "to_settle", "call_list", "missed", "waiting"],
    checks: Some(|tx| Box::pin(checked(tx))),
    ..Department::named("appointments")
};

/// Shows the patient's appointments.
async fn on_the_record(ctx: &mut Ctx, patient: PatientId, page: Option<i64>) -> Result<Option<Draw>> {
    let list = appointments_of(ctx, patient, ListedAt::Record, page).await?;
    let now = ctx.now;
    Ok(list.map(|list| -> Draw { Box::new(move || appointments_panel(list, now)) }))
}
