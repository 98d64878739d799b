//! `/admissions/{id}/move`: moves a patient within the ward: type the label of a bed, or press a free one.

use leptos::prelude::*;
use serde::Deserialize;

use super::admission::hidden;
use crate::{
    core::{AdmissionId, BedId, Permission, Result},
    patients,
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{Button, ButtonTone, CheckboxField, Form, NoticeBox, PageHeader, PatientBanner, PostButton, TextField, Tone},
    wards::{
        AdmissionState,
        admission::{self, BedChoice},
        fit::Misfit,
        moves, plan,
    },
};

/// The query: the bed onto which the patient was dragged on the board.
#[derive(Debug, Deserialize)]
pub struct MoveQuery {
    #[serde(default)]
    to: Option<BedId>,
}

/// Shows the page.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn move_page(Path(id): Path<AdmissionId>, Query(MoveQuery { to }): Query<MoveQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageBeds).await?;
    let admission = admission::find(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ManageBeds, admission.clinic_id)?;
    ctx.saw(admission.patient_id, "admission").await?;
    let today = ctx.today();
    let banner = patients::banner(&mut ctx.tx, admission.patient_id, today).await?;
    let ward = plan::ward(&mut ctx.tx, admission.ward()).await?;
    let now = ctx.now;
    let choices = admission::choices(&mut ctx.tx, &ward, &admission, (now, today)).await?;
    let has_babies = !admission::babies_of(&mut ctx.tx, id).await?.is_empty();
    let open = admission.state == AdmissionState::Admitted && moves::open_transfer(&mut ctx.tx, id).await?.is_none();
    let page = Page::new(tr!(wards.move_title), move || {
        let back = (format!("/admissions/{id}"), tr!(wards.admission_of, number = admission.number));
        let body = match open {
            true => forms(id, has_babies, &choices, to),
            false => view! { <NoticeBox tone=Tone::Waiting><p>{tr!(wards.cannot_move)}</p></NoticeBox> }.into_any(),
        };
        view! { <PageHeader title=tr!(wards.move_title) back detail=ward.name/>{body} }
    });
    Ok(page.class("main--narrow").banner(move || view! { <PatientBanner info=banner/> }))
}

fn forms(id: AdmissionId, has_babies: bool, choices: &[BedChoice], to: Option<BedId>) -> AnyView {
    let chosen = to.map(|to| choices.iter().find(|one| one.bed.id == to));
    let value = chosen.flatten().map(|one| one.bed.name.clone()).unwrap_or_default();
    let taken =
        matches!(chosen, Some(None)).then(|| view! { <NoticeBox tone=Tone::Warning><p>{tr!(wards.dragged_bed_taken)}</p></NoticeBox> });
    let unmet = chosen.flatten().map(|one| one.misfits.iter().map(|misfit| Misfit::words(*misfit)).collect::<Vec<_>>().join(", "));
    let misfits = unmet.filter(|unmet| !unmet.is_empty()).map(|unmet| view! { <NoticeBox tone=Tone::Warning><p>{unmet}</p></NoticeBox> });
    let fits = |one: &&BedChoice| !one.misfits.iter().any(|misfit| misfit.breaks_a_rule());
    let buttons = choices.iter().filter(fits).map(|one| {
        let mut values = hidden(id);
        values.push(("bed_id", one.bed.id.to_string()));
        if has_babies {
            values.push(("with_babies", "true".to_owned()));
        }
        let unmet = one.misfits.iter().map(|misfit| Misfit::words(*misfit)).collect::<Vec<_>>().join(", ");
        let label = if unmet.is_empty() { one.bed.place() } else { format!("{} ({unmet})", one.bed.place()) };
        view! { <PostButton action="/api/wards/move" label hidden=values/> }
    });
    let buttons = buttons.collect_view();
    let why = if choices.is_empty() { tr!(wards.no_free_bed) } else { tr!(wards.none_fits) };
    let empty = (!choices.iter().any(|one| fits(&one))).then(|| view! { <p class="muted">{why}</p> });
    let hidden = hidden(id);
    view! {
        {taken}
        {misfits}
        <Form action="/api/wards/move" id="move-by-label" hidden>
            <TextField name="label" value label=tr!(wards.bed_label) hint=tr!(wards.bed_label_hint) required=true autocomplete="off" class="input--code" autofocus=true/>
            {has_babies.then(|| view! { <CheckboxField name="with_babies" label=tr!(wards.babies_along) checked=true/> })}
            <TextField name="because" label=tr!(wards.override_reason) hint=tr!(wards.override_hint) maxlength=500 autocomplete="off"/>
            <div class="form__actions"><Button label=tr!(wards.move_patient) tone=ButtonTone::Primary/></div>
        </Form>
        <h2>{tr!(wards.free_beds)}</h2>
        {empty}
        <div class="cluster">{buttons}</div>
    }
    .into_any()
}
