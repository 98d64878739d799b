//! Appointments in the program: its `DEPARTMENT`, and what stands in its lists.

use super::{ListedAt, appointments_of, appointments_panel, pages, rules::RULES};
use crate::{
    core::{PatientId, Permission, Result},
    server::{
        Ctx, Department, HeardBy, Topic,
        department::{Draw, Place, RecordPanel},
    },
    tr,
    ui::Glyph,
};

/// Appointments of a clinic.
pub static APPOINTMENTS: Topic = Topic { name: "appointments", heard: HeardBy::ThoseWhoMay(Permission::ReadSchedules), subject: None };

pub static DEPARTMENT: Department = Department {
    routes: pages::routes,
    places: &[Place {
        order: 50,
        right: Permission::ReadSchedules,
        also: None,
        href: "/schedules",
        words: || tr!(nav.schedules),
        glyph: Glyph::Calendar,
        key: Some('s'),
        begins: None,
    }],
    topics: &[&APPOINTMENTS],
    record_panels: &[RecordPanel { order: 10, read: |ctx, patient, page| Box::pin(on_the_record(ctx, patient, page)) }],
    rules: RULES,
    audited: &[
        ("appointment", || tr!(audit.what_appointment)),
        ("appointments", || tr!(audit.what_appointment)),
        ("schedule", || tr!(audit.what_schedule)),
    ],
    lists: &["schedule"],
    ..Department::named("appointments")
};

/// The patient's appointments.
async fn on_the_record(ctx: &mut Ctx, patient: PatientId, page: Option<i64>) -> Result<Option<Draw>> {
    let list = appointments_of(ctx, patient, ListedAt::Record, page).await?;
    let now = ctx.now;
    Ok(list.map(|list| -> Draw { Box::new(move || appointments_panel(list, now)) }))
}
