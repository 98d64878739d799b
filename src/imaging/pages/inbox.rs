//! `/imaging/inbox`: the reports of imaging that wait for the doctor's signature: critical ones first.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{lines, title_of, toast, weight_badge};
use crate::{
    core::{
        Permission, Result,
        time::{Instant, Zone, show_date_time},
    },
    imaging::{
        catalogue,
        reports::{self, RadiologyReport},
        reviews::{self, RadiologyReview},
        studies,
    },
    lab::{ReviewAction, Weight},
    server::{Ctx, Page, Query},
    tr,
    ui::{Button, ButtonTone, Choice, Dialog, EmptyState, Form, Glyph, PageHeader, SelectField, StatusBadge, Tab, Tabs, Tone},
};

/// The reports that the page shows at once.
const SHOWN: usize = 50;

/// `?all=yes` shows the unsigned reports of all doctors of the clinic.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct InboxQuery {
    all: String,
    done: String,
}

/// A report in the inbox with its text and the title of its study.
struct Item {
    review: RadiologyReview,
    report: RadiologyReport,
    title: String,
}

/// Shows the inbox.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn inbox_page(Query(query): Query<InboxQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::PlaceOrders).await?;
    let (user, clinic, now, zone) = (ctx.user(), ctx.clinic.id, ctx.now, ctx.zone());
    let found = match query.all.is_empty() {
        true => reviews::inbox(&mut ctx.tx, user, clinic).await?,
        false => reviews::of_clinic(&mut ctx.tx, clinic).await?,
    };
    let all = catalogue::procedures(&mut ctx.tx).await?;
    let mut items = Vec::new();
    for review in found.into_iter().take(SHOWN) {
        let (Some(report), Some(study)) =
            (reports::report(&mut ctx.tx, review.report_id).await?, studies::study(&mut ctx.tx, review.imaging_id).await?)
        else {
            continue;
        };
        items.push(Item { title: title_of(&all, &study), review, report });
    }
    ctx.saw_all(items.iter().map(|item| item.review.patient_id), "imaging_lists").await?;
    let doctors: Vec<Choice> = reviews::doctors(&mut ctx.tx, clinic)
        .await?
        .into_iter()
        .filter(|(doctor, _)| *doctor != user)
        .map(|(doctor, name)| Choice::new(doctor.to_string(), name))
        .collect();
    Ok(Page::new(tr!(imaging.inbox), move || {
        let tabs = vec![
            Tab::new("/imaging/inbox", tr!(imaging.my_reports), query.all.is_empty()),
            Tab::new("/imaging/inbox?all=yes", tr!(imaging.all_reports), !query.all.is_empty()),
        ];
        let empty = items.is_empty().then(|| view! { <EmptyState glyph=Glyph::Done title=tr!(imaging.inbox_empty)/> });
        let panels = items.iter().map(|item| one(item, &doctors, now, zone)).collect_view();
        view! {
            {toast(&query.done)}
            <PageHeader title=tr!(imaging.inbox) detail=tr!(imaging.inbox_text)/>
            <Tabs label=tr!(imaging.inbox) tabs/>
            <div class="stack">{empty}{panels}</div>
        }
    }))
}

fn one(item: &Item, doctors: &[Choice], now: Instant, zone: Zone) -> AnyView {
    let Item { review, report, title } = item;
    let late = (review.due_at < now).then(|| view! { <StatusBadge tone=Tone::Warning label=tr!(imaging.late)/> });
    let corrected = (review.version > 1).then(|| view! { <StatusBadge tone=Tone::Warning label=tr!(imaging.corrected)/> });
    let name = format!("{} · {} {}", review.patient_name.listed(), tr!(ui.mrn), review.mrn);
    let when = report.signed_at.map(|at| show_date_time(zone.local(at))).unwrap_or_default();
    let by = tr!(imaging.signed_by, name = report.signer_name.clone(), when = when);
    let impression = lines(&report.text.impression);
    view! {
        <section class=format!("panel {}", review.weight.tone().class()) data-keys="" data-key=review.id.to_string()>
            <div class="panel__head">
                <h2><a href=format!("/patients/{}/imaging", review.patient_id)>{name}</a></h2>
                <div class="cluster">{weight_badge(review.weight)}{corrected}{late}</div>
            </div>
            <div class="panel__body stack">
                <p><strong>{title.clone()}</strong></p>
                <p>{impression}</p>
                <p class="muted small">{by}" · "{review.requisition.clone()}" · "<a href=format!("/imaging/reports/{}", report.id)>{tr!(imaging.report)}</a></p>
                {acts(review, doctors)}
            </div>
        </section>
    }
    .into_any()
}

fn acts(review: &RadiologyReview, doctors: &[Choice]) -> AnyView {
    let id = review.id.to_string();
    let hidden = vec![("radiology_review_id", id.clone())];
    let actions: Vec<Choice> = ReviewAction::ALL.iter().map(|action| Choice::new(action.as_str(), action.words())).collect();
    let forward = (!doctors.is_empty()).then(|| {
        let (hidden, choices, form_id) = (vec![("radiology_review_id", id.clone())], doctors.to_vec(), format!("forward-{id}-form"));
        view! {
            <Dialog id=format!("forward-{id}") opens=tr!(imaging.forward) title=tr!(imaging.forward) tone=ButtonTone::Quiet>
                <Form action="/api/imaging/forward_review" id=form_id hidden>
                    <SelectField name="to" label=tr!(imaging.forward_to) choices prompt=tr!(imaging.choose)/>
                    <div class="form__actions"><Button label=tr!(imaging.forward)/></div>
                </Form>
            </Dialog>
        }
    });
    let is_normal = review.weight == Weight::Normal;
    view! {
        <div class="cluster">
            <Form action="/api/imaging/sign_review" id=format!("sign-{id}") hidden class="form--inline">
                {match is_normal {
                    true => view! { <SelectField name="action" label=tr!(imaging.action) choices=actions/> }.into_any(),
                    // Nothing is chosen for the doctor where something may have to follow.
                    false => view! { <SelectField name="action" label=tr!(imaging.action) choices=actions prompt=tr!(imaging.choose) required=true/> }.into_any(),
                }}
                <Button label=tr!(imaging.sign) tone=ButtonTone::Primary key="s"/>
            </Form>
            {forward}
        </div>
    }
    .into_any()
}
