//! `/wards/{id}/shifts`: when the shifts of a ward begin, now and from a coming day on.

use chrono::Duration;
use leptos::prelude::*;
use serde::Deserialize;

use super::done_words;
use crate::{
    core::{
        Permission, Result, WardId,
        time::{show_date, show_time},
    },
    organisation,
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{Button, ButtonTone, CheckboxField, Column, DataTable, DateField, Fieldset, Form, PageHeader, Row, TextField, TimeField, Toast},
    wards::{
        WardShift as S, plan,
        shifts::{ShiftPlan, shifts_of},
    },
};

/// The act that was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ShiftsQuery {
    done: String,
}

/// Shows the shifts and the form of a change.
///
/// # Errors
/// Not allowed, another clinic's ward, or when the database refuses.
pub async fn shifts_page(Path(id): Path<WardId>, Query(ShiftsQuery { done }): Query<ShiftsQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageWards).await?;
    let ward = plan::ward(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ManageWards, ward.clinic_id)?;
    let zone = organisation::clinic(&mut ctx.tx, ward.clinic_id).await?.zone;
    let today = zone.day(ctx.now);
    let shifts = shifts_of(&mut ctx.tx, id, zone).await?;
    // The shifts of today, and the changes to come.
    let (now, coming) = (shifts.on(today), shifts.after(today));
    let page = Page::new(tr!(wards.shifts), move || {
        let back = (format!("/wards/{id}"), ward.name.clone());
        let rows = std::iter::once((tr!(wards.shifts_now).to_owned(), &now))
            .chain(coming.iter().map(|plan| (tr!(wards.shifts_from, day = show_date(plan.from_day)), plan)))
            .map(|(since, plan)| Row::new(vec![since.into_any(), words(plan).into_any()]))
            .collect();
        let columns = vec![Column::new(tr!(wards.shifts_hold)), Column::new(tr!(wards.shifts))];
        view! {
            {done_words(&done).map(|text| view! { <Toast text/> })}
            <PageHeader title=tr!(wards.shifts) back detail=tr!(wards.shifts_text)/>
            <div class="stack">
                <DataTable caption=tr!(wards.shifts) columns rows/>
                {form(id, coming.last().unwrap_or(&now), (today + Duration::days(1)).to_string())}
            </div>
        }
    });
    Ok(page.class("main--narrow"))
}

/// The shifts in one line: `Day shift 08:00 · Night shift 20:00`.
fn words(plan: &ShiftPlan) -> String {
    let shifts = plan.begins().into_iter().map(|(shift, begins)| format!("{} {}", plan.name(shift), show_time(begins)));
    shifts.collect::<Vec<_>>().join(" · ")
}

fn form(id: WardId, plan: &ShiftPlan, from_day: String) -> impl IntoView + use<> {
    let hidden = vec![("ward_id", id.to_string())];
    let begins = plan.begins();
    let at = |shift| begins.iter().find(|(known, _)| *known == shift).map(|(_, at)| show_time(*at)).unwrap_or_default();
    let (day, evening, night) = (at(S::Day), at(S::Evening), at(S::Night));
    let (day_name, evening_name, night_name) = (plan.day_name.clone(), plan.evening_name.clone(), plan.night_name.clone());
    view! {
        <Form action="/api/wards/write_shifts" hidden>
            <DateField name="from_day" label=tr!(wards.shifts_from_day) hint=tr!(wards.shifts_from_hint) value=from_day required=true/>
            <Fieldset legend=S::Day.words()>
                <TimeField name="day_begins" label=tr!(wards.shift_begins) value=day required=true/>
                <TextField name="day_name" label=tr!(wards.shift_name) value=day_name maxlength=40 optional=true autocomplete="off"/>
            </Fieldset>
            <Fieldset legend=S::Evening.words() hint=tr!(wards.shift_evening_hint)>
                <TimeField name="evening_begins" label=tr!(wards.shift_begins) value=evening optional=true/>
                <TextField name="evening_name" label=tr!(wards.shift_name) value=evening_name maxlength=40 optional=true autocomplete="off"/>
            </Fieldset>
            <Fieldset legend=S::Night.words()>
                <TimeField name="night_begins" label=tr!(wards.shift_begins) value=night required=true/>
                <TextField name="night_name" label=tr!(wards.shift_name) value=night_name maxlength=40 optional=true autocomplete="off"/>
            </Fieldset>
            <CheckboxField name="for_all" label=tr!(wards.for_all_wards)/>
            <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
        </Form>
    }
}
