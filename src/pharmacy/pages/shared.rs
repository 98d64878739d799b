//! Parts of other pages: hand-overs in the chart, and on the portal's records.

use leptos::prelude::*;

use crate::{
    clinical::OutsideReader,
    core::{
        PatientId, Result,
        locale::{self, Locale},
        time::show_date,
    },
    pharmacy::{
        dispensing::{self, Dispense},
        supplies,
    },
    server::{
        Ctx,
        department::{ChartAsk, ChartEntry, Draw},
    },
    tr,
    ui::{Glyph, Tone},
};

/// The hand-overs that the portal shows, the latest first.
const SHOWN: i64 = 40;

fn name(dispense: &Dispense) -> String {
    match locale::current() {
        Locale::es if !dispense.item_name_es.is_empty() => dispense.item_name_es.clone(),
        Locale::en | Locale::es => dispense.item_name.clone(),
    }
}

/// Says which prescribed medicine this replaces.
fn instead(dispense: &Dispense) -> Option<AnyView> {
    (!dispense.substitute_for.is_empty())
        .then(|| view! { <p>{tr!(pharmacy.instead_of, drug = dispense.substitute_for.clone())}</p> }.into_any())
}

fn quantity(dispense: &Dispense) -> String {
    let kept = dispense.unit.count(dispense.quantity);
    match dispense.returned {
        0 => kept,
        returned => format!("{kept} · {}", tr!(pharmacy.returned_count, count = returned)),
    }
}

/// The hand-overs to the patient.
///
/// # Errors
/// When the database refuses.
pub async fn charted_dispenses(ctx: &mut Ctx, ask: ChartAsk) -> Result<Vec<ChartEntry>> {
    let found = dispensing::of_patient_before(&mut ctx.tx, ask.patient, ask.before, ask.limit).await?;
    Ok(found
        .into_iter()
        .map(|dispense| ChartEntry {
            at: dispense.at,
            tone: Tone::Done,
            glyph: Glyph::Pill,
            body: Box::new(move |_| {
                let words = format!("{} · {} · {}", name(&dispense), quantity(&dispense), dispense.by_name);
                let instead = instead(&dispense);
                view! { <h3>{tr!(pharmacy.dispensed)}</h3><p>{words}</p>{instead} }.into_any()
            }),
        })
        .collect())
}

/// The panel on the portal's records: what the patient got, and how to take it.
///
/// # Errors
/// When the database refuses.
pub async fn portal_dispenses(ctx: &mut Ctx, patient: PatientId) -> Result<Draw> {
    let found = dispensing::in_portal(&mut ctx.tx, patient, OutsideReader::of_portal(&ctx.who), SHOWN).await?;
    let mut own = Vec::new();
    for supply in supplies::of_patient(&mut ctx.tx, patient, SHOWN).await? {
        // Without a dosage for certain, the portal shows none.
        let given = supplies::given_dosage(ctx, &supply).await.ok();
        own.push((supply.id, given));
    }
    let zone = ctx.zone();
    Ok(Box::new(move || {
        let none = found.is_empty().then(|| view! { <div class="panel__body"><p class="muted">{tr!(pharmacy.portal_none)}</p></div> });
        let rows = found
            .iter()
            .map(|dispense| {
                let given = own.iter().find(|(id, _)| *id == dispense.supply_id).and_then(|(_, given)| given.as_ref());
                let directions = given.map(supplies::directions);
                let facts = format!("{} · {}", quantity(dispense), show_date(zone.day(dispense.handed_at.unwrap_or(dispense.at))));
                view! {
                    <li class="rows__row">
                        <div class="rows__main">
                            <strong>{name(dispense)}</strong><br/>
                            {directions}<br/>
                            {instead(dispense)}
                            <span class="muted">{facts}</span>
                        </div>
                    </li>
                }
            })
            .collect_view();
        view! {
            <section class="panel">
                <div class="panel__head"><h2>{tr!(pharmacy.portal_title)}</h2></div>
                {none}
                <ul class="rows">{rows}</ul>
            </section>
        }
        .into_any()
    }))
}
