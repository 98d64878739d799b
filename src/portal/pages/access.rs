//! `/portal/account/access`: the people who opened the patient's record, in plain words.

use chrono::NaiveDateTime;
use leptos::prelude::*;
use serde::Deserialize;

use super::not_linked;
use crate::{
    accounts::role_name,
    audit::{self, Action, AuditLine, action_words, what_words},
    core::{
        Permission, Result, Role,
        list::Slice,
        time::{Zone, show_long_date, show_time},
    },
    opd::{self, Visit},
    portal::acting::heading,
    server::{Ctx, Departments, Page, Query},
    tr,
    ui::{EmptyState, Glyph, Icon, ListUrl, PageHeader, PageLinks, Paging, StatusBadge, Tone},
};

/// The visits among which an access is looked for.
const VISITS: i64 = 200;

/// The query parameters: the page of the list.
#[derive(Debug, Deserialize)]
pub struct AccessQuery {
    #[serde(default)]
    page: String,
}

/// Consecutive views of the same data by one person on one day.
struct Looks {
    line: AuditLine,
    first: NaiveDateTime,
    last: NaiveDateTime,
    times: i64,
    /// The token of the visit during which it was; `None` outside of visits.
    token: Option<String>,
}

/// Shows the list.
pub async fn access_page(Query(which): Query<AccessQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let Ok(patient) = ctx.own_patient() else { return not_linked(&mut ctx).await };
    let own = ctx.user();
    let found = audit::looks_at(&mut ctx.tx, patient, own, which.page.parse().ok()).await?;
    let visits = opd::visits_of(&mut ctx.tx, patient, VISITS).await?;
    ctx.saw(patient, "access").await?;
    let (zone, clinic) = (ctx.zone(), ctx.clinic.name.clone());
    let heading = if ctx.who.acts_for().is_some() { heading(&ctx.who, tr!(portal.access_acting)) } else { tr!(portal.access).to_owned() };
    let departments = ctx.state().departments;
    Ok(Page::new(heading.clone(), move || access_view(heading, found, &visits, (zone, clinic), departments)))
}

fn access_view(
    heading: String,
    found: Slice<AuditLine>,
    visits: &[Visit],
    (zone, clinic): (Zone, String),
    departments: Departments,
) -> impl IntoView + use<> {
    let (paging, none) = (Paging::of(&found), found.rows.is_empty());
    let looks = gathered(found.rows, visits, zone);
    let same_group = |one: &Looks, next: &Looks| one.last.date() == next.last.date() && one.token == next.token;
    let days = looks.chunk_by(same_group).map(|looks| group(looks, departments)).collect_view();
    let back = ("/portal/account".to_owned(), tr!(nav.account).to_owned());
    view! {
        <PageHeader title=heading back detail=tr!(portal.access_detail, clinic = clinic)/>
        <div class="portal">
            {none.then(|| view! {
                <section class="panel"><EmptyState glyph=Glyph::Lock title=tr!(portal.access_none) text=tr!(portal.access_none_hint)/></section>
            })}
            {days}
            <PageLinks url=ListUrl::new("/portal/account/access") paging/>
            <p class="muted">{tr!(portal.access_ask)}</p>
        </div>
    }
}

/// Merges consecutive views of the same kind into one line, newest first.
fn gathered(lines: Vec<AuditLine>, visits: &[Visit], zone: Zone) -> Vec<Looks> {
    let mut looks: Vec<Looks> = Vec::new();
    for line in lines {
        let at = zone.local(line.at);
        let during = visits.iter().find(|visit| visit.arrived_at <= line.at && visit.ended_at.is_none_or(|end| line.at <= end));
        let token = during.filter(|visit| visit.day == at.date()).map(|visit| visit.token.clone());
        match looks.last_mut() {
            Some(last) if last.first.date() == at.date() && last.token == token && same(&last.line, &line) => {
                last.first = at;
                last.times += 1;
            }
            _ => looks.push(Looks { line, first: at, last: at, times: 1, token }),
        }
    }
    looks
}

fn same(one: &AuditLine, other: &AuditLine) -> bool {
    (&one.login, one.action, &one.what, &one.roles, &one.why) == (&other.login, other.action, &other.what, &other.roles, &other.why)
}

fn group(looks: &[Looks], departments: Departments) -> AnyView {
    let title = looks.first().map(|look| {
        let day = show_long_date(look.last.date());
        match &look.token {
            Some(token) => tr!(portal.access_visit, day = day, token = token.clone()),
            None => tr!(portal.access_outside, day = day),
        }
    });
    let rows = looks.iter().map(|look| row(look, departments)).collect_view();
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{title}</h2></div>
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}

fn row(look: &Looks, departments: Departments) -> AnyView {
    let Looks { line, first, last, times, .. } = look;
    let who = line.user_name.clone().unwrap_or_else(|| tr!(portal.somebody).to_owned());
    let roles: Vec<_> = line.roles.split(',').filter_map(|word| word.parse::<Role>().ok()).map(role_name).collect();
    let (from, to) = (show_time(first.time()), show_time(last.time()));
    let when = if from == to { from } else { format!("{from}–{to}") };
    let emergency = (!line.why.is_empty()).then(|| {
        let reason = tr!(portal.emergency_why, reason = line.why.clone());
        view! { <br/><StatusBadge tone=Tone::Warning label=tr!(portal.emergency)/>" "<span>{reason}</span> }
    });
    let times = (*times > 1).then(|| view! { <br/><span class="muted">{tr!(portal.times, times = *times)}</span> });
    view! {
        <li class="rows__row">
            <Icon glyph=if line.action == Action::Read { Glyph::User } else { Glyph::Edit }/>
            <div class="rows__main">
                <strong>{who}</strong>" "<span class="muted">{roles.join(", ")}</span>
                <br/>
                <span>{did(line, departments)}</span>
                {emergency}
            </div>
            <div class="rows__side">{when}{times}</div>
        </li>
    }
    .into_any()
}

fn did(line: &AuditLine, departments: Departments) -> String {
    let what = match line.what.as_str() {
        "banner" => tr!(portal.what_banner).to_owned(),
        "list" => tr!(portal.what_list).to_owned(),
        "search" => tr!(portal.what_search).to_owned(),
        "queue" => tr!(portal.what_queue).to_owned(),
        "schedule" => tr!(portal.what_schedule).to_owned(),
        "emergency" | "access_grant" if line.action == Action::Read => tr!(portal.what_audit).to_owned(),
        "audit" | "audit_export" => tr!(portal.what_audit).to_owned(),
        other => what_words(departments, other),
    };
    match line.action {
        Action::Read => tr!(portal.looked_at, what = what),
        Action::Create => tr!(portal.entered, what = what),
        Action::Update => tr!(portal.changed, what = what),
        Action::Sign => tr!(portal.signed, what = what),
        Action::Print => tr!(portal.printed, what = what),
        other => format!("{}: {what}", action_words(other)),
    }
}
