//! `/patients/{id}`: the patient's record, with identity, contact persons, coverage and allergies.

use axum::response::{IntoResponse as _, Redirect, Response};
use leptos::prelude::*;

use super::{
    access::access_panel,
    allergies::{MayDo, allergy_panel},
    coverage::coverage_panel,
    record_tabs,
};
use crate::{
    core::{PatientId, Permission, Result, time::show_date_time},
    patients::{
        self, Contact, ContactForm, Patient, guardians, merges,
        pages::fields::contact_fields,
        phones::phones_panel,
        photo::{self, pages::photo_panel},
        words,
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Confirm, DescriptionList, Detail, Dialog, Form, Glyph, Icon, LinkButton, NoticeBox, PageHeader, PatientBanner,
        PhoneLink, PostButton, Tabs, Toast, Tone,
    },
};

/// The query: the action just done, and the page of a list.
#[derive(Debug, serde::Deserialize)]
pub struct RecordQuery {
    #[serde(default)]
    done: String,
    /// The page of a panel's list.
    #[serde(default)]
    page: String,
}

/// Returns the message for the action just done.
fn done_words(done: &str) -> Option<&'static str> {
    match done {
        "registered" => Some(tr!(patients.done_registered)),
        "saved" => Some(tr!(patients.done_saved)),
        "allergy_added" => Some(tr!(patients.done_allergy)),
        "guardian_asked" => Some(tr!(patients.done_guardian_asked)),
        "access_taken" => Some(tr!(patients.done_access_taken)),
        "cancelled" => Some(tr!(appointments.done_cancelled)),
        "no_show" => Some(tr!(appointments.done_no_show)),
        "undone" => Some(tr!(appointments.done_undone)),
        "attended" => Some(tr!(appointments.done_attended)),
        "death" => Some(tr!(appointments.done_death)),
        "not_dead" => Some(tr!(appointments.done_not_dead)),
        "all_cancelled" => Some(tr!(appointments.done_all_cancelled)),
        "joined" => Some(tr!(merges.done_joined)),
        "factor_reset" => Some(tr!(patients.done_factor_reset)),
        "allergy_in_error" => Some(tr!(patients.done_in_error)),
        _ => None,
    }
}

/// Shows the record, with the panels that other departments add to it.
///
/// # Errors
/// When the user lacks the permission, the patient is not in care, or when the database refuses.
pub async fn patient_page(Path(id): Path<PatientId>, Query(RecordQuery { done, page }): Query<RecordQuery>) -> Result<Response> {
    let mut ctx = Ctx::read(Permission::ReadPatients).await?;
    ctx.reach([id]).await?;
    if let Some(survivor) = merges::merged_into(&mut ctx, id).await? {
        return Ok(Redirect::to(&survivor).into_response());
    }
    let joined = merges::merges_panel(&mut ctx, id).await?;
    let (today, zone) = (ctx.today(), ctx.zone());
    let mut banner = patients::banner(&mut ctx.tx, id, today).await?;
    let patient = patients::find(&mut ctx.tx, id).await?;
    let contacts = patients::contacts(&mut ctx.tx, id).await?;
    let phones = patients::phones_of(&mut ctx.tx, id).await?;
    let allergies = patients::allergies(&mut ctx.tx, id).await?;
    let coverages = patients::coverages(&mut ctx.tx, id).await?;
    let insurers = patients::insurers(&mut ctx.tx).await?;
    let guardians = guardians::guardians(&mut ctx.tx, id, ctx.now).await?;
    let has_photo = photo::is_there(&mut ctx.tx, id).await?;
    ctx.saw(id, "record").await?;
    patients::mark_emergency(&ctx, id, &mut banner);
    // Cashiers see only the patient's identity and payer.
    let clinical = [Permission::CheckIn, Permission::RecordAllergies, Permission::ReadChart].into_iter().any(|right| ctx.who.may(right));
    if !clinical {
        banner = banner.without_clinical();
    }
    let departments = ctx.state().departments;
    let mut panels = Vec::new();
    for panel in departments.record_panels() {
        panels.extend((panel.read)(&mut ctx, id, page.parse().ok()).await?);
    }
    let (birth, age_of_majority) = (patient.facts.birth, ctx.state().hospital().age_of_majority);
    let is_child = guardians::is_child(birth, today, age_of_majority);
    let ask_guardian = is_child && guardians.is_empty() && patient.deceased_on.is_none();
    let may_correct = ctx.who.may(Permission::RegisterPatients);
    let now = ctx.now;
    let access = if may_correct { Some(patients::access(&mut ctx.tx, id, now).await?) } else { None };
    let of_allergies = MayDo { record: ctx.who.may(Permission::RecordAllergies), assess: ctx.who.may(Permission::WriteNotes) };
    let tabs = record_tabs(&ctx, id, "");
    let name = patient.facts.name.listed();
    let registered = done == "registered";
    let may_check_in = ctx.who.may(Permission::CheckIn);
    let saved = tr!(patients.saved_by, name = patient.updated_by_name.clone(), when = show_date_time(zone.local(patient.updated_at)));
    let page = Page::new(name, move || {
        view! {
            {done_words(&done).map(|text| view! { <Toast text/> })}
            <PageHeader
                title=tr!(patients.record)
                detail=saved
                actions=Some(actions(id, may_correct, may_check_in, registered))
            />
            <Tabs label=tr!(patients.record) tabs/>
            {joined}
            {ask_guardian.then(|| view! {
                <NoticeBox tone=Tone::Warning title=tr!(patients.no_guardian_of_child)>
                    <p>{tr!(patients.children_ask_text, years = age_of_majority)}</p>
                    {may_correct.then(|| view! { <LinkButton href=format!("/patients/{id}/guardian") label=tr!(patients.add_guardian)/> })}
                </NoticeBox>
            })}
            <div class="columns-2">
                <div class="stack">
                    {photo_panel(id, patient.facts.name.full(), has_photo, may_correct)}
                    {panels.into_iter().map(|draw| draw()).collect_view()}
                    {about(&patient, clinical)}
                    {phones_panel(id, &phones, may_correct)}
                    {contact_panel(id, contacts, may_correct)}
                    {guardians::guardian_panel(id, (birth, is_child), guardians, may_correct)}
                </div>
                <div class="stack">
                    {clinical.then(|| allergy_panel(id, patient.allergy_status, allergies, zone, of_allergies))}
                    {coverage_panel(id, coverages, &insurers, today, may_correct)}
                    {access.map(|access| access_panel(id, access, zone))}
                </div>
            </div>
        }
    })
    .banner(move || view! { <PatientBanner info=banner/> });
    Ok(page.into_response())
}

/// Shows the desk's next actions for this patient.
fn actions(id: PatientId, may_correct: bool, may_check_in: bool, registered: bool) -> AnyView {
    view! {
        {may_correct.then(|| view! { <LinkButton href=format!("/patients/{id}/edit") label=tr!(patients.correct) glyph=Glyph::Edit/> })}
        {may_correct.then(|| view! { <LinkButton href=format!("/patients/{id}/changes") label=tr!(patients.changes) glyph=Glyph::Search/> })}
        {may_correct.then(|| view! { <LinkButton href=format!("/patients/{id}/merge") label=tr!(merges.propose)/> })}
        <LinkButton href=format!("/patients/{id}/label") label=tr!(patients.label) glyph=Glyph::Print/>
        {may_check_in.then(|| view! {
            // After a registration, the next action has the focus.
            <LinkButton href=format!("/reception?patient={id}") label=tr!(patients.to_desk) glyph=Glyph::Arrive tone=ButtonTone::Primary autofocus=registered/>
        })}
    }
    .into_any()
}

fn about(patient: &Patient, clinical: bool) -> impl IntoView + use<> {
    let facts = &patient.facts;
    let name = &facts.name;
    // Details that the patient did not state are left out.
    let details = [
        (tr!(patients.given_names), name.given_names.clone()),
        (tr!(patients.family_name), name.family_name.clone()),
        (tr!(patients.preferred_name), name.preferred_name.clone()),
        (tr!(patients.birth_date), facts.birth.shown()),
        (tr!(patients.sex), facts.sex.words().to_owned()),
        (tr!(patients.gender), facts.more.gender.clone()),
        (tr!(patients.description), facts.more.description.clone()),
        (tr!(patients.national_id), facts.more.national_id.clone()),
        (tr!(patients.language), words::language(&facts.more.language)),
        (tr!(patients.marital_status), words::marital(&facts.more.marital_status)),
        (tr!(patients.blood_group), if clinical { facts.more.blood_group.replace('-', "−") } else { String::new() }),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(term, value)| Detail::new(term, value))
    .collect();
    let not_told = || tr!(ui.not_recorded).to_owned();
    let or_not_told = |text: &str| if text.is_empty() { not_told() } else { text.to_owned() };
    let phone = match facts.more.phone.is_empty() {
        true => not_told().into_any(),
        false => view! { <PhoneLink number=facts.more.phone.clone()/> }.into_any(),
    };
    let email = match facts.more.email.is_empty() {
        true => not_told().into_any(),
        false => view! { <a href=format!("mailto:{}", facts.more.email)>{facts.more.email.clone()}</a> }.into_any(),
    };
    let reach = vec![
        Detail::view(tr!(patients.phone), phone),
        Detail::view(tr!(patients.email), email),
        Detail::new(tr!(patients.address), or_not_told(&facts.more.address_line())),
    ];
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(patients.who)}</h2></div>
            <div class="panel__body"><DescriptionList details/></div>
        </section>
        <section class="panel">
            <div class="panel__head"><h2>{tr!(patients.reach)}</h2></div>
            <div class="panel__body"><DescriptionList details=reach/></div>
        </section>
    }
}

fn contact_panel(id: PatientId, contacts: Vec<Contact>, may_correct: bool) -> impl IntoView + use<> {
    let none = contacts.is_empty();
    let rows = contacts
        .into_iter()
        .map(|Contact { id: contact, name, relationship, phone }| {
            let remove = may_correct.then(|| {
                let hidden = vec![("patient_id", id.to_string()), ("contact_id", contact.to_string())];
                let about = name.clone();
                view! {
                    <Confirm label=tr!(patients.remove) tone=ButtonTone::Quiet text=tr!(patients.remove_contact)>
                        <PostButton action="/api/patients/remove_contact" label=tr!(patients.remove) hidden about tone=ButtonTone::Danger/>
                    </Confirm>
                }
            });
            view! {
                <li class="rows__row">
                    <Icon glyph=Glyph::Phone/>
                    <div class="rows__main"><strong>{name.clone()}</strong>" "<span class="muted">{relationship}</span></div>
                    <div class="rows__side"><PhoneLink number=phone.clone()/>{remove}</div>
                </li>
            }
        })
        .collect_view();
    let add = may_correct.then(|| {
        view! {
            <Dialog id="add-contact" opens=tr!(patients.add) title=tr!(patients.add_contact) action="/api/patients/add_contact" glyph=Glyph::Plus tone=ButtonTone::Quiet>
                <Form action="/api/patients/add_contact" hidden=vec![("patient_id", id.to_string())]>
                    {contact_fields(ContactForm::default())}
                    <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
                </Form>
            </Dialog>
        }
    });
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(patients.contacts)}</h2>{add}</div>
            {if none {
                view! { <div class="panel__body"><p class="muted">{tr!(patients.no_contacts)}</p></div> }.into_any()
            } else {
                view! { <ul class="rows">{rows}</ul> }.into_any()
            }}
        </section>
    }
}
