//! `/lab/inbox`: the reports that wait for the doctor's signature: critical ones first.

use std::collections::HashMap;

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{flag_badge, identity, range_words, toast};
use crate::{
    core::{
        LabReportId, LabResultId, Permission, Result,
        list::{Slice, offset},
        time::{Instant, Zone, show_date, show_date_time},
    },
    lab::{
        catalogue::Catalogue,
        results::{self, LabResult, shown_unit},
        reviews::{self, LabReview},
        value::shown as shown_millionths,
        vocabulary::{ReviewAction, ReviewState, Weight},
    },
    server::{Ctx, Page, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, Dialog, EmptyState, Form, Glyph, KeyHint, ListUrl, PageHeader, PageLinks, Paging, PostButton,
        SelectField, StatusBadge, Tab, Tabs, Tone,
    },
};

/// `?all=yes` shows the unsigned reports of all doctors of the clinic.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct InboxQuery {
    all: String,
    page: Option<i64>,
    done: String,
}

/// Shows the inbox.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn inbox_page(Query(query): Query<InboxQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::PlaceOrders).await?;
    let (user, clinic, now, zone) = (ctx.user(), ctx.clinic.id, ctx.now, ctx.zone());
    let (page, skip) = offset(query.page);
    let found = match query.all.is_empty() {
        true => reviews::inbox(&mut ctx.tx, user, clinic, skip).await?,
        false => reviews::of_clinic(&mut ctx.tx, clinic, skip).await?,
    };
    let found = Slice::from_surplus(found, page);
    let paging = Paging::of(&found);
    let reports: Vec<LabReportId> = found.rows.iter().map(|review| review.report_id).collect();
    let mut results = results::of_reports(&mut ctx.tx, &reports).await?;
    let shown: Vec<(LabReview, Vec<LabResult>)> = found
        .rows
        .into_iter()
        .map(|review| {
            let results = results.remove(&review.report_id).unwrap_or_default();
            (review, results)
        })
        .collect();
    let ids: Vec<LabResultId> = shown.iter().flat_map(|(_, results)| results.iter().map(|result| result.id)).collect();
    let trends = results::before(&mut ctx.tx, &ids).await?;
    ctx.saw_all(shown.iter().map(|(review, _)| review.patient_id), "lab_lists").await?;
    let all = Catalogue::read(&mut ctx.tx).await?;
    let doctors: Vec<Choice> = reviews::doctors(&mut ctx.tx, clinic)
        .await?
        .into_iter()
        .filter(|(doctor, _)| *doctor != user)
        .map(|(doctor, name)| Choice::new(doctor.to_string(), name))
        .collect();
    Ok(Page::new(tr!(lab.inbox), move || {
        let tabs = vec![
            Tab::new("/lab/inbox", tr!(lab.my_reports), query.all.is_empty()),
            Tab::new("/lab/inbox?all=yes", tr!(lab.all_reports), !query.all.is_empty()),
        ];
        let empty =
            shown.is_empty().then(|| view! { <EmptyState glyph=Glyph::Done title=tr!(lab.inbox_empty) text=tr!(lab.inbox_empty_text)/> });
        let url = ListUrl::new("/lab/inbox").with("all", query.all.clone());
        let mut patients_with_normal = Vec::new();
        let items = shown
            .iter()
            .map(|(review, results)| {
                let mut together = Vec::new();
                if review.weight == Weight::Normal && !patients_with_normal.contains(&review.patient_id) {
                    patients_with_normal.push(review.patient_id);
                    let normal = shown.iter().map(|(other, _)| other);
                    let normal = normal.filter(|other| other.weight == Weight::Normal && other.patient_id == review.patient_id);
                    together.extend(normal.map(|other| other.id.to_string()));
                }
                one(&all, (review, results, &trends), (now, zone), &together, &doctors)
            })
            .collect_view();
        view! {
            {toast(&query.done)}
            <PageHeader title=tr!(lab.inbox) detail=tr!(lab.inbox_text)/>
            <Tabs label=tr!(lab.inbox) tabs/>
            {empty}
            <div class="stack">{items}</div>
            <PageLinks url paging/>
        }
    })
    .keys(vec![KeyHint::new("s", tr!(lab.sign))]))
}

/// Shows a report with its results. `together` has the normal reports of the patient, beside the first of them.
fn one(
    all: &Catalogue,
    (review, results, trends): (&LabReview, &[LabResult], &HashMap<LabResultId, Vec<LabResult>>),
    (now, zone): (Instant, Zone),
    together: &[String],
    doctors: &[Choice],
) -> AnyView {
    let late = (review.due_at <= now).then(|| view! { <StatusBadge tone=Tone::Warning label=tr!(lab.overdue)/> });
    let corrected = matches!(review.report_state, crate::lab::vocabulary::ReportState::Corrected)
        .then(|| view! { <StatusBadge tone=Tone::Warning label=review.report_state.words()/> });
    let mut sorted: Vec<&LabResult> = results.iter().collect();
    sorted.sort_by_key(|result| (!result.flag.is_critical(), !result.flag.is_abnormal(), result.test_id));
    let rows = sorted
        .into_iter()
        .map(|result| {
            let name = all.test(result.test_id).map(|test| test.name().to_owned()).unwrap_or_default();
            let earlier = trends.get(&result.id).map_or(&[][..], Vec::as_slice);
            view! {
                <li class="rows__row">
                    <div class="rows__main">{name}" "<strong>{result.with_unit(all)}</strong>" "<span class="muted small">{range_words(result)}</span>{trend(all, result, earlier, zone)}</div>
                    <div class="rows__side">{flag_badge(result.flag)}</div>
                </li>
            }
        })
        .collect_view();
    let facts = format!("{} · {}", review.requisition, show_date_time(zone.local(review.created_at)));
    let by = review.clinician.clone();
    view! {
        <section class=format!("panel {}", review.weight.tone().class()) data-keys="" data-key=review.id.to_string()>
            <div class="panel__head">
                <h2><a href=format!("/patients/{}/lab", review.patient_id)>{identity(&review.patient_name, &review.mrn, review.birth, review.sex)}</a></h2>
                <div class="cluster"><StatusBadge tone=review.weight.tone() label=review.weight.words()/>{corrected}{late}</div>
            </div>
            <ul class="rows">{rows}</ul>
            <div class="panel__body">
                <p class="muted small">{facts}" · "{by}" · "<a href=format!("/lab/reports/{}", review.report_id)>{tr!(lab.report)}</a></p>
                {acts(review, together, doctors)}
            </div>
        </section>
    }
    .into_any()
}

/// The trend in words: the change since the last value, and the values before, each with its unit and day.
fn trend(all: &Catalogue, result: &LabResult, earlier: &[LabResult], zone: Zone) -> AnyView {
    let Some(last) = earlier.first() else { return ().into_any() };
    let day = |result: &LabResult| show_date(zone.day(result.measured_at));
    let change = result.change_since(last).map(|change| {
        let sign = match change {
            ..0 => "\u{2212}",
            0 => "\u{b1}",
            _ => "+",
        };
        let change = format!("{sign}{} {}", shown_millionths(change.abs()), shown_unit(&result.unit)).trim_end().to_owned();
        view! { <strong>{tr!(lab.change_since, change = change, day = day(last))}</strong>" · " }
    });
    let one = |earlier: &LabResult| format!("{} {} ({})", earlier.with_unit(all), earlier.flag.as_str(), day(earlier)).replace("  ", " ");
    let values = earlier.iter().map(one).collect::<Vec<_>>().join(" · ");
    view! { <div class="muted small">{change}{tr!(lab.earlier_values, values = values)}</div> }.into_any()
}

fn acts(review: &LabReview, together: &[String], doctors: &[Choice]) -> AnyView {
    let id = review.id.to_string();
    let hidden = vec![("lab_review_id", id.clone())];
    let actions: Vec<Choice> = ReviewAction::ALL.iter().map(|action| Choice::new(action.as_str(), action.words())).collect();
    let is_normal = review.weight == Weight::Normal;
    let see = (review.state == ReviewState::New).then(|| {
        let hidden = vec![("lab_review_id", id.clone())];
        view! { <PostButton action="/api/lab/see" label=tr!(lab.see) hidden tone=ButtonTone::Quiet/> }
    });
    let all_normal = (together.len() > 1).then(|| {
        let hidden = vec![("reviews_seen", together.join(" "))];
        view! { <PostButton action="/api/lab/sign_normal" label=tr!(lab.sign_normal) hidden tone=ButtonTone::Quiet/> }
    });
    let forward = (!doctors.is_empty()).then(|| {
        let (hidden, choices, form_id) = (vec![("lab_review_id", id.clone())], doctors.to_vec(), format!("forward-{id}-form"));
        view! {
            <Dialog id=format!("forward-{id}") opens=tr!(lab.forward) title=tr!(lab.forward) tone=ButtonTone::Quiet>
                <Form action="/api/lab/forward" id=form_id hidden>
                    <SelectField name="to" label=tr!(lab.forward_to) choices prompt=tr!(lab.choose)/>
                    <div class="form__actions"><Button label=tr!(lab.forward)/></div>
                </Form>
            </Dialog>
        }
    });
    view! {
        <div class="cluster">
            <Form action="/api/lab/sign" id=format!("sign-{id}") hidden class="form--inline">
                {match is_normal {
                    true => view! { <SelectField name="action" label=tr!(lab.action) choices=actions/> }.into_any(),
                    // Nothing is chosen for the doctor where something may have to follow.
                    false => view! { <SelectField name="action" label=tr!(lab.action) choices=actions prompt=tr!(lab.choose) required=true/> }.into_any(),
                }}
                <Button label=tr!(lab.sign) tone=ButtonTone::Primary key="s"/>
            </Form>
            {see}
            {all_normal}
            {forward}
        </div>
    }
    .into_any()
}
