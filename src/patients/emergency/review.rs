//! `/audit/emergencies`: the records that were opened in an emergency, to be judged one by one.

use leptos::prelude::*;
use serde::Deserialize;

use super::{EmergencyAccess, LONGEST_REASON, Verdict, store};
use crate::{
    core::{
        Permission, Result,
        form::FormState,
        list::{self, Slice},
        time::{Zone, show_date, show_date_time, show_time},
    },
    server::{Ctx, Page, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, DescriptionList, Detail, Dialog, EmptyState, Form, Glyph, ListUrl, PageHeader, PageLinks, Paging,
        RadioField, StatusBadge, Tab, Tabs, TextField, Toast, Tone,
    },
};

const JUDGE: &str = "/api/patients/judge_emergency";

/// Which of them.
#[derive(Debug, Deserialize)]
pub struct Which {
    #[serde(default)]
    pub all: String,
    #[serde(default)]
    pub page: String,
    #[serde(default)]
    pub done: String,
}

/// The list. Whoever is on it counts as seen by the auditor.
pub async fn emergencies_page(Query(which): Query<Which>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadAudit).await?;
    let (page, offset) = list::offset(which.page.parse().ok());
    let all = !which.all.is_empty();
    let found = store::listed(&mut ctx.tx, all, page, offset).await?;
    ctx.saw_all(found.rows.iter().map(|access| access.patient_id), "emergency").await?;
    let zone = ctx.zone();
    let judged = which.done == "judged";
    Ok(Page::new(tr!(audit.emergencies), move || list_view(found, all, judged, zone)))
}

fn list_view(found: Slice<EmergencyAccess>, all: bool, judged: bool, zone: Zone) -> impl IntoView {
    let (paging, none) = (Paging::of(&found), found.rows.is_empty());
    let url = ListUrl::new("/audit/emergencies").with("all", if all { "yes" } else { "" });
    let rows = found.rows.into_iter().map(|access| one(access, zone)).collect_view();
    view! {
        {judged.then(|| view! { <Toast text=tr!(audit.judged)/> })}
        <PageHeader title=tr!(audit.emergencies) detail=tr!(audit.emergencies_detail) back=("/audit".to_owned(), tr!(audit.title).to_owned())/>
        {review_tabs("/audit/emergencies", all)}
        {none.then(|| view! { <EmptyState glyph=Glyph::Shield title=tr!(audit.no_emergencies) text=tr!(audit.no_emergencies_hint)/> })}
        <div class="stack">{rows}</div>
        <PageLinks url paging/>
    }
}

fn one(access: EmergencyAccess, zone: Zone) -> AnyView {
    let day = zone.day(access.began_at);
    let (from, to) = (zone.local(access.began_at), zone.local(access.ends_at));
    let when = format!("{}, {}–{}", show_date(day), show_time(from.time()), show_time(to.time()));
    let log = ListUrl::new("/audit").with("user", access.login.clone()).with("patient", access.mrn.clone()).with("day", day.to_string());
    let patient = format!("{} · {}", access.patient.listed(), access.mrn);
    let badge = verdict_badge(access.verdict);
    let mut details = vec![
        Detail::new(tr!(ui.patient), patient),
        Detail::new(tr!(audit.when), when),
        Detail::new(tr!(audit.clinic), access.clinic.clone()),
        Detail::new(tr!(audit.why), access.reason.clone()),
        Detail::view(tr!(audit.seen), view! { <a href=log.href()>{tr!(audit.seen_link)}</a> }.into_any()),
    ];
    if let (Some(at), Some(by)) = (access.reviewed_at, access.reviewed_by.clone()) {
        details.push(Detail::new(tr!(audit.judged_by), format!("{by}, {}", show_date_time(zone.local(at)))));
    }
    if !access.remark.is_empty() {
        details.push(Detail::new(tr!(audit.remark), access.remark.clone()));
    }
    let form = access
        .verdict
        .is_none()
        .then(|| judge_dialog(JUDGE, ("emergency_id", access.id.to_string()), &access.user_name, access.reason.clone()));
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{access.user_name}</h2>{badge}</div>
            <div class="panel__body stack"><DescriptionList details/>{form}</div>
        </section>
    }
    .into_any()
}

/// The tabs of the auditors' lists: emergencies and access given at a desk, each as what waits for a verdict and as everything.
pub(in crate::patients) fn review_tabs(path: &str, all: bool) -> AnyView {
    let lists = [
        ("/audit/emergencies", tr!(audit.emergencies_to_judge), tr!(audit.emergencies_all)),
        ("/audit/grants", tr!(audit.grants_to_judge), tr!(audit.grants_all)),
    ];
    let tabs: Vec<_> = lists
        .into_iter()
        .flat_map(|(list, to_judge, everything)| {
            [
                Tab::new(list.to_owned(), to_judge, list == path && !all),
                Tab::new(format!("{list}?all=yes"), everything, list == path && all),
            ]
        })
        .collect();
    view! { <Tabs label=tr!(audit.to_judge) tabs/> }.into_any()
}

pub(in crate::patients) fn verdict_badge(verdict: Option<Verdict>) -> AnyView {
    match verdict {
        None => view! { <StatusBadge tone=Tone::Waiting label=tr!(audit.to_judge)/> }.into_any(),
        Some(Verdict::Justified) => view! { <StatusBadge tone=Tone::Done label=tr!(audit.justified)/> }.into_any(),
        Some(Verdict::Unjustified) => view! { <StatusBadge tone=Tone::Critical label=tr!(audit.unjustified)/> }.into_any(),
    }
}

/// The form with the verdict on what `user_name` did; `id` is the name and value of the hidden field.
pub(in crate::patients) fn judge_dialog(
    action: &'static str,
    (name, id): (&'static str, String),
    user_name: &str,
    reason: String,
) -> AnyView {
    // Many such forms stand on the page: only the refused one opens again.
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
