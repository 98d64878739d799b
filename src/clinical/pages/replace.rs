//! `/prescriptions/{id}/replace`: replaces a signed prescription with another one, in one step.

use leptos::prelude::*;

use crate::{
    clinical::{Dosage, Frequency, Prescription, PrescriptionState, Route, medicines},
    core::{Error, Permission, PrescriptionId, Result, form::FormState},
    patients,
    server::{Ctx, Page, Path},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, Form, Glyph, NoticeBox, NumberField, PageHeader, PasswordField, PatientBanner,
        SelectField, TextField, Tone,
    },
};

const REPLACE: &str = "/api/clinical/replace_prescription";

/// Serves the page.
pub async fn replace_page(Path(id): Path<PrescriptionId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WriteNotes).await?;
    let (patient, prescription) = medicines::store::one(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.reach([patient]).await?;
    let today = ctx.today();
    let mut banner = patients::banner(&mut ctx.tx, patient, today).await?;
    ctx.saw(patient, "prescription").await?;
    patients::mark_emergency(&ctx, patient, &mut banner);
    Ok(Page::new(tr!(clinical.replacement), move || page(prescription)).banner(move || view! { <PatientBanner info=banner/> }))
}

fn page(old: Prescription) -> impl IntoView {
    let back = (format!("/patients/{}/chart", old.patient), tr!(clinical.chart).to_owned());
    let body = if old.state == PrescriptionState::Active {
        form(old)
    } else {
        view! { <NoticeBox tone=Tone::Inactive><p>{tr!(clinical.already_stopped)}</p></NoticeBox> }.into_any()
    };
    view! { <PageHeader title=tr!(clinical.replacement) back/>{body} }
}

fn form(old: Prescription) -> AnyView {
    let title = format!("{} {}", old.drug, old.dosage.sentence());
    let hidden = vec![("prescription_id", old.id.to_string()), ("seen", shown_warnings(REPLACE))];
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{title}</h2></div>
            <div class="panel__body">
                <p>{tr!(clinical.replacement_text)}</p>
                <Form action=REPLACE hidden>
                    <TextField name="why" label=tr!(clinical.stop_reason) required=true maxlength=500 autofocus=true/>
                    {written_fields(REPLACE, old.drug, old.dosage)}
                    <PasswordField name="password" label=tr!(clinical.password_to_sign)/>
                    <div class="form__actions"><Button label=tr!(clinical.replace_and_sign) tone=ButtonTone::Primary glyph=Glyph::Sign/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}

/// Returns the digest of the warnings that the refused form with this action shows, for the hidden field `seen`.
pub fn shown_warnings(action: &str) -> String {
    let refused = use_context::<FormState>().filter(|state| state.action == action);
    refused.and_then(|state| state.error("seen").map(str::to_owned)).unwrap_or_default()
}

/// The fields of a prescription that is written without scripts, with those for the answer to its warnings. They are made inside the form.
pub fn written_fields(action: &str, drug: String, dosage: Dosage) -> AnyView {
    let Dosage { dose, route, frequency, days, as_needed, max_per_day, instructions, no_substitution, .. } = dosage;
    let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    let routes = Route::ALL.iter().map(|route| Choice::new(route.as_str(), route.words())).collect::<Vec<_>>();
    let frequencies = Frequency::ALL.iter().map(|frequency| Choice::new(frequency.as_str(), frequency.words())).collect::<Vec<_>>();
    let refused = use_context::<FormState>().filter(|state| state.action == action).unwrap_or_default();
    let said = |field: &str| refused.errors.iter().find(|error| error.field == field).map(|error| error.message.clone());
    let reason =
        said("override_reason").map(|_| view! { <TextField name="override_reason" label=tr!(clinical.override_reason) maxlength=500/> });
    let name = refused.value("drug").unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    let tick = said("confirmed").map(|_| view! { <CheckboxField name="confirmed" label=tr!(clinical.confirm_unchecked) value=name/> });
    view! {
        <TextField name="drug" label=tr!(clinical.medicine) value=drug required=true maxlength=200 autocomplete="off"/>
        <TextField name="dose" label=tr!(clinical.dose) value=dose required=true maxlength=100/>
        <SelectField name="route" label=tr!(clinical.route) choices=routes value=route prompt=tr!(clinical.choose)/>
        <SelectField name="frequency" label=tr!(clinical.frequency) choices=frequencies value=frequency prompt=tr!(clinical.choose)/>
        <NumberField name="days" label=tr!(clinical.days) value=number(days) optional=true/>
        <TextField name="instructions" label=tr!(clinical.instructions) value=instructions optional=true maxlength=500/>
        <TextField name="no_substitution" label=tr!(clinical.no_substitution) value=no_substitution optional=true maxlength=200/>
        <CheckboxField name="as_needed" label=tr!(clinical.as_needed) checked=as_needed value="on"/>
        <NumberField name="max_per_day" label=tr!(clinical.max_per_day) value=number(max_per_day) optional=true/>
        {reason}
        {tick}
    }
    .into_any()
}
