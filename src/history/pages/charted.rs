//! The history in the chart: what other systems recorded, marked as theirs.

use leptos::prelude::*;

use super::value_words;
use crate::{
    core::{
        Result,
        time::{Instant, Zone, show_date, show_time},
    },
    history::{PastDose, PastOrder, PastReport, PastResult, PastStudy, store},
    server::{
        Ctx,
        department::{ChartAsk, ChartEntry, ChartSetting},
    },
    tr,
    ui::{Glyph, StatusBadge, Tone},
};

/// Draws with their results, reports, studies, requests without an answer, and days with doses; the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn charted(ctx: &mut Ctx, ask: ChartAsk) -> Result<Vec<ChartEntry>> {
    let ChartAsk { patient, before, limit } = ask;
    let day = before.map(|before| (before, ctx.zone().day(before)));
    let tx = &mut ctx.tx;
    let mut entries = Vec::new();
    for (at, results) in store::draws(tx, patient, before, limit).await? {
        entries.push(entry(at, Glyph::Flask, move |_| drawn(&results)));
    }
    for report in store::reports(tx, patient, before, limit).await? {
        entries.push(entry(report.at, Glyph::Note, move |setting| reported(&report, setting.zone)));
    }
    for study in store::studies(tx, patient, before, limit).await? {
        entries.push(entry(study.at, Glyph::Board, move |_| imaged(&study)));
    }
    for order in store::unanswered(tx, patient, before, limit).await? {
        entries.push(entry(order.at, Glyph::Check, move |_| requested(&order)));
    }
    for (at, doses) in store::days_of_doses(tx, patient, day, limit).await? {
        entries.push(entry(at, Glyph::Pill, move |setting| dosed(&doses, setting.zone)));
    }
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
    entries.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(entries)
}

fn entry(at: Instant, glyph: Glyph, body: impl FnOnce(ChartSetting) -> AnyView + Send + 'static) -> ChartEntry {
    ChartEntry { at, tone: Tone::Inactive, glyph, body: Box::new(body) }
}

/// The mark of what was done elsewhere, and who did it.
fn source(by: &str) -> AnyView {
    let by = if by.is_empty() { String::new() } else { format!(" {by}") };
    view! { <p class="muted small"><StatusBadge tone=Tone::Inactive label=tr!(history.elsewhere)/>{by}</p> }.into_any()
}

fn drawn(results: &[PastResult]) -> AnyView {
    let rows = results
        .iter()
        .map(|result| {
            let flag = (!result.flag.is_empty() && result.flag != "N")
                .then(|| view! { <StatusBadge tone=Tone::Warning label=tr!(history.sender_flag, flag = result.flag.clone())/> });
            let range = if result.range_text.is_empty() { String::new() } else { format!(" ({})", result.range_text) };
            let sent = if result.sent.is_empty() { String::new() } else { tr!(history.sent_as, value = result.sent.clone()) };
            let comment = result.comment.clone();
            view! {
                <li>
                    {result.title.clone()}" "<strong>{value_words(result)}</strong>{range}" "{flag}" "
                    <span class="muted small">{sent}" "{comment}</span>
                </li>
            }
        })
        .collect_view();
    let by = results.first().map(|result| result.by_name.clone()).unwrap_or_default();
    view! {
        <h3>{tr!(history.results)}</h3>
        <div class="stack stack--tight">{source(&by)}<ul>{rows}</ul></div>
    }
    .into_any()
}

fn reported(report: &PastReport, zone: Zone) -> AnyView {
    let issued = report.source_issued.filter(|issued| *issued != report.at);
    let issued = issued.map(|at| view! { <p class="muted small">{tr!(history.source_issued, day = show_date(zone.day(at)))}</p> });
    let text = if report.conclusion.is_empty() { report.text.clone() } else { report.conclusion.clone() };
    view! {
        <h3>{format!("{}: {}", report.kind.words(), report.title)}</h3>
        <div class="stack stack--tight">{source(&report.by_name)}<p>{text}</p>{issued}</div>
    }
    .into_any()
}

fn imaged(study: &PastStudy) -> AnyView {
    let title = if study.modality.is_empty() { study.title.clone() } else { format!("{} · {}", study.title, study.modality) };
    view! {
        <h3>{title}</h3>
        <div class="stack stack--tight">{source("")}<p class="muted">{tr!(history.no_images)}</p></div>
    }
    .into_any()
}

fn requested(order: &PastOrder) -> AnyView {
    view! {
        <h3>{format!("{}: {}", order.kind.words(), order.title)}</h3>
        <div class="stack stack--tight">
            {source(&order.by_name)}
            <p>{order.state.words()}</p>
            {(!order.reason.is_empty()).then(|| view! { <p>{order.reason.clone()}</p> })}
        </div>
    }
    .into_any()
}

fn dosed(doses: &[PastDose], zone: Zone) -> AnyView {
    let rows = doses
        .iter()
        .map(|dose| {
            let time = show_time(zone.local(dose.at).time());
            let what = format!("{} {} {}", dose.drug, dose.dose, dose.route);
            let more = [dose.reason.as_str(), dose.remark.as_str(), dose.by_name.as_str()];
            let more = more.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
            view! { <li>{time}" "{what}" "<strong>{dose.outcome.words()}</strong>" "<span class="muted small">{more}</span></li> }
        })
        .collect_view();
    view! {
        <h3>{tr!(history.doses)}</h3>
        <div class="stack stack--tight">{source("")}<ul>{rows}</ul></div>
    }
    .into_any()
}
