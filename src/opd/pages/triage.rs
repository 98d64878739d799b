//! `/triage`: the nurse's list, and the patients who have moved on to the doctor.

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    DoneQuery,
    done::{said, toast},
    point_line,
};
use crate::{
    core::{Permission, Result, ServiceId},
    opd::{self, PanelState, QueueFilter, QueuePanel, Step},
    organisation,
    server::{Ctx, Page, Query},
    tr,
    ui::{KeyHint, PageHeader, Stat, StatStrip, Tab, Tabs, Tone},
};

/// The query: the service, and the action just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TriageQuery {
    service: String,
    done: String,
    entry: String,
}

/// Serves the page.
pub async fn triage_page(Query(query): Query<TriageQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::RecordVitals).await?;
    let services = organisation::services(&mut ctx.tx, ctx.clinic.id).await?;
    let service: Option<ServiceId> = query.service.parse().ok().filter(|id| services.iter().any(|service| service.id == *id));
    let here = service.map_or_else(|| "/triage".to_owned(), |id| format!("/triage?service={id}"));
    let triage = opd::panel(&mut ctx, &QueueFilter { service, step: Some(Step::Triage), doctor: None }).await?;
    let doctor = opd::panel(&mut ctx, &QueueFilter { service, step: Some(Step::Doctor), doctor: None }).await?;
    let (clinic, today) = (ctx.clinic.id, ctx.today());
    let counts = opd::visit_counts(&mut ctx.tx, clinic, today).await?;
    let said = said(&mut ctx, &DoneQuery { done: query.done, entry: query.entry }, &here).await?;
    let point = triage.point.clone();
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let (at_triage, at_doctor) = (number(triage.waiting.len()), number(doctor.waiting.len()));
    let panels = move |state: PanelState, step: Step, link: &str, words: &str, here: &str, watch: bool| {
        view! {
            <QueuePanel
                initial=state
                step=step.as_str().to_owned()
                service=service.map(|id| id.to_string()).unwrap_or_default()
                doctor=String::new()
                link=link.to_owned()
                link_words=words.to_owned()
                back=here.to_owned()
                watch=watch
                focus=!watch
            />
        }
    };
    Ok(Page::new(tr!(opd.triage), move || {
        let mut tabs = vec![Tab::new("/triage", tr!(opd.all_services), service.is_none())];
        tabs.extend(services.iter().map(|one| Tab::new(format!("/triage?service={}", one.id), one.name.clone(), service == Some(one.id))));
        let stats = vec![
            Stat::new(tr!(opd.stat_arrived), counts.arrived),
            Stat::new(tr!(opd.stat_triage), at_triage).tone(Tone::Waiting),
            Stat::new(tr!(opd.stat_doctor), at_doctor).tone(Tone::Waiting),
            Stat::new(tr!(opd.stat_done), counts.done),
            Stat::new(tr!(opd.stat_left), counts.left),
        ];
        view! {
            <PageHeader title=tr!(opd.triage) actions=Some(point_line(&point, &here))/>
            <div class="stack">
                <StatStrip stats=stats/>
                {(services.len() > 1).then(|| view! { <Tabs label=tr!(opd.services) tabs=tabs/> })}
            <div class="columns-2">
                <section class="panel">
                    <div class="panel__head"><h2>{tr!(opd.waiting_for_triage)}</h2></div>
                    {panels(triage, Step::Triage, "/visits/{visit}/vitals", tr!(opd.take_vitals), &here, false)}
                </section>
                <section class="panel">
                    <div class="panel__head"><h2>{tr!(opd.waiting_for_doctor)}</h2></div>
                    {panels(doctor, Step::Doctor, "/visits/{visit}/vitals", tr!(opd.vitals), &here, true)}
                </section>
            </div>
            </div>
            {toast(said)}
        }
    })
    .class("main--window")
    .keys(vec![KeyHint::new("n", tr!(opd.key_next)), KeyHint::new("r", tr!(opd.key_again)), KeyHint::new("s", tr!(opd.key_skip))]))
}
