//! `/schedules/print`: the list of a day or of a week, printed for the door of the room and for the desk.

use chrono::Datelike as _;
use leptos::prelude::*;

use super::{at_the_services_clinic, schedule::ScheduleQuery};
use crate::{
    appointments::day,
    core::{Permission, Result, time},
    organisation,
    server::{Ctx, Page, Query, page::Layout},
    tr,
    ui::{PaperPage, PrintSheet},
};

/// Shows the list of the day in the schedule; for a doctor, a service or the clinic.
///
/// # Errors
/// When the user lacks the permission, or when the database refuses.
pub async fn day_list_page(Query(choices): Query<ScheduleQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadSchedules).await?;
    let ask = choices.ask(ctx.today());
    at_the_services_clinic(&mut ctx, Permission::ReadSchedules, ask.service).await?;
    let booked = day::booked(&mut ctx, ask).await?;
    let doctor = match ask.doctor {
        Some(id) => Some(organisation::doctor(&mut ctx.tx, id).await?.name),
        None => None,
    };
    let (hospital, clinic, now) = (ctx.state().hospital(), ctx.clinic.clone(), ctx.now);
    let title = if ask.week { tr!(appointments.week_list) } else { tr!(appointments.day_list) };
    Ok(Page::new(title, move || {
        let (first, last) = day::days(ask);
        let days = match ask.week {
            true => format!("{} – {}", time::show_long_date(first), time::show_long_date(last)),
            false => time::show_long_date(ask.day),
        };
        let at = |local: chrono::NaiveDateTime| match ask.week {
            true => format!("{} {}, {}", time::short_weekday(local.date()), local.day(), time::show_time(local.time())),
            false => time::show_time(local.time()),
        };
        let several = doctor.is_none();
        let none = booked.is_empty().then(|| view! { <p>{tr!(appointments.nobody_booked)}</p> });
        let facts: Vec<String> = [Some(days), doctor, Some(tr!(ui.printed_at, at = time::show_date_time(clinic.zone.local(now))))]
            .into_iter()
            .flatten()
            .collect();
        let rows = booked
            .into_iter()
            .map(|one| {
                let doctor = several.then(|| view! { <td>{one.doctor}</td> });
                view! {
                    <tr>
                        <td class="day-list__time">{at(clinic.zone.local(one.starts_at))}</td>
                        <td><strong>{one.patient_name}</strong></td>
                        <td class="day-list__number">{one.mrn}</td>
                        {doctor}
                        <td>{one.reason}</td>
                        <td>{one.state.word()}{one.overbooked.then(|| format!(", {}", tr!(appointments.overbooked)))}</td>
                    </tr>
                }
            })
            .collect_view();
        view! {
            <PaperPage back=day::address(ask) back_words=tr!(nav.schedules)>
                <PrintSheet
                    hospital=hospital.name.clone()
                    hospital_lines=hospital.letterhead(Some(&clinic))
                    title
                    facts
                >
                    <table class="sheet__lines day-list">
                        <caption class="visually-hidden">{title}</caption>
                        <thead>
                            <tr>
                                <th scope="col">{tr!(appointments.time)}</th>
                                <th scope="col">{tr!(ui.patient)}</th>
                                <th scope="col">{tr!(ui.mrn)}</th>
                                {several.then(|| view! { <th scope="col">{tr!(appointments.doctor)}</th> })}
                                <th scope="col">{tr!(appointments.reason)}</th>
                                <th scope="col">{tr!(appointments.state)}</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                    {none}
                </PrintSheet>
            </PaperPage>
        }
    })
    .layout(Layout::Print))
}
