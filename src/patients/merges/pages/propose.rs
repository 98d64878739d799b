//! `/patients/{id}/merge`: finds the other record of the same person, and proposes the merge.

use leptos::prelude::*;
use serde::Deserialize;

use super::super::MergeReason;
use crate::{
    core::{PatientId, Permission, Result},
    patients::{self, Likeness, PatientHit, PatientLine, Suspect, show_suspects},
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, DescriptionList, Detail, Form, Glyph, LinkButton, PageHeader, PatientBanner, RadioField, SelectField,
        StatusBadge, TextField, Tone,
    },
};

const PROPOSE: &str = "/api/patients/propose_merge";
/// The number of records that a search shows.
const FOUND: usize = 12;
/// From this score on it is very likely the same person.
const VERY_LIKELY: i64 = 80;

/// The words of the search, or the chosen record.
#[derive(Debug, Default, Deserialize)]
pub struct ProposeQuery {
    #[serde(default)]
    find: String,
    #[serde(default)]
    with: String,
}

/// Shows the possible duplicates and the search; with a chosen record the form of the proposal.
///
/// # Errors
/// When the user lacks the permission, or when the database refuses.
pub async fn propose_page(Path(id): Path<PatientId>, Query(query): Query<ProposeQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::RegisterPatients).await?;
    ctx.reach([id]).await?;
    let today = ctx.today();
    let banner = patients::banner(&mut ctx.tx, id, today).await?;
    let patient = patients::find(&mut ctx.tx, id).await?;
    ctx.saw(id, "record").await?;
    let chosen = query.with.parse::<PatientId>().ok().filter(|chosen| *chosen != id);
    let this = patients::identity(&mut ctx.tx, id).await?;
    let mut other = None;
    if let Some(chosen) = chosen {
        // Merging needs both records in the care of the clinic.
        ctx.reach([chosen]).await?;
        other = Some(patients::identity(&mut ctx.tx, chosen).await?);
        ctx.found(&[chosen], "identity").await?;
    }
    let (mut suspects, mut hits) = (Vec::new(), Vec::new());
    if other.is_none() {
        let alike = patients::duplicates(&mut ctx.tx, &patient.facts, Some(id)).await?;
        suspects = show_suspects(&mut ctx, alike).await?;
        if !query.find.trim().is_empty() {
            hits = patients::search(&mut ctx.tx, &query.find, FOUND).await?;
            hits.retain(|hit| hit.id != id);
            patients::only_identity(&mut ctx, &mut hits, "search").await?;
        }
    }
    Ok(Page::new(tr!(merges.propose), move || {
        let body = match other {
            Some(other) => form(&this, &other),
            None => choose(id, query.find, suspects, hits),
        };
        view! {
            <PageHeader title=tr!(merges.propose) detail=tr!(merges.propose_detail) back=(format!("/patients/{id}"), tr!(patients.record).to_owned())/>
            <div class="stack stack--loose">{body}</div>
        }
    })
    .banner(move || view! { <PatientBanner info=banner/> }))
}

fn choose(id: PatientId, typed: String, suspects: Vec<Suspect>, hits: Vec<PatientHit>) -> AnyView {
    let none = suspects.is_empty();
    let suspects = suspects
        .into_iter()
        .map(|Suspect { patient, score, because }| {
            let (tone, label) = if score >= VERY_LIKELY {
                (Tone::Critical, tr!(registration.very_likely))
            } else {
                (Tone::Warning, tr!(registration.possibly))
            };
            let because = because.into_iter().map(Likeness::words).collect::<Vec<_>>().join(", ");
            let badge = view! { <StatusBadge tone label/> }.into_any();
            line(id, &patient, badge, because)
        })
        .collect_view();
    let hits = hits.into_iter().map(|hit| line(id, &hit, ().into_any(), String::new())).collect_view();
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(merges.possible)}</h2></div>
            {none.then(|| view! { <div class="panel__body"><p class="muted">{tr!(merges.no_possible)}</p></div> })}
            <ul class="rows">{suspects}</ul>
        </section>
        <section class="panel">
            <div class="panel__head"><h2>{tr!(merges.find)}</h2></div>
            <div class="panel__body stack">
                <form class="filter" method="get" action=format!("/patients/{id}/merge") role="search">
                    <TextField kind="search" name="find" label=tr!(merges.find) hint=tr!(patients.guardian_find_hint) value=typed/>
                    <Button label=tr!(ui.search) glyph=Glyph::Search/>
                </form>
            </div>
            <ul class="rows">{hits}</ul>
        </section>
    }
    .into_any()
}

fn line(id: PatientId, hit: &PatientHit, badge: AnyView, because: String) -> AnyView {
    let facts = [hit.birth_date.clone(), hit.sex.clone(), hit.mrn.clone(), hit.phone.clone()];
    let facts = facts.into_iter().filter(|fact| !fact.is_empty()).collect::<Vec<_>>().join(" · ");
    view! {
        <li class="rows__row">
            <div class="rows__main">
                <div class="cluster"><a class="row-link" href=format!("/patients/{id}/merge?with={}", hit.id)>{hit.name.clone()}</a>{badge}</div>
                <span class="muted small">{facts}</span>
            </div>
            <div class="rows__side">{because}</div>
        </li>
    }
    .into_any()
}

fn form(this: &PatientLine, other: &PatientLine) -> AnyView {
    let who = |line: &PatientLine| format!("{} · {} · {} {}", line.name.listed(), line.birth.shown(), tr!(ui.mrn), line.mrn);
    let details = vec![Detail::new(tr!(merges.this_record), who(this)), Detail::new(tr!(merges.other_record), who(other))];
    let stays = vec![
        Choice::new("this", tr!(merges.stays_number, mrn = this.mrn.clone())),
        Choice::new("other", tr!(merges.stays_number, mrn = other.mrn.clone())),
    ];
    let reasons = MergeReason::ALL.iter().map(|reason| Choice::new(reason.as_str(), reason.words())).collect::<Vec<_>>();
    let hidden = vec![("patient_id", this.id.to_string()), ("with", other.id.to_string())];
    let again = format!("/patients/{}/merge", this.id);
    view! {
        <section class="panel" id="propose-merge">
            <div class="panel__head"><h2>{tr!(merges.propose)}</h2></div>
            <div class="panel__body stack">
                <DescriptionList details/>
                <Form action=PROPOSE hidden>
                    <RadioField name="stays" label=tr!(merges.which_stays) hint=tr!(merges.which_stays_hint) choices=stays/>
                    <SelectField name="reason" label=tr!(merges.reason) choices=reasons prompt=tr!(errors.choose) required=true/>
                    <TextField name="words" label=tr!(merges.words) maxlength=500 optional=true autocomplete="off"/>
                    <div class="form__actions">
                        <Button label=tr!(merges.propose_now) tone=ButtonTone::Primary/>
                        <LinkButton href=again label=tr!(merges.another)/>
                    </div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}
