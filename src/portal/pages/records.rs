//! `/portal/records`: visits, medicines, allergies and receipts.

use leptos::prelude::*;

use super::{medicine_row, not_linked};
use crate::{
    billing::{self, Payment},
    clinical::{self, Prescription, Summary},
    core::{
        Currency, Permission, Result,
        time::{Zone, show_date},
    },
    patients::{self, Allergy, AllergyStatus},
    portal::acting::heading,
    server::{Ctx, Page},
    tr,
    ui::{EmptyState, Glyph, Icon, LinkButton, PageHeader, StatusBadge, Tone},
};

/// Visits on the page; more than anybody had in years.
const VISITS: i64 = 60;

/// The records.
pub async fn records_page() -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let Ok(patient) = ctx.own_patient() else { return not_linked(&mut ctx).await };
    let (now, zone) = (ctx.now, ctx.zone());
    let mut visits = clinical::summaries_of(&mut ctx.tx, patient, None, VISITS).await?;
    visits.retain(Summary::is_final);
    let medicines = clinical::current_medicines(&mut ctx.tx, patient, now).await?;
    let allergies = patients::allergies(&mut ctx.tx, patient).await?;
    let status = patients::find(&mut ctx.tx, patient).await?.allergy_status;
    let receipts = billing::payments_of(&mut ctx.tx, patient).await?;
    let currency = ctx.state().hospital().currency;
    ctx.saw(patient, "portal").await?;
    let (heading, acting) = (heading(&ctx.who, tr!(nav.records)), ctx.who.acts_for().is_some());
    Ok(Page::new(heading.clone(), move || {
        view! {
            <PageHeader title=heading/>
            <div class="portal">
                {visit_panel(visits, zone, acting)}
                {medicine_panel(medicines, acting)}
                {allergy_panel(allergies, status, acting)}
                {receipt_panel(receipts, zone, &currency)}
            </div>
        }
    }))
}

/// Whoever is `acting` for somebody is not spoken to as the patient; so in the panels below.
fn visit_panel(visits: Vec<Summary>, zone: Zone, acting: bool) -> AnyView {
    if visits.is_empty() {
        return view! {
            <section class="panel"><EmptyState glyph=Glyph::Note title=tr!(portal.no_visits) text=tr!(portal.no_visits_hint)/></section>
        }
        .into_any();
    }
    let rows = visits
        .into_iter()
        .map(|visit| {
            let href = format!("/portal/records/encounters/{}", visit.encounter.id);
            let found = visit.diagnoses.iter().map(|diagnosis| diagnosis.description.clone()).collect::<Vec<_>>().join("; ");
            view! {
                <li class="rows__row">
                    <Icon glyph=Glyph::Stethoscope/>
                    <div class="rows__main">
                        <a class="row-link" href=href>{show_date(zone.day(visit.encounter.started_at))}</a>
                        <br/>
                        <span class="muted">{[visit.encounter.doctor_name, found].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")}</span>
                    </div>
                    <div class="rows__side"><Icon glyph=Glyph::ChevronRight/></div>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{if acting { tr!(portal.visits_acting) } else { tr!(portal.visits) }}</h2></div>
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}

fn medicine_panel(medicines: Vec<Prescription>, acting: bool) -> AnyView {
    let none = medicines.is_empty();
    let rows = medicines.into_iter().map(|medicine| medicine_row(medicine, None)).collect_view();
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{if acting { tr!(portal.medicines_acting) } else { tr!(portal.medicines) }}</h2></div>
            {none.then(|| view! { <div class="panel__body"><p class="muted">{tr!(portal.no_medicines)}</p></div> })}
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}

fn allergy_panel(allergies: Vec<Allergy>, status: AllergyStatus, acting: bool) -> AnyView {
    let rows: Vec<_> = allergies
        .into_iter()
        .filter(Allergy::counts)
        .map(|allergy| {
            let (tone, label) =
                if allergy.is_severe() { (Tone::Critical, tr!(ui.severe_allergy)) } else { (Tone::Warning, tr!(ui.allergy)) };
            view! {
                <li class="rows__row">
                    <div class="rows__main"><strong>{allergy.substance}</strong>" "<span class="muted">{allergy.reaction}</span></div>
                    <div class="rows__side"><StatusBadge tone label/></div>
                </li>
            }
        })
        .collect();
    let words = match status {
        _ if !rows.is_empty() => None,
        AllergyStatus::NoneKnown if acting => Some(tr!(ui.no_known_allergies)),
        _ if acting => Some(tr!(ui.allergies_not_recorded)),
        AllergyStatus::NoneKnown => Some(tr!(portal.no_allergies)),
        AllergyStatus::NotRecorded | AllergyStatus::Recorded => Some(tr!(portal.allergies_not_asked)),
    };
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(patients.allergies)}</h2></div>
            {words.map(|words| view! { <div class="panel__body"><p class="muted">{words}</p></div> })}
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}

fn receipt_panel(receipts: Vec<Payment>, zone: Zone, currency: &Currency) -> AnyView {
    let none = receipts.is_empty();
    let rows = receipts
        .into_iter()
        .map(|receipt| {
            let href = format!("/portal/receipts/{}", receipt.id);
            let amount = currency.show(receipt.amount);
            view! {
                <li class="rows__row">
                    <Icon glyph=Glyph::Receipt/>
                    <div class="rows__main">
                        <a class="row-link" href=href>{receipt.receipt_number}</a>
                        <br/>
                        <span class="muted">{format!("{}, {}", show_date(zone.day(receipt.taken_at)), receipt.method.word())}</span>
                    </div>
                    <div class="rows__side"><strong>{amount}</strong></div>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="panel">
            <div class="panel__head">
                <h2>{tr!(portal.receipts)}</h2>
                <LinkButton href="/portal/statement" label=tr!(portal.statement)/>
            </div>
            {none.then(|| view! { <div class="panel__body"><p class="muted">{tr!(portal.no_receipts)}</p></div> })}
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}
