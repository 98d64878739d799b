//! `/patients/{id}/imaging`: the studies of a patient with their reports, and open critical findings.

use leptos::prelude::*;

use super::{
    images,
    parts::{DoneQuery, lines, slot_words, title_of, toast, weight_badge},
};
use crate::{
    core::{
        PatientId, Permission, Result,
        time::{Zone, show_date_time},
    },
    imaging::{
        archives::{self, ArchivedStudy},
        catalogue::{self, ImagingProcedure},
        findings::{self, CriticalFinding},
        reports::{self, RadiologyReport},
        step::ImagingStep,
        studies::{self, ImagingStudy},
    },
    patients::{self, record_tabs},
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{EmptyState, Glyph, NoticeBox, PageHeader, PatientBanner, StatusBadge, Tabs, Tone},
};

/// The studies that the page shows.
const SHOWN: i64 = 100;

/// Shows the studies.
///
/// # Errors
/// Not allowed, a patient not in care, or when the database refuses.
pub async fn record_page(Path(id): Path<PatientId>, Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadChart).await?;
    ctx.reach([id]).await?;
    let (today, zone) = (ctx.today(), ctx.zone());
    let mut banner = patients::banner(&mut ctx.tx, id, today).await?;
    ctx.saw(id, "imaging_record").await?;
    patients::mark_emergency(&ctx, id, &mut banner);
    let (mut found, mut signed, mut open) = (Vec::new(), Vec::new(), Vec::new());
    // The studies of a record that was merged keep their patient.
    for patient in patients::merges::family(&mut ctx.tx, id).await? {
        found.extend(studies::of_patient(&mut ctx.tx, patient, SHOWN).await?);
        signed.extend(reports::final_of_patient(&mut ctx.tx, patient, None, SHOWN).await?);
        open.extend(findings::of_patient(&mut ctx.tx, patient).await?);
    }
    found.sort_by_key(|study| std::cmp::Reverse(study.ordered_at));
    let orders: Vec<_> = found.iter().map(|study| study.id).collect();
    let archived = archives::of_orders(&mut ctx.tx, &orders).await?;
    let all = catalogue::procedures(&mut ctx.tx).await?;
    let tabs = record_tabs(&ctx, id, "/imaging");
    Ok(Page::new(tr!(imaging.title), move || {
        let empty = found.is_empty().then(|| view! { <EmptyState glyph=Glyph::Board title=tr!(imaging.no_studies)/> });
        let rows = found.iter().map(|study| row(&all, study, &signed, &archived, zone)).collect::<Vec<_>>();
        let list = (!rows.is_empty()).then(|| view! { <section class="panel"><ul class="rows">{rows}</ul></section> });
        view! {
            {toast(&done)}
            <PageHeader title=tr!(imaging.title)/>
            <Tabs label=tr!(patients.record) tabs/>
            <div class="stack">{open_findings(&open, zone)}{empty}{list}</div>
        }
    })
    .banner(move || view! { <PatientBanner info=banner/> }))
}

fn open_findings(open: &[CriticalFinding], zone: Zone) -> AnyView {
    open.iter()
        .map(|finding| {
            let (text, words) = (lines(&finding.text), tr!(imaging.call_by, when = show_date_time(zone.local(finding.due_at))));
            view! { <NoticeBox tone=Tone::Critical title=tr!(imaging.critical_finding)><p>{text}</p><p class="small">{words}</p></NoticeBox> }
        })
        .collect_view()
        .into_any()
}

fn row(all: &[ImagingProcedure], study: &ImagingStudy, signed: &[RadiologyReport], archived: &[ArchivedStudy], zone: Zone) -> AnyView {
    let own: Vec<ArchivedStudy> = archived.iter().filter(|one| one.imaging_id == Some(study.id)).cloned().collect();
    let pictures = images::tied(&own, |one| format!("/patients/{}/images/{}", study.patient_id, one.id));
    let title = title_of(all, study);
    let report = signed.iter().find(|report| report.imaging_id == study.id);
    let slot = slot_words(study, zone);
    let facts = [study.number(), show_date_time(zone.local(study.ordered_at)), study.orderer.clone(), slot];
    let facts = facts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    let head = match report {
        Some(report) => view! { <a href=format!("/imaging/reports/{}", report.id)><strong>{title}</strong></a> }.into_any(),
        None => view! { <strong>{title}</strong> }.into_any(),
    };
    let impression = report.map(|report| {
        let text = lines(&report.text.impression);
        view! { <p>{text}</p> }
    });
    let question = (study.step == ImagingStep::Returned).then(|| {
        let question = study.question.clone();
        view! { <p class="is-warning">{question}" "<a href=format!("/imaging/answer/{}", study.id)>{tr!(imaging.answer_link)}</a></p> }
    });
    let stopped = (!study.stop_reason.is_empty()).then(|| {
        let reason = study.stop_reason.clone();
        view! { <p class="muted">{reason}</p> }
    });
    let weight = report.and_then(|report| report.weight).map(weight_badge);
    view! {
        <li class="rows__row">
            <div class="rows__main">{head}<br/><span class="muted small">{facts}</span>{impression}{pictures}{question}{stopped}</div>
            <div class="rows__side cluster">{weight}<StatusBadge tone=study.step.tone() label=study.step.words()/></div>
        </li>
    }
    .into_any()
}
