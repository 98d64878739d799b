//! `/audit/grants`: access to records that was given at a desk, to be judged one by one.

use leptos::prelude::*;

use super::{AccessGrant, store};
use crate::{
    core::{
        Permission, Result,
        list::{self, Slice},
        time::{Zone, show_date_time},
    },
    patients::emergency::review::{Which, judge_dialog, review_tabs, verdict_badge},
    server::{Ctx, Page, Query},
    tr,
    ui::{DescriptionList, Detail, EmptyState, Glyph, ListUrl, PageHeader, PageLinks, Paging, Toast},
};

/// The list. A patient on it counts as seen by the auditor.
pub async fn grants_page(Query(which): Query<Which>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadAudit).await?;
    let (page, offset) = list::offset(which.page.parse().ok());
    let all = !which.all.is_empty();
    let found = store::listed(&mut ctx.tx, all, page, offset).await?;
    ctx.saw_all(found.rows.iter().map(|grant| grant.patient_id), "access_grant").await?;
    let zone = ctx.zone();
    let judged = which.done == "judged";
    Ok(Page::new(tr!(audit.grants), move || list_view(found, all, judged, zone)))
}

fn list_view(found: Slice<AccessGrant>, all: bool, judged: bool, zone: Zone) -> impl IntoView {
    let (paging, none) = (Paging::of(&found), found.rows.is_empty());
    let url = ListUrl::new("/audit/grants").with("all", if all { "yes" } else { "" });
    let rows = found.rows.into_iter().map(|grant| one(grant, zone)).collect_view();
    view! {
        {judged.then(|| view! { <Toast text=tr!(audit.judged)/> })}
        <PageHeader title=tr!(audit.grants) detail=tr!(audit.grants_detail) back=("/audit".to_owned(), tr!(audit.title).to_owned())/>
        {review_tabs("/audit/grants", all)}
        {none.then(|| view! { <EmptyState glyph=Glyph::Shield title=tr!(audit.no_emergencies) text=tr!(audit.no_grants_hint)/> })}
        <div class="stack">{rows}</div>
        <PageLinks url paging/>
    }
}

fn one(grant: AccessGrant, zone: Zone) -> AnyView {
    let day = zone.day(grant.made_at);
    let log = ListUrl::new("/audit").with("user", grant.login.clone()).with("patient", grant.mrn.clone()).with("day", day.to_string());
    let mut details = vec![
        Detail::new(tr!(ui.patient), format!("{} · {}", grant.patient.listed(), grant.mrn)),
        Detail::new(tr!(audit.grant_kind), grant.kind.words()),
        Detail::new(tr!(audit.when), show_date_time(zone.local(grant.made_at))),
        Detail::new(tr!(audit.clinic), grant.clinic.clone()),
    ];
    details.extend(grant.guardian.clone().map(|name| Detail::new(tr!(audit.grant_to), name)));
    if !grant.document.is_empty() {
        details.push(Detail::new(tr!(audit.grant_document), grant.document.clone()));
    }
    details.push(Detail::view(tr!(audit.seen), view! { <a href=log.href()>{tr!(audit.seen_link)}</a> }.into_any()));
    if let (Some(at), Some(by)) = (grant.reviewed_at, grant.reviewed_by.clone()) {
        details.push(Detail::new(tr!(audit.judged_by), format!("{by}, {}", show_date_time(zone.local(at)))));
    }
    if !grant.remark.is_empty() {
        details.push(Detail::new(tr!(audit.remark), grant.remark.clone()));
    }
    let form = grant.verdict.is_none().then(|| {
        let id = ("grant_id", grant.id.to_string());
        judge_dialog("/api/patients/judge_grant", id, &grant.user_name, grant.kind.words().to_owned())
    });
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{grant.user_name}</h2>{verdict_badge(grant.verdict)}</div>
            <div class="panel__body stack"><DescriptionList details/>{form}</div>
        </section>
    }
    .into_any()
}
