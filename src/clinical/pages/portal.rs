//! Visits and medicines on the portal's record page.

use leptos::prelude::*;

use crate::{
    clinical::{self, OutsideReader, Prescription, Summary},
    core::{PatientId, Result, time::show_date},
    organisation::{self, Clinic},
    server::{Ctx, department::Draw},
    tr,
    ui::{EmptyState, Glyph, Icon},
};

/// The number of visits on the page; more than any patient has in years.
const VISITS: i64 = 60;

/// Shows the finished visits.
pub async fn portal_visits(ctx: &mut Ctx, patient: PatientId) -> Result<Draw> {
    let acting = ctx.who.acts_for().is_some();
    let reader = if acting { OutsideReader::Guardian } else { OutsideReader::Patient };
    let visits = clinical::outside_summaries_of(&mut ctx.tx, patient, reader, VISITS).await?;
    // Each visit shows the time of its own clinic.
    let clinics = organisation::all_clinics(&mut ctx.tx).await?;
    Ok(Box::new(move || visit_panel(visits, &clinics, acting)))
}

/// Shows the medicines that the patient takes now.
pub async fn portal_medicines(ctx: &mut Ctx, patient: PatientId) -> Result<Draw> {
    let now = ctx.now;
    let reader = OutsideReader::of_portal(&ctx.who);
    let medicines = clinical::outside_medicines(&mut ctx.tx, patient, reader, now).await?;
    let acting = ctx.who.acts_for().is_some();
    Ok(Box::new(move || medicine_panel(medicines, acting)))
}

/// Shows the visits. A user who is `acting` for the patient is not addressed as the patient.
fn visit_panel(visits: Vec<Summary>, clinics: &[Clinic], acting: bool) -> AnyView {
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
                        <a class="row-link" href=href>{show_date(organisation::day_at(clinics, visit.encounter.clinic, visit.encounter.started_at))}</a>
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

/// Shows a medicine and its dosage; `state` is a text at the end of the row.
pub fn medicine_row(medicine: Prescription, state: Option<&'static str>) -> AnyView {
    let words = medicine.dosage.sentence();
    let instructions = medicine.dosage.instructions;
    view! {
        <li class="rows__row">
            <Icon glyph=Glyph::Pill/>
            <div class="rows__main">
                <strong>{medicine.drug}</strong>
                <br/>
                <span class="muted">{words}</span>
                {(!instructions.is_empty()).then(|| view! { <br/><span>{instructions}</span> })}
            </div>
            {state.map(|state| view! { <div class="rows__side">{state}</div> })}
        </li>
    }
    .into_any()
}
