//! `/patients/{id}/guardian`: the desk finds a person who is to act for the patient by name, and confirms the person by name before
//! the person gets access to the record.

use chrono::NaiveDate;
use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    accounts::confirm_field,
    core::{PatientId, Permission, Result},
    patients::{self, PatientHit, PatientLine, guardians::Dependence, store},
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, DateField, DescriptionList, Detail, Form, Glyph, Icon, LinkButton, PageHeader, PatientBanner,
        SelectField, TextField,
    },
};

const ADD: &str = "/api/patients/add_guardian";
/// The number of people shown at once.
const FOUND: usize = 12;

/// The words of the search, or the chosen person.
#[derive(Debug, Default, Deserialize)]
pub struct GuardianQuery {
    #[serde(default)]
    find: String,
    #[serde(default)]
    guardian: String,
}

/// A person that the search found, or the chosen one.
struct FoundPerson {
    hit: PatientHit,
    age: String,
    /// The town where the person lives; known only for people in the clinic's care.
    town: String,
}

/// Serves the page.
///
/// # Errors
/// When the user lacks the permission, or when the database refuses.
pub async fn guardian_page(Path(id): Path<PatientId>, Query(choices): Query<GuardianQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::RegisterPatients).await?;
    ctx.reach([id]).await?;
    ctx.saw(id, "record").await?;
    let (today, age_of_majority) = (ctx.today(), ctx.state().hospital().age_of_majority);
    let banner = patients::banner(&mut ctx.tx, id, today).await?;
    let patient = patients::identity(&mut ctx.tx, id).await?;
    let chosen = choices.guardian.parse::<PatientId>().ok().filter(|chosen| *chosen != id);
    let chosen = match chosen {
        Some(chosen) => {
            let known = patients::identity(&mut ctx.tx, chosen).await?;
            people(&mut ctx, vec![known.into()], "identity").await?.pop()
        }
        None => None,
    };
    let may_check_in = ctx.who.may(Permission::CheckIn);
    let (mut found, mut sought) = (Vec::new(), 0);
    if chosen.is_none() && !choices.find.trim().is_empty() {
        let mut hits = patients::search(&mut ctx.tx, &choices.find, FOUND).await?;
        sought = hits.len();
        hits.retain(|hit| hit.id != id);
        found = people(&mut ctx, hits, "search").await?;
    }
    Ok(Page::new(tr!(patients.add_guardian), move || {
        let body = match chosen {
            Some(person) => confirm(&patient, person, today, age_of_majority).into_any(),
            None => find(id, choices.find, found, sought, may_check_in).into_any(),
        };
        view! {
            <PageHeader title=tr!(patients.add_guardian) back=(format!("/patients/{id}"), tr!(patients.record).to_owned())/>
            <div class="stack stack--loose">{body}</div>
        }
    })
    .banner(move || view! { <PatientBanner info=banner/> }))
}

/// Returns these people as far as the reader may know them: for people in the clinic's care also the phone and the
/// town.
async fn people(ctx: &mut Ctx, mut hits: Vec<PatientHit>, what: &'static str) -> Result<Vec<FoundPerson>> {
    let in_care = patients::only_identity(ctx, &mut hits, what).await?;
    let today = ctx.today();
    let ids: Vec<PatientId> = hits.iter().map(|hit| hit.id).collect();
    let births = store::identities(&mut ctx.tx, &ids).await?;
    let mut people = Vec::with_capacity(hits.len());
    for mut hit in hits {
        let age = births.iter().find(|line| line.id == hit.id).map(|line| line.birth.age(today)).unwrap_or_default();
        let mut town = String::new();
        if in_care.contains(&hit.id) {
            let more = patients::find(&mut ctx.tx, hit.id).await?.facts.more;
            (town, hit.phone) = (more.city, more.phone);
        }
        people.push(FoundPerson { hit, age, town });
    }
    Ok(people)
}

/// Shows the search. `sought` is the number of people that the search found, including the patient.
fn find(id: PatientId, typed: String, found: Vec<FoundPerson>, sought: usize, may_check_in: bool) -> impl IntoView {
    let nobody = found.is_empty() && !typed.trim().is_empty();
    let rows = found
        .into_iter()
        .map(|FoundPerson { hit, age, town }| {
            let href = format!("/patients/{id}/guardian?guardian={}", hit.id);
            let facts = [hit.birth_date, age, hit.sex, hit.mrn, town, hit.phone];
            let facts = facts.into_iter().filter(|fact| !fact.is_empty()).collect::<Vec<_>>().join(" · ");
            view! {
                <li class="rows__row">
                    <div class="rows__main"><a class="row-link" href=href>{hit.name}</a><br/><span class="muted small">{facts}</span></div>
                    <div class="rows__side"><Icon glyph=Glyph::ChevronRight/></div>
                </li>
            }
        })
        .collect_view();
    let register = format!("/patients/new?guardian_of={id}");
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(patients.guardian_find)}</h2></div>
            <div class="panel__body stack">
                <form class="filter" method="get" action=format!("/patients/{id}/guardian") role="search">
                    <TextField kind="search" name="find" label=tr!(patients.guardian_find) hint=tr!(patients.guardian_find_hint) value=typed autofocus=true/>
                    <Button label=tr!(ui.search) glyph=Glyph::Search/>
                </form>
                {nobody.then(|| view! { <p class="muted">{tr!(patients.guardian_nobody)}</p> })}
                {patients::too_many(sought, FOUND)}
                <div class="cluster">
                    <LinkButton href=register label=tr!(patients.guardian_register) glyph=Glyph::Plus/>
                    {may_check_in.then(|| view! {
                        <LinkButton href=format!("/reception?patient={id}") label=tr!(patients.to_desk) glyph=Glyph::Arrive/>
                    })}
                </div>
            </div>
            <ul class="rows" aria-label=tr!(patients.guardian_find)>{rows}</ul>
        </section>
    }
}

/// Shows whose record becomes open to whom, and asks for the remaining data.
fn confirm(patient: &PatientLine, person: FoundPerson, today: NaiveDate, age_of_majority: u32) -> impl IntoView + use<> {
    let FoundPerson { hit, age, town } = person;
    let who = |name: &str, born: &str, age: &str, mrn: &str| format!("{name}, {} {born} ({age}), {} {mrn}", tr!(ui.born), tr!(ui.mrn));
    let seen = who(&patient.name.listed(), &patient.birth.shown(), &patient.birth.age(today), &patient.mrn);
    let details = [
        (tr!(patients.guardian_seen), seen),
        (tr!(patients.guardian_sees), who(&hit.name, &hit.birth_date, &age, &hit.mrn)),
        (tr!(patients.town), town),
        (tr!(patients.phone), hit.phone),
    ];
    let details = details.into_iter().filter(|(_, fact)| !fact.is_empty()).map(|(term, fact)| Detail::new(term, fact)).collect();
    let choices = Dependence::ALL.iter().map(|kind| Choice::new(kind.as_str(), kind.words())).collect::<Vec<_>>();
    let hidden = vec![("patient_id", patient.id.to_string()), ("guardian_id", hit.id.to_string())];
    let other = format!("/patients/{}/guardian", patient.id);
    view! {
        <section class="panel" id="confirm-guardian">
            <div class="panel__head"><h2>{hit.name}</h2></div>
            <div class="panel__body stack">
                <DescriptionList details/>
                <Form action=ADD hidden>
                    <p>{tr!(patients.guardian_text)}</p>
                    <SelectField name="kind" label=tr!(patients.guardian_kind) choices prompt=tr!(errors.choose)/>
                    <DateField name="until" label=tr!(patients.guardian_last_day) hint=tr!(patients.guardian_last_day_hint, years = age_of_majority)/>
                    <TextField name="document" label=tr!(patients.guardian_document) hint=tr!(patients.guardian_document_hint) maxlength=200/>
                    {confirm_field()}
                    <div class="form__actions">
                        <Button label=tr!(patients.guardian_open_now) tone=ButtonTone::Primary/>
                        <LinkButton href=other label=tr!(patients.guardian_other)/>
                    </div>
                </Form>
            </div>
        </section>
    }
}
