//! `/audit/emergencies` and `/audit/grants`: the entries of a list, which the auditor judges one by one.

use leptos::prelude::*;
use serde::Deserialize;

use super::{Kind, Review, Verdict, store};
use crate::{
    core::{
        Permission, Result,
        form::FormState,
        list::{self, Slice},
        time::{Zone, show_date, show_date_time, show_time},
    },
    patients::emergency::LONGEST_REASON,
    server::{Ctx, Page, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, DescriptionList, Detail, Dialog, EmptyState, Form, Glyph, ListUrl, PageHeader, PageLinks, Paging,
        RadioField, StatusBadge, Tab, Tabs, TextField, Toast, Tone,
    },
};

impl Kind {
    fn title(self) -> &'static str {
        match self {
            Self::Emergency => tr!(audit.emergencies),
            Self::Grant => tr!(audit.grants),
        }
    }

    fn detail(self) -> &'static str {
        match self {
            Self::Emergency => tr!(audit.emergencies_detail),
            Self::Grant => tr!(audit.grants_detail),
        }
    }

    fn nothing(self) -> &'static str {
        match self {
            Self::Emergency => tr!(audit.no_emergencies_hint),
            Self::Grant => tr!(audit.no_grants_hint),
        }
    }

    /// Returns the function that judges an entry, and the name of the field with its id.
    const fn judged_by(self) -> (&'static str, &'static str) {
        match self {
            Self::Emergency => ("/api/patients/judge_emergency", "emergency_id"),
            Self::Grant => ("/api/patients/judge_grant", "grant_id"),
        }
    }
}

/// The part of a list that is requested.
#[derive(Debug, Deserialize)]
pub struct ReviewQuery {
    #[serde(default)]
    all: String,
    #[serde(default)]
    page: String,
    #[serde(default)]
    done: String,
}

/// Shows the records that were opened in an emergency.
pub async fn emergencies_page(Query(which): Query<ReviewQuery>) -> Result<Page> {
    list_page(Kind::Emergency, &which).await
}

/// Shows the access to records that a desk gave.
pub async fn grants_page(Query(which): Query<ReviewQuery>) -> Result<Page> {
    list_page(Kind::Grant, &which).await
}

/// Shows a list. The audit log records each patient on it as seen by the auditor.
async fn list_page(kind: Kind, which: &ReviewQuery) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadAudit).await?;
    let (page, offset) = list::offset(which.page.parse().ok());
    let all = !which.all.is_empty();
    let found = store::listed(&mut ctx.tx, kind, all, page, offset).await?;
    ctx.saw_all(found.rows.iter().map(|review| review.patient_id), kind.what()).await?;
    let zone = ctx.zone();
    let judged = which.done == "judged";
    let waiting = [store::waiting(&mut ctx.tx, Kind::Emergency).await?, store::waiting(&mut ctx.tx, Kind::Grant).await?];
    Ok(Page::new(kind.title(), move || list_view(kind, found, waiting, all, judged, zone)))
}

fn list_view(kind: Kind, found: Slice<Review>, waiting: [i64; 2], all: bool, judged: bool, zone: Zone) -> impl IntoView {
    let (paging, none) = (Paging::of(&found), found.rows.is_empty());
    let url = ListUrl::new(kind.page()).with("all", if all { "yes" } else { "" });
    let rows = found.rows.into_iter().map(|review| one(kind, review, zone)).collect_view();
    view! {
        {judged.then(|| view! { <Toast text=tr!(audit.judged)/> })}
        <PageHeader title=kind.title() detail=kind.detail() back=("/audit".to_owned(), tr!(audit.title).to_owned())/>
        {review_tabs(kind, waiting, all)}
        {none.then(|| view! { <EmptyState glyph=Glyph::Shield title=tr!(audit.no_emergencies) text=kind.nothing()/> })}
        <div class="stack">{rows}</div>
        <PageLinks url paging/>
    }
}

fn one(kind: Kind, review: Review, zone: Zone) -> AnyView {
    let day = zone.day(review.began_at);
    let log = ListUrl::new("/audit").with("user", review.login.clone()).with("patient", review.mrn.clone()).with("day", day.to_string());
    let when = match kind {
        Kind::Emergency => {
            let (from, to) = (zone.local(review.began_at), zone.local(review.ends_at));
            format!("{}, {}–{}", show_date(day), show_time(from.time()), show_time(to.time()))
        }
        Kind::Grant => show_date_time(zone.local(review.began_at)),
    };
    // The sentence above the form that judges.
    let about = review.grant_kind.map_or_else(|| review.reason.clone(), |given| given.words().to_owned());
    let mut details = vec![Detail::new(tr!(ui.patient), format!("{} · {}", review.patient.listed(), review.mrn))];
    details.extend(review.grant_kind.map(|given| Detail::new(tr!(audit.grant_kind), given.words())));
    details.extend([Detail::new(tr!(audit.when), when), Detail::new(tr!(audit.clinic), review.clinic.clone())]);
    let told = [(tr!(audit.why), &review.reason), (tr!(audit.grant_to), &review.given_to), (tr!(audit.grant_document), &review.document)];
    details.extend(told.into_iter().filter(|(_, text)| !text.is_empty()).map(|(label, text)| Detail::new(label, text.clone())));
    details.push(Detail::view(tr!(audit.seen), view! { <a href=log.href()>{tr!(audit.seen_link)}</a> }.into_any()));
    if let (Some(at), Some(by)) = (review.reviewed_at, review.reviewed_by.clone()) {
        details.push(Detail::new(tr!(audit.judged_by), format!("{by}, {}", show_date_time(zone.local(at)))));
    }
    if !review.remark.is_empty() {
        details.push(Detail::new(tr!(audit.remark), review.remark.clone()));
    }
    let form = review.verdict.is_none().then(|| judge_dialog(kind, review.id.to_string(), &review.user_name, about));
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{review.user_name}</h2>{verdict_badge(review.verdict)}</div>
            <div class="panel__body stack"><DescriptionList details/>{form}</div>
        </section>
    }
    .into_any()
}

/// Shows the tabs of the auditors' lists: emergencies and access given at a desk, each with the entries that wait for a verdict
/// and with all entries.
fn review_tabs(shown: Kind, [emergencies, grants]: [i64; 2], all: bool) -> AnyView {
    let lists = [
        (Kind::Emergency, emergencies, tr!(audit.emergencies_to_judge), tr!(audit.emergencies_all)),
        (Kind::Grant, grants, tr!(audit.grants_to_judge), tr!(audit.grants_all)),
    ];
    let tabs: Vec<_> = lists
        .into_iter()
        .flat_map(|(kind, waiting, to_judge, everything)| {
            let list = kind.page();
            [
                Tab::new(list.to_owned(), to_judge, kind == shown && !all).count(waiting),
                Tab::new(format!("{list}?all=yes"), everything, kind == shown && all),
            ]
        })
        .collect();
    view! { <Tabs label=tr!(audit.to_judge) tabs/> }.into_any()
}

fn verdict_badge(verdict: Option<Verdict>) -> AnyView {
    match verdict {
        None => view! { <StatusBadge tone=Tone::Waiting label=tr!(audit.to_judge)/> }.into_any(),
        Some(Verdict::Justified) => view! { <StatusBadge tone=Tone::Done label=tr!(audit.justified)/> }.into_any(),
        Some(Verdict::Unjustified) => view! { <StatusBadge tone=Tone::Critical label=tr!(audit.unjustified)/> }.into_any(),
    }
}

/// Shows the form for the verdict on the action of `user_name`.
fn judge_dialog(kind: Kind, id: String, user_name: &str, reason: String) -> AnyView {
    let (action, name) = kind.judged_by();
    // The page has many such forms: only the refused one opens again.
    let refused = use_context::<FormState>().is_some_and(|form| form.action == action && form.value(name) == Some(&id));
    let choices = vec![
        Choice::new(Verdict::Justified.as_str(), tr!(audit.justified)),
        Choice::new(Verdict::Unjustified.as_str(), tr!(audit.unjustified)),
    ];
    let title = tr!(audit.judge_title, name = user_name.to_owned());
    view! {
        <div class="cluster">
            <Dialog id=format!("judge-{id}") opens=tr!(audit.judge) title action=if refused { action } else { "" } glyph=Glyph::Shield>
                <Form action id=format!("judge-form-{id}") hidden=vec![(name, id)]>
                    <p>{reason}</p>
                    <RadioField name="verdict" label=tr!(audit.verdict) choices/>
                    <TextField name="remark" label=tr!(audit.remark) hint=tr!(audit.remark_hint) maxlength=u32::try_from(LONGEST_REASON).unwrap_or(500)/>
                    <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
                </Form>
            </Dialog>
        </div>
    }
    .into_any()
}
