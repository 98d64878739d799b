//! Imaging on the portal's records: the next bookings with their preparation, and the reports that their rules allow.

use leptos::prelude::*;

use super::parts::{lines, slot_words, title_of};
use crate::{
    clinical::OutsideReader,
    core::{PatientId, Result, time::show_date},
    imaging::{catalogue, reports, studies},
    server::{Ctx, department::Draw},
    tr,
};

/// The reports that are shown, the latest first.
const SHOWN: i64 = 20;

/// The panel.
///
/// # Errors
/// When the database refuses.
pub async fn portal_imaging(ctx: &mut Ctx, patient: PatientId) -> Result<Draw> {
    let (now, zone) = (ctx.now, ctx.zone());
    let booked = studies::in_portal(&mut ctx.tx, patient, now).await?;
    let all = catalogue::procedures(&mut ctx.tx).await?;
    let mut found = Vec::new();
    for report in reports::in_portal(&mut ctx.tx, patient, OutsideReader::of_portal(&ctx.who), now, SHOWN).await? {
        if let Some(study) = studies::study(&mut ctx.tx, report.imaging_id).await? {
            let day = show_date(zone.day(study.acquired_at.unwrap_or(study.ordered_at)));
            let addenda = reports::addenda_of(&mut ctx.tx, report.id).await?;
            found.push((title_of(&all, &study), day, report, addenda));
        }
    }
    Ok(Box::new(move || {
        let none = (booked.is_empty() && found.is_empty())
            .then(|| view! { <div class="panel__body"><p class="muted">{tr!(imaging.portal_none)}</p></div> });
        let next = booked
            .iter()
            .map(|study| {
                let title = title_of(&all, study);
                let preparation =
                    all.iter().find(|one| one.id == study.procedure_id).map(|one| one.preparation().to_owned()).unwrap_or_default();
                let preparation = (!preparation.is_empty()).then(|| view! { <br/>{preparation} });
                view! {
                    <li class="rows__row">
                        <div class="rows__main"><strong>{title}</strong><br/>{slot_words(study, zone)}{preparation}</div>
                    </li>
                }
            })
            .collect_view();
        let rows = found
            .iter()
            .map(|(title, day, report, addenda)| {
                let (impression, findings) = (lines(&report.text.impression), lines(&report.text.findings));
                let addenda = addenda
                    .iter()
                    .map(|addendum| {
                        let body = lines(&addendum.body);
                        view! { <p><strong>{tr!(imaging.addendum)}</strong><br/>{body}</p> }
                    })
                    .collect_view();
                view! {
                    <li class="rows__row">
                        <div class="rows__main">
                            <strong>{title.clone()}</strong>" "<span class="muted">{day.clone()}</span>
                            <p>{impression}</p>
                            {addenda}
                            <details><summary>{tr!(imaging.portal_findings)}</summary><p>{findings}</p></details>
                        </div>
                    </li>
                }
            })
            .collect_view();
        view! {
            <section class="panel">
                <div class="panel__head"><h2>{tr!(imaging.portal_title)}</h2></div>
                {none}
                <ul class="rows">{next}{rows}</ul>
                <div class="panel__body"><p class="muted">{tr!(imaging.portal_text)}</p></div>
            </section>
        }
        .into_any()
    }))
}
