//! `/patients/{id}/edit`: corrects a record. When two users correct it, the second one sees both versions before saving
//! again.

use leptos::prelude::*;

use super::{fields::patient_fields, show_suspects, suspects_box};
use crate::{
    core::{PatientId, Permission, Result, form::FormState, time::show_date_time},
    patients::{self, Facts, Patient, PatientForm, Reading, Sex, words},
    server::{Ctx, Page, Path, Request},
    tr,
    ui::{Button, ButtonTone, Column, DataTable, Form, LinkButton, NoticeBox, PageHeader, PatientBanner, Row, Tone},
};

const SAVE: &str = "/api/patients/save";

/// Shows the form; after a conflict also both versions, and records that would become similar.
pub async fn edit_page(Path(id): Path<PatientId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::RegisterPatients).await?;
    ctx.reach([id]).await?;
    let today = ctx.today();
    let banner = patients::banner(&mut ctx.tx, id, today).await?;
    let patient = patients::find(&mut ctx.tx, id).await?;
    ctx.saw(id, "record").await?;
    let reading = Reading::here(&mut ctx.tx, today).await?.correcting(&patient.facts);
    let when = show_date_time(ctx.zone().local(patient.updated_at));
    let refused = Request::current().and_then(|request| request.form.clone()).filter(|form| form.action == SAVE);
    // The server refused the form because of these records; otherwise it would not be shown again with this field.
    let asked = refused.as_ref().filter(|form| form.error("anyway").is_some());
    let suspects =
        match asked.and_then(|form| Facts::parse(&PatientForm::typed(|name| form.value(name).map(ToOwned::to_owned)), &reading).ok()) {
            Some(typed) => patients::newly_alike(&mut ctx.tx, id, &patient.facts, &typed).await?,
            None => Vec::new(),
        };
    let suspects = show_suspects(&mut ctx, suspects).await?;
    let both = refused
        .filter(|form| form.value("version").is_some_and(|version| version != patient.version.to_string()))
        .map(|form| (differences(&patient, &form), patient.updated_by_name.clone(), when));
    let back = format!("/patients/{id}");
    Ok(Page::new(tr!(patients.correct), move || {
        let hidden = vec![("patient_id", id.to_string()), ("version", patient.version.to_string())];
        let form = patient.facts.to_form();
        let cancel = back.clone();
        view! {
            <PageHeader title=tr!(patients.correct) back=(back, tr!(patients.record).to_owned())/>
            {both.map(|(rows, name, when)| versions(rows, &name, &when))}
            <Form action=SAVE hidden class="form--record">
                {suspects_box(suspects, tr!(patients.alike_title), tr!(patients.alike_text), tr!(patients.alike_anyway))}
                <div class="record-columns">{patient_fields(form, false, reading)}</div>
                <div class="form__actions">
                    <Button label=tr!(ui.save) tone=ButtonTone::Primary key="Ctrl+Enter"/>
                    <LinkButton href=cancel label=tr!(patients.cancel)/>
                </div>
            </Form>
        }
    })
    .banner(move || view! { <PatientBanner info=banner/> }))
}

/// A field in which the versions differ: its label, the saved value, the entered value.
type Difference = (&'static str, String, String);

fn differences(patient: &Patient, form: &FormState) -> Vec<Difference> {
    let typed = PatientForm::typed(|name| form.value(name).map(ToOwned::to_owned));
    let saved = patient.facts.to_form();
    let sex = |word: &str| word.parse::<Sex>().map(Sex::words).unwrap_or_default().to_owned();
    [
        (tr!(patients.given_names), saved.given_names, typed.given_names),
        (tr!(patients.family_name), saved.family_name, typed.family_name),
        (tr!(patients.preferred_name), saved.preferred_name, typed.preferred_name),
        (tr!(patients.birth_date), saved.birth_date, typed.birth_date),
        (tr!(patients.sex), sex(&saved.sex), sex(&typed.sex)),
        (tr!(patients.gender), saved.more.gender, typed.more.gender),
        (tr!(patients.national_id), saved.more.national_id, typed.more.national_id),
        (tr!(patients.description), saved.more.description, typed.more.description),
        (tr!(patients.phone), saved.more.phone, typed.more.phone),
        (tr!(patients.email), saved.more.email, typed.more.email),
        (tr!(patients.address), saved.more.address, typed.more.address),
        (tr!(patients.city), saved.more.city, typed.more.city),
        (tr!(patients.region), saved.more.region, typed.more.region),
        (tr!(patients.postal_code), saved.more.postal_code, typed.more.postal_code),
        (tr!(patients.country), saved.more.country, typed.more.country),
        (tr!(patients.language), words::language(&saved.more.language), words::language(&typed.more.language)),
        (tr!(patients.marital_status), words::marital(&saved.more.marital_status), words::marital(&typed.more.marital_status)),
        (tr!(patients.blood_group), saved.more.blood_group, typed.more.blood_group),
    ]
    .into_iter()
    .filter(|(_, saved, typed)| saved.trim() != typed.trim())
    .collect()
}

fn versions(rows: Vec<Difference>, name: &str, when: &str) -> AnyView {
    let words = |text: String| {
        if text.is_empty() { view! { <span class="muted">{tr!(patients.empty)}</span> }.into_any() } else { text.into_any() }
    };
    let rows =
        rows.into_iter().map(|(label, saved, typed)| Row::new(vec![label.into_any(), words(saved), words(typed)])).collect::<Vec<_>>();
    let columns = vec![Column::new(tr!(patients.field)), Column::new(tr!(patients.saved_version)), Column::new(tr!(patients.your_version))];
    let title = tr!(patients.saved_meanwhile, name = name.to_owned(), when = when.to_owned());
    view! {
        <NoticeBox tone=Tone::Warning title>
            <p>{tr!(patients.compare)}</p>
            <DataTable caption=tr!(patients.both_versions) columns rows/>
        </NoticeBox>
    }
    .into_any()
}
