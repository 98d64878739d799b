//! `/audit`: the page with the audit log.

use std::collections::BTreeSet;

use axum::{
    http::header,
    response::{IntoResponse as _, Redirect, Response},
};
use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    audit::{Action, AuditLine, AuditQuestion, action_words, csv, export, look},
    core::{
        Permission, Result, UserId,
        list::Slice,
        time::{Zone, parse_date, show_date, show_time},
    },
    server::{Ctx, Departments, Page, Query},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, Column, DataTable, DateField, Dialog, EmptyState, Form, Glyph, LinkButton, ListUrl,
        PageHeader, Paging, PasswordField, Row, SelectField, StatusBadge, TextField, Tone,
    },
};

/// The query parameters of the page.
#[derive(Clone, Debug, Deserialize)]
pub struct AuditQuery {
    #[serde(default)]
    user: String,
    #[serde(default)]
    patient: String,
    /// One day, as other pages link to it.
    #[serde(default)]
    day: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    action: String,
    /// Whether the auditor's own reading is shown.
    #[serde(default)]
    own: String,
    #[serde(default)]
    page: String,
}

impl AuditQuery {
    pub(super) fn url(&self) -> ListUrl {
        ListUrl::new("/audit")
            .with("user", self.user.clone())
            .with("patient", self.patient.clone())
            .with("day", self.day.clone())
            .with("from", self.from.clone())
            .with("to", self.to.clone())
            .with("action", self.action.clone())
            .with("own", self.own.clone())
    }

    pub(super) fn question(&self, reader: UserId) -> Result<AuditQuestion> {
        let day = |field: &str, text: &str| (!text.is_empty()).then(|| parse_date(field, text)).transpose();
        let one = day("day", &self.day)?;
        Ok(AuditQuestion {
            user: self.user.trim().to_owned(),
            patient: self.patient.trim().to_owned(),
            from: day("from", &self.from)?.or(one),
            to: day("to", &self.to)?.or(one),
            action: self.action.parse().ok(),
            without: self.own.is_empty().then_some(reader),
        })
    }
}

/// Sends the whole result as a file. Records a read of each patient in it, and the export itself. A user who has not
/// recently proved her identity is redirected to the list, where the button requires the proof.
pub async fn export_file(Query(filter): Query<AuditQuery>) -> Result<Response> {
    let mut ctx = Ctx::read(Permission::ReadAudit).await?;
    if !ctx.request().confirmed_lately() {
        return Ok(Redirect::to(&filter.url().href()).into_response());
    }
    let zone = ctx.zone();
    let reader = ctx.user();
    let lines = export(&mut ctx.tx, &filter.question(reader)?, zone).await?;
    ctx.saw_file("audit_export").await?;
    let patients: BTreeSet<_> = lines.iter().filter_map(|line| line.patient_id).collect();
    ctx.saw_all(patients, "audit_export").await?;
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, "attachment; filename=\"audit.csv\"")];
    Ok((headers, csv(&lines, zone, ctx.state().departments)?).into_response())
}

/// The log's page. Viewing a patient's lines is a read of that patient and is recorded in the log itself.
pub async fn audit_page(Query(filter): Query<AuditQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadAudit).await?;
    let (zone, reader) = (ctx.zone(), ctx.user());
    let found = look(&mut ctx.tx, &filter.question(reader)?, zone, filter.page.parse().ok()).await?;
    let patients: BTreeSet<_> = found.rows.iter().filter_map(|line| line.patient_id).collect();
    ctx.saw_all(patients, "audit").await?;
    let (zone_name, confirmed) = (ctx.clinic.zone_name.clone(), ctx.request().confirmed_lately());
    let departments = ctx.state().departments;
    Ok(Page::new(tr!(audit.title), move || log_view(filter, found, (zone, &zone_name), confirmed, departments)))
}

fn log_view(
    filter: AuditQuery,
    found: Slice<AuditLine>,
    (zone, zone_name): (Zone, &str),
    confirmed: bool,
    departments: Departments,
) -> impl IntoView + use<> {
    let url = filter.url();
    let AuditQuery { user, patient, day, from, to, action, own, .. } = filter;
    let one_day = |other: &str| if other.is_empty() { day.clone() } else { other.to_owned() };
    let (from, to) = (one_day(&from), one_day(&to));
    let paper = ListUrl { path: "/audit/report".to_owned(), ..url.clone() };
    let paper = (!patient.is_empty()).then(|| view! { <LinkButton href=paper.href() label=tr!(audit.report) glyph=Glyph::Print/> });
    let columns = vec![
        Column::new(tr!(audit.when)),
        Column::new(tr!(audit.who)),
        Column::new(tr!(audit.did)),
        Column::new(tr!(audit.what)),
        Column::new(tr!(ui.patient)),
        Column::new(tr!(audit.from)).secondary(),
        Column::new(tr!(audit.request)).secondary(),
    ];
    let paging = Paging::of(&found);
    let file = ListUrl { path: "/audit/export".to_owned(), ..url.clone() };
    let actions = match confirmed {
        true => view! { <LinkButton href=file.href() label=tr!(audit.export) glyph=Glyph::Download/> }.into_any(),
        false => view! {
            <Dialog id="export" opens=tr!(audit.export) title=tr!(audit.export) action="/api/accounts/confirm" glyph=Glyph::Download>
                <Form action="/api/accounts/confirm" hidden=vec![("next", file.href())]>
                    <PasswordField name="password" label=tr!(accounts.own_password) hint=tr!(accounts.own_password_hint)/>
                    <div class="form__actions"><Button label=tr!(audit.export) tone=ButtonTone::Primary/></div>
                </Form>
            </Dialog>
        }
        .into_any(),
    };
    let emergencies = view! { <LinkButton href="/audit/emergencies" label=tr!(audit.emergencies) glyph=Glyph::Shield/> };
    let actions = view! { {paper}{emergencies}{actions} }.into_any();
    let rows = found.rows.into_iter().map(|line| row(line, zone, &url, departments)).collect();
    let choices = Action::ALL.iter().map(|action| Choice::new(action.as_str(), action_words(*action))).collect::<Vec<_>>();
    let fields = view! {
        <TextField kind="search" name="user" label=tr!(audit.user) value=user maxlength=200/>
        <TextField kind="search" name="patient" label=tr!(audit.patient_mrn) value=patient maxlength=40/>
        <DateField name="from" label=tr!(audit.from_day) value=from/>
        <DateField name="to" label=tr!(audit.to_day) value=to/>
        <SelectField name="action" label=tr!(audit.did) choices value=action prompt=tr!(audit.everything)/>
        <CheckboxField name="own" label=tr!(audit.own_reading) checked=!own.is_empty() value="yes"/>
    }
    .into_any();
    let empty = view! { <EmptyState glyph=Glyph::Search title=tr!(audit.nothing) text=tr!(audit.nothing_hint)/> }.into_any();
    let detail = tr!(audit.detail, zone = zone_name.to_owned());
    view! {
        <PageHeader title=tr!(audit.title) detail actions=Some(actions)/>
        <DataTable caption=tr!(audit.title) columns rows url paging=Some(paging) empty=Some(empty) filter=Some(fields) stacked=true/>
    }
}

fn row(line: AuditLine, zone: Zone, url: &ListUrl, departments: Departments) -> Row {
    let changes = line.changes();
    let words = line.what_words(departments);
    let at = zone.local(line.at);
    let seconds = at.format(":%S").to_string();
    let name = line.patient_name();
    let who = line.user_name.unwrap_or_else(|| tr!(audit.somebody).to_owned());
    let login = line.login.unwrap_or_default();
    let patient = match line.mrn {
        Some(mrn) => {
            let href = url.clone().with("patient", mrn.clone()).with("page", "").href();
            view! { <a href=href>{name}</a>" "<span class="muted nowrap">{mrn}</span> }.into_any()
        }
        None => view! { <span class="muted">"–"</span> }.into_any(),
    };
    let badge = match line.action {
        Action::Refused => view! { <StatusBadge tone=Tone::Critical label=action_words(line.action)/> }.into_any(),
        Action::Create | Action::Update | Action::Sign => {
            view! { <StatusBadge tone=Tone::Progress label=action_words(line.action) glyph=Glyph::Edit/> }.into_any()
        }
        _ => view! { <StatusBadge tone=Tone::Inactive label=action_words(line.action) glyph=Glyph::Search/> }.into_any(),
    };
    // For a line about a patient, `why` is a reason; for master data it holds the changes.
    let reason = Some(line.why).filter(|why| !why.is_empty() && (line.patient_id.is_some() || changes.is_empty()));
    let reason = reason.map(|why| {
        view! {
            <br/><StatusBadge tone=Tone::Critical label=tr!(audit.emergency)/>" "
            <span class="muted">{tr!(audit.because, why = why)}</span>
        }
    });
    let changes = changes.into_iter().map(|change| view! { <br/><span class="muted">{change}</span> }).collect_view();
    let what = view! { {words}{changes}{reason} }.into_any();
    let who_href = url.clone().with("user", login.clone()).with("page", "").href();
    Row::new(vec![
        view! { <span class="nowrap">{show_date(at.date())}", "{show_time(at.time())}{seconds}</span> }.into_any(),
        view! { <a href=who_href>{who}</a>" "<span class="muted">{line.roles.replace(',', ", ")}</span> }.into_any(),
        badge,
        what,
        patient,
        line.address.into_any(),
        view! { <span class="muted">{line.request_id}</span> }.into_any(),
    ])
}
