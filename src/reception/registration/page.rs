//! `/patients/new`.

use leptos::prelude::*;

use crate::{
    core::{PatientId, Permission, Result, form::FormState},
    patients::{self, ContactForm, CoverageForm, Facts, PatientForm, Suspect, contact_fields, coverage_fields, patient_fields},
    server::{Ctx, Page, Request},
    tr,
    ui::{Button, ButtonTone, CheckboxField, Fieldset, Form, LinkButton, NoticeBox, PageHeader, StatusBadge, Tone},
};

const REGISTER: &str = "/api/reception/register";
/// From here on it is very likely the same person.
const VERY_LIKELY: i64 = 80;

/// The form; after a first attempt also those who may be the same person.
pub async fn registration_page() -> Result<Page> {
    let mut ctx = Ctx::read(Permission::RegisterPatients).await?;
    let today = ctx.today();
    let insurers = patients::insurers(&mut ctx.tx).await?;
    let refused = Request::current().and_then(|request| request.form.clone()).filter(|form| form.action == REGISTER);
    let typed = refused.as_ref().map(|form| PatientForm::typed(|name| form.value(name).map(ToOwned::to_owned)));
    let mut suspects = match typed.and_then(|typed| Facts::parse(&typed, today).ok()) {
        Some(facts) => patients::duplicates(&mut ctx.tx, &facts, None).await?,
        None => Vec::new(),
    };
    let ids: Vec<_> = suspects.iter().map(|suspect| suspect.patient.id).collect();
    let in_care = ctx.found(&ids, "search").await?;
    for suspect in suspects.iter_mut().filter(|suspect| !in_care.contains(&suspect.patient.id)) {
        suspect.patient.phone.clear();
    }
    // The id of the first attempt is kept: one form is one patient, however often it is sent.
    let id: PatientId = refused.as_ref().and_then(|form: &FormState| form.value("patient_id")?.parse().ok()).unwrap_or_default();
    Ok(Page::new(tr!(patients.register), move || {
        view! {
            <PageHeader title=tr!(patients.register) back=("/patients".to_owned(), tr!(patients.title).to_owned())/>
            <Form action=REGISTER hidden=vec![("patient_id", id.to_string())] class="form--record">
                {known(suspects)}
                {patient_fields(PatientForm::default(), true)}
                <Fieldset legend=tr!(registration.who_pays) hint=tr!(registration.who_pays_hint)>
                    {coverage_fields(CoverageForm::default(), &insurers)}
                </Fieldset>
                <Fieldset legend=tr!(patients.contacts) hint=tr!(registration.contact_hint)>
                    {contact_fields(ContactForm::default())}
                </Fieldset>
                <div class="form__actions">
                    <Button label=tr!(registration.register) tone=ButtonTone::Primary key="Ctrl+Enter"/>
                    <LinkButton href="/patients" label=tr!(patients.cancel)/>
                </div>
            </Form>
        }
    }))
}

/// Who may be the same person, why, and the way to go on all the same.
fn known(suspects: Vec<Suspect>) -> AnyView {
    if suspects.is_empty() {
        return ().into_any();
    }
    let rows = suspects
        .into_iter()
        .map(|Suspect { patient, score, because }| {
            let (tone, label) = if score >= VERY_LIKELY {
                (Tone::Critical, tr!(registration.very_likely))
            } else {
                (Tone::Warning, tr!(registration.possibly))
            };
            let because = because.into_iter().map(patients::Likeness::words).collect::<Vec<_>>().join(", ");
            let facts = [patient.birth_date, patient.sex, patient.mrn, patient.phone].into_iter().filter(|fact| !fact.is_empty());
            view! {
                <li class="rows__row">
                    <div class="rows__main">
                        <div class="cluster"><a class="row-link" href=format!("/patients/{}", patient.id)>{patient.name}</a><StatusBadge tone label/></div>
                        <span class="muted small">{facts.collect::<Vec<_>>().join(" · ")}</span>
                    </div>
                    <div class="rows__side">{because}</div>
                </li>
            }
        })
        .collect_view();
    view! {
        <NoticeBox tone=Tone::Warning title=tr!(registration.maybe_known_title)>
            <p>{tr!(registration.look)}</p>
            <ul class="rows">{rows}</ul>
            <CheckboxField name="anyway" label=tr!(registration.anyway) value="on"/>
        </NoticeBox>
    }
    .into_any()
}
