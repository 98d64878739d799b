//! `/patients/new`.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    core::{FirstVisitId, PatientId, Permission, Result, form::FormState},
    patients::{
        self, ContactForm, CoverageForm, Facts, PatientForm, Reading, contact_fields, coverage_fields, guardians::Named, patient_fields,
        show_suspects, suspects_box,
    },
    reception::first_visits,
    server::{Ctx, Page, Query, Request},
    tr,
    ui::{Button, ButtonTone, Choice, Fieldset, Form, LinkButton, PageHeader, RadioField},
};

const REGISTER: &str = "/api/reception/register";

/// The query: the patient for whom the person is to act, if that is the reason for the registration, and the words of a
/// search that found no patient.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RegistrationQuery {
    guardian_of: String,
    name: String,
    /// The request for a first appointment that the person sent.
    first_visit: String,
}

/// Shows the form; after a first attempt also the records that may belong to the same person.
pub async fn registration_page(Query(choices): Query<RegistrationQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::RegisterPatients).await?;
    let (today, age_of_majority) = (ctx.today(), ctx.state().hospital().age_of_majority);
    let reading = Reading::here(&mut ctx.tx, today).await?;
    let may_check_in = ctx.who.may(Permission::CheckIn);
    let insurers = patients::insurers(&mut ctx.tx).await?;
    let refused = Request::current().and_then(|request| request.form.clone()).filter(|form| form.action == REGISTER);
    let typed = refused.as_ref().map(|form| PatientForm::typed(|name| form.value(name).map(ToOwned::to_owned)));
    let first_visit = choices.first_visit.parse::<FirstVisitId>().ok();
    let first = match first_visit {
        Some(id) => first_visits::prefilled(&mut ctx, id).await?,
        None => PatientForm::sought(&choices.name),
    };
    let suspects = match typed.and_then(|typed| Facts::parse(&typed, &reading).ok()) {
        Some(facts) => patients::duplicates(&mut ctx.tx, &facts, None).await?,
        None => Vec::new(),
    };
    let suspects = show_suspects(&mut ctx, suspects).await?;
    // The id of the first attempt is kept: one form is one patient, even if it is sent several times.
    let id: PatientId = refused.as_ref().and_then(|form: &FormState| form.value("patient_id")?.parse().ok()).unwrap_or_default();
    let mut hidden = vec![("patient_id", id.to_string())];
    hidden.extend(choices.guardian_of.parse::<PatientId>().ok().map(|patient| ("guardian_of", patient.to_string())));
    hidden.extend(first_visit.map(|id| ("first_visit", id.to_string())));
    Ok(Page::new(tr!(patients.register), move || {
        view! {
            <PageHeader title=tr!(patients.register) back=("/patients".to_owned(), tr!(patients.title).to_owned())/>
            <Form action=REGISTER hidden class="form--record">
                {suspects_box(suspects, tr!(registration.maybe_known_title), tr!(registration.look), tr!(registration.anyway))}
                <div class="record-columns">
                {patient_fields(first, true, reading)}
                <Fieldset legend=tr!(registration.who_acts) hint=tr!(registration.who_acts_hint, years = age_of_majority)>
                    <div class="field--wide">
                        <RadioField
                            name="guardian"
                            label=tr!(registration.who_acts_label)
                            choices=Named::ALL.iter().map(|named| Choice::new(named.as_str(), named.words())).collect()
                            inline=true
                        />
                    </div>
                </Fieldset>
                <Fieldset legend=tr!(registration.who_pays) hint=tr!(registration.who_pays_hint)>
                    {coverage_fields(CoverageForm::default(), &insurers)}
                </Fieldset>
                <Fieldset legend=tr!(patients.contacts) hint=tr!(registration.contact_hint)>
                    {contact_fields(ContactForm::default())}
                </Fieldset>
                </div>
                <div class="form__actions">
                    <Button label=tr!(registration.register) tone=ButtonTone::Primary key="Ctrl+Enter"/>
                    {may_check_in.then(|| view! { <Button label=tr!(registration.and_check_in) name="then" value="check_in"/> })}
                    <LinkButton href="/patients" label=tr!(patients.cancel)/>
                </div>
            </Form>
        }
    }))
}
