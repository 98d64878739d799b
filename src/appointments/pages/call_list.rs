//! `/settle/print`: the call list on paper: patients without an account whom somebody has to tell that their appointment changed.

use leptos::prelude::*;
use serde::Deserialize;

use super::settle::at_named_clinic;
use crate::{
    appointments::settle::{self, Call, Settled},
    core::{
        Permission, Result,
        time::{self, Zone},
    },
    server::{Ctx, Page, Query, page::Layout},
    tr,
    ui::{PaperPage, PrintSheet},
};

/// The query of the address.
#[derive(Debug, Default, Deserialize)]
pub struct CallListQuery {
    #[serde(default)]
    doctor: String,
    #[serde(default)]
    clinic: String,
}

/// The sheet.
///
/// # Errors
/// Not allowed, or what the database refused.
pub async fn call_list_page(Query(which): Query<CallListQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::KeepAbsences).await?;
    at_named_clinic(&mut ctx, &which.clinic).await?;
    // Phone numbers are for those who book.
    ctx.at_clinic(Permission::BookAppointments, ctx.clinic.id)?;
    let own = settle::own_only(&ctx.who, ctx.clinic.id);
    let calls = settle::calls(&mut ctx, own.or_else(|| which.doctor.parse().ok())).await?;
    let (hospital, clinic, now) = (ctx.state().hospital(), ctx.clinic.clone(), ctx.now);
    Ok(Page::new(tr!(hours.call_list), move || {
        let printed = tr!(ui.printed_at, at = time::show_date_time(clinic.zone.local(now)));
        let none = calls.is_empty().then(|| view! { <p>{tr!(hours.nobody_to_call)}</p> });
        let rows = calls.into_iter().map(|call| line(call, clinic.zone)).collect_view();
        view! {
            <PaperPage back="/settle" back_words=tr!(hours.to_settle)>
                <PrintSheet hospital=hospital.name.clone() hospital_lines=hospital.letterhead(Some(&clinic)) title=tr!(hours.call_list) facts=vec![printed]>
                    <table class="sheet__lines day-list">
                        <caption class="visually-hidden">{tr!(hours.call_list)}</caption>
                        <thead>
                            <tr>
                                <th scope="col">{tr!(ui.patient)}</th>
                                <th scope="col">{tr!(ui.mrn)}</th>
                                <th scope="col">{tr!(hours.phone)}</th>
                                <th scope="col">{tr!(appointments.appointment)}</th>
                                <th scope="col">{tr!(hours.what_happened)}</th>
                                <th scope="col">{tr!(hours.told)}</th>
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

fn line(call: Call, zone: Zone) -> impl IntoView {
    let Call { name, mrn, phone, row } = call;
    let when = |at| time::show_long_date_time(zone.local(at));
    let happened = match (row.outcome, row.new_at, row.new_doctor) {
        (Some(Settled::Moved), Some(at), Some(doctor)) => tr!(hours.moved_to, when = when(at), doctor = doctor),
        (Some(Settled::Cancelled), ..) => tr!(appointments.cancelled_because, reason = row.cancel_reason),
        (Some(outcome), ..) => outcome.word().to_owned(),
        (None, ..) => tr!(hours.not_settled).to_owned(),
    };
    view! {
        <tr>
            <td><strong>{name}</strong></td>
            <td class="day-list__number">{mrn}</td>
            <td>{phone}</td>
            <td>{when(row.starts_at)}" · "{row.doctor}</td>
            <td>{happened}</td>
            <td>"☐"</td>
        </tr>
    }
}
