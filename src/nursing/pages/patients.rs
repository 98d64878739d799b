//! `/nursing`: the patients of a ward with what is due, the worst first; `/nursing/overdue`: whose set is late at the clinic. They are made
//! for a phone.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{due_badge, pews_badge, score_badge, toast};
use crate::{
    core::{
        Permission, Result, UserId, WardId,
        time::{Instant, Zone, show_minutes, show_moment, show_time},
    },
    nursing::{
        tasks::task_words,
        ward_list::{self, Patient, WardList},
    },
    server::{Ctx, Page, Part, Query},
    tr,
    ui::{EmptyState, Glyph, KeyHint, LinkButton, Live, PageHeader, PostButton, Stat, StatStrip, StatusBadge, Tab, Tabs, Tone},
    wards,
};

/// `?ward=ID&show=all`: the ward, and all of its patients instead of one's own.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct NursingQuery {
    ward: String,
    show: String,
    done: String,
}

struct Shown {
    wards: Vec<wards::Ward>,
    list: Option<WardList>,
    /// Whether all patients are shown, because that was asked or none is the reader's own.
    all: bool,
    user: UserId,
    now: Instant,
}

impl Shown {
    async fn read(query: &NursingQuery) -> Result<Self> {
        let mut ctx = Ctx::read(Permission::RecordCare).await?;
        let clinic = ctx.clinic.id;
        let wards = wards::wards_of(&mut ctx.tx, clinic).await?;
        let asked = query.ward.parse::<WardId>().ok().or_else(|| wards.first().map(|ward| ward.id));
        let list = match asked {
            Some(ward) => Some(ward_list::read(&mut ctx, ward).await?),
            None => None,
        };
        let user = ctx.user();
        let has_own = list.as_ref().is_some_and(|list| list.patients.iter().any(|one| one.nurse_id == Some(user)));
        Ok(Self { wards, list, all: query.show == "all" || !has_own, user, now: ctx.now })
    }
}

/// Shows the patients.
///
/// # Errors
/// Not allowed, another clinic's ward, or when the database refuses.
pub async fn nursing_page(Query(query): Query<NursingQuery>) -> Result<Page> {
    let shown = Shown::read(&query).await?;
    let page = Page::new(tr!(nursing.title), move || {
        let ward = shown.list.as_ref().map(|list| list.ward.id);
        let detail = shown.list.as_ref().map(|list| list.shift_name.clone()).unwrap_or_default();
        let actions = ward.map(|ward| {
            view! {
                <LinkButton href=format!("/nursing/handover?ward={ward}") label=tr!(nursing.handover) glyph=Glyph::Transfer key="h"/>
                <LinkButton href="/nursing/overdue" label=tr!(nursing.overdue) glyph=Glyph::Clock/>
            }
            .into_any()
        });
        let tabs = shown
            .wards
            .iter()
            .map(|one| Tab::new(format!("/nursing?ward={}&show={}", one.id, query.show), one.name.clone(), Some(one.id) == ward))
            .collect();
        let from = ward.map(|ward| format!("/nursing/live?ward={ward}&show={}", if query.show == "all" { "all" } else { "" }));
        view! {
            {toast(&query.done)}
            <PageHeader title=tr!(nursing.title) detail actions/>
            <Tabs label=tr!(nursing.wards) tabs/>
            {match from {
                Some(from) => view! { <Live topics="nursing medicines wards" from each_minute=true>{patients_view(shown)}</Live> }.into_any(),
                None => view! { <EmptyState glyph=Glyph::Bed title=tr!(nursing.no_wards) text=tr!(nursing.no_wards_text)/> }.into_any(),
            }}
        }
    });
    Ok(page.keys(vec![KeyHint::new("h", tr!(nursing.handover))]))
}

/// Renders the patients again for an update.
///
/// # Errors
/// As the page.
pub async fn nursing_part(Query(query): Query<NursingQuery>) -> Result<Part> {
    let shown = Shown::read(&query).await?;
    Ok(Part::new(move || patients_view(shown)))
}

fn patients_view(shown: Shown) -> AnyView {
    let Shown { list, all, user, now, .. } = shown;
    let Some(list) = list else { return ().into_any() };
    if list.patients.is_empty() {
        return view! { <EmptyState glyph=Glyph::Bed title=tr!(nursing.nobody) text=tr!(nursing.nobody_text)/> }.into_any();
    }
    let own = list.patients.iter().filter(|one| one.nurse_id == Some(user)).count();
    let late = list.patients.iter().filter(|one| one.next().late_at < now).count();
    let escalated = list.patients.iter().filter(|one| one.escalation.is_some()).count();
    let stats = vec![
        Stat::new(tr!(nursing.mine), own).href(format!("/nursing?ward={}", list.ward.id)),
        Stat::new(tr!(nursing.all_patients), list.patients.len()).href(format!("/nursing?ward={}&show=all", list.ward.id)),
        Stat::new(tr!(nursing.late), late).tone(if late > 0 { Tone::Critical } else { Tone::Done }),
        Stat::new(tr!(nursing.escalations), escalated)
            .tone(if escalated > 0 { Tone::Critical } else { Tone::Done })
            .href("/nursing/escalations"),
    ];
    let rows = list.patients.iter().filter(|one| all || one.nurse_id == Some(user)).map(|one| row(one, &list, (user, now))).collect_view();
    view! { <StatStrip stats/><ul class="rows panel">{rows}</ul> }.into_any()
}

/// The name of a patient; hidden where the patient wants it.
pub(super) fn shown_name(one: &Patient) -> String {
    if one.private { tr!(nursing.private_name).to_owned() } else { one.name.listed() }
}

fn row(one: &Patient, list: &WardList, (user, now): (UserId, Instant)) -> AnyView {
    let zone = list.zone;
    let (next, plan) = (one.next(), one.plan());
    let score = one.news2().map(|(score, at)| {
        let at = show_moment(zone.local(at), zone.day(now));
        view! { {score_badge(score)}" "<span class="muted small">{at}</span> }
    });
    let pews = one.pews().map(|score| pews_badge(score, one.months(now, zone)));
    let unscored = one.unscored.map(|why| view! { <StatusBadge tone=Tone::Inactive label=why.words()/> });
    let escalation = one.escalation.map(|state| {
        let label = match one.answer_by {
            Some(by) if one.is_unanswered(now) => tr!(nursing.unanswered, minutes = show_minutes((now - by).num_minutes())),
            _ => state.words().to_owned(),
        };
        view! { <StatusBadge tone=state.tone() label/> }
    });
    let clock = |at: Instant| show_time(zone.local(at).time());
    let questions = list.questions_of(one.admission_id).map(|question| format!("{} {}", clock(question.at), question.words));
    let tasks = list.tasks_of(one.admission_id).map(|task| format!("{} {}", clock(task.due_at), task_words(task.kind, &task.detail)));
    let tasks: Vec<String> = questions.chain(tasks).take(3).collect();
    let tasks = (!tasks.is_empty()).then(|| view! { <br/><span class="small">{tasks.join(" · ")}</span> });
    let is_mine = one.nurse_id == Some(user);
    let mut hidden = vec![("admission_id", one.admission_id.to_string())];
    if is_mine {
        hidden.push(("give_back", "true".to_owned()));
    }
    let label = if is_mine { tr!(nursing.give_back) } else { tr!(nursing.take) };
    let nurse = one.nurse.clone().filter(|_| !is_mine).map(|nurse| view! { " · "<span class="muted small">{nurse}</span> });
    let name = shown_name(one);
    view! {
        <li class="rows__row" data-key=one.admission_id.to_string()>
            <div class="rows__main">
                <strong>{format!("{} · {}", one.room, one.bed)}</strong>" "
                <a href=format!("/admissions/{}/nursing", one.admission_id)>{name.clone()}</a>
                <br/><span class="muted small">{ward_list::age(one, zone.day(now))}</span>{nurse}
                <br/><span class="cluster">{due_badge(next, &plan, (now, zone))}{escalation}{score}{pews}{unscored}</span>
                {tasks}
            </div>
            <PostButton action="/api/nursing/mine" label hidden about=name/>
        </li>
    }
    .into_any()
}

async fn read_overdue() -> Result<(Vec<Patient>, Instant, Zone)> {
    let mut ctx = Ctx::read(Permission::RecordCare).await?;
    let late = ward_list::overdue(&mut ctx).await?;
    Ok((late, ctx.now, ctx.zone()))
}

/// Shows the patients whose set is late.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn overdue_page() -> Result<Page> {
    let (late, now, zone) = read_overdue().await?;
    Ok(Page::new(tr!(nursing.overdue), move || {
        let back = ("/nursing".to_owned(), tr!(nursing.title).to_owned());
        view! {
            <PageHeader title=tr!(nursing.overdue) detail=tr!(nursing.overdue_text) back/>
            <Live topics="nursing" from="/nursing/overdue/live" each_minute=true>{overdue_view(&late, now, zone)}</Live>
        }
    }))
}

/// Renders the list again for an update.
///
/// # Errors
/// As the page.
pub async fn overdue_part() -> Result<Part> {
    let (late, now, zone) = read_overdue().await?;
    Ok(Part::new(move || overdue_view(&late, now, zone)))
}

fn overdue_view(late: &[Patient], now: Instant, zone: Zone) -> AnyView {
    if late.is_empty() {
        return view! { <EmptyState glyph=Glyph::Done title=tr!(nursing.nothing_late) text=tr!(nursing.nothing_late_text)/> }.into_any();
    }
    let rows = late
        .iter()
        .map(|one| {
            let score = one.news2().map(|(score, _)| score_badge(score));
            let pews = one.pews().map(|score| pews_badge(score, one.months(now, zone)));
            view! {
                <li class="rows__row" data-key=one.admission_id.to_string()>
                    <div class="rows__main">
                        <strong>{format!("{} · {} · {}", one.ward, one.room, one.bed)}</strong>" "
                        <a href=format!("/admissions/{}/nursing", one.admission_id)>{shown_name(one)}</a>
                        <br/><span class="cluster">{due_badge(one.next(), &one.plan(), (now, zone))}{score}{pews}</span>
                    </div>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="rows panel">{rows}</ul> }.into_any()
}
