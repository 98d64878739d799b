//! `/nursing/handover?ward=ID`: the handover of a ward: a line for each patient with the facts of the record, offered and taken over.

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    parts::{due_badge, pews_badge, score_badge, toast, when},
    patients::shown_name,
};
use crate::{
    core::{Permission, Result, UserId, WardId, time::show_date},
    nursing::{
        handovers::{self, Current, HandoverNote},
        vocabulary::HandoverState,
        ward_list::{self, Patient, WardList},
    },
    server::{Ctx, Page, Query},
    tr,
    ui::{ButtonTone, EmptyState, Glyph, KeyHint, LinkButton, NoticeBox, PageHeader, PostButton, StatusBadge, Tab, Tabs, Tone},
    wards,
};

/// `?ward=ID`: the ward.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct HandoverQuery {
    ward: String,
    done: String,
}

struct Shown {
    wards: Vec<wards::Ward>,
    list: Option<(WardList, Current)>,
    user: UserId,
    now: crate::core::time::Instant,
}

/// Shows the handover.
///
/// # Errors
/// Not allowed, another clinic's ward, or when the database refuses.
pub async fn handover_page(Query(HandoverQuery { ward, done }): Query<HandoverQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::RecordCare).await?;
    let clinic = ctx.clinic.id;
    let wards = wards::wards_of(&mut ctx.tx, clinic).await?;
    let asked = ward.parse::<WardId>().ok().or_else(|| wards.first().map(|ward| ward.id));
    let list = match asked {
        None => None,
        Some(ward) => {
            let mut list = ward_list::read(&mut ctx, ward).await?;
            // In the order of the beds, as the nurses walk.
            list.patients.sort_by(|one, other| (&one.room, &one.bed).cmp(&(&other.room, &other.bed)));
            let ids: Vec<_> = list.patients.iter().map(|one| one.admission_id).collect();
            let current = handovers::current(&mut ctx, ward, list.zone, &ids).await?;
            Some((list, current))
        }
    };
    let shown = Shown { wards, list, user: ctx.user(), now: ctx.now };
    let page = Page::new(tr!(nursing.handover), move || content(shown, &done));
    Ok(page.keys(vec![KeyHint::new("p", tr!(nursing.print_handover))]))
}

fn content(shown: Shown, done: &str) -> AnyView {
    let Some((list, current)) = shown.list else {
        return view! {
            <PageHeader title=tr!(nursing.handover)/>
            <EmptyState glyph=Glyph::Bed title=tr!(nursing.no_wards) text=tr!(nursing.no_wards_text)/>
        }
        .into_any();
    };
    let ward = list.ward.id;
    let tabs =
        shown.wards.iter().map(|one| Tab::new(format!("/nursing/handover?ward={}", one.id), one.name.clone(), one.id == ward)).collect();
    let back = (format!("/nursing?ward={ward}"), tr!(nursing.title).to_owned());
    let detail = format!("{}, {}", current.shift_name, show_date(current.shift.0));
    let actions = current.handover.as_ref().map(|handover| {
        view! { <LinkButton href=format!("/handovers/{}", handover.id) label=tr!(nursing.print_handover) glyph=Glyph::Print key="p"/> }
            .into_any()
    });
    let state = state(&current, ward, shown.user, list.zone);
    let written = current.notes.len();
    let without = list.patients.len().saturating_sub(written);
    let missing = (without > 0).then(|| {
        view! { <NoticeBox tone=Tone::Waiting><p>{tr!(nursing.lines_missing, count = without)}</p></NoticeBox> }
    });
    let lines = list.patients.iter().map(|one| line(one, &current, &list, shown.now)).collect_view();
    view! {
        {toast(done)}
        <PageHeader title=tr!(nursing.handover) detail back actions/>
        <Tabs label=tr!(nursing.wards) tabs/>
        <div class="stack">{state}{missing}<ul class="rows panel">{lines}</ul></div>
    }
    .into_any()
}

fn state(current: &Current, ward: WardId, user: UserId, zone: crate::core::time::Zone) -> AnyView {
    let Some(handover) = &current.handover else { return offer(ward) };
    let badge = view! { <StatusBadge tone=handover.state.tone() label=handover.state.words()/> };
    let offered =
        handover.offered_at.map(|at| tr!(nursing.offered_by, name = handover.offerer.clone().unwrap_or_default(), at = when(at, zone)));
    let taken = handover.taken_at.map(|at| tr!(nursing.taken_by, name = handover.taker.clone().unwrap_or_default(), at = when(at, zone)));
    let hidden = vec![("handover_id", handover.id.to_string())];
    let acts = match handover.state {
        HandoverState::Preparing => offer(ward),
        HandoverState::Taken => ().into_any(),
        HandoverState::Offered if handover.offered_by == Some(user) => {
            view! { <PostButton action="/api/nursing/take_back" label=tr!(nursing.take_back) hidden/> }.into_any()
        }
        HandoverState::Offered => view! {
            <PostButton action="/api/nursing/take_over" label=tr!(nursing.take_over) hidden=hidden.clone() tone=ButtonTone::Primary/>
            <PostButton action="/api/nursing/take_back" label=tr!(nursing.take_back) hidden tone=ButtonTone::Quiet/>
        }
        .into_any(),
    };
    view! { <div class="cluster">{badge}<span>{offered}</span><span>{taken}</span>{acts}</div> }.into_any()
}

fn offer(ward: WardId) -> AnyView {
    let hidden = vec![("ward_id", ward.to_string())];
    view! { <PostButton action="/api/nursing/offer" label=tr!(nursing.offer) hidden tone=ButtonTone::Primary/> }.into_any()
}

/// The names of the parts of a line, in order.
pub(super) fn part_names() -> [&'static str; 4] {
    [tr!(nursing.situation), tr!(nursing.background), tr!(nursing.assessment), tr!(nursing.recommendation)]
}

/// The parts of a line that are not empty.
pub(super) fn parts_view(note: &HandoverNote) -> AnyView {
    part_names()
        .into_iter()
        .zip(&note.parts)
        .filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| view! { <p class="small"><strong>{name}":"</strong>" "{text.clone()}</p> })
        .collect_view()
        .into_any()
}

fn line(one: &Patient, current: &Current, list: &WardList, now: crate::core::time::Instant) -> AnyView {
    let id = one.admission_id;
    let score = one.news2().map(|(score, _)| score_badge(score));
    let pews = one.pews().map(|score| pews_badge(score, one.months(now, list.zone)));
    let tasks = list.tasks_of(id).count() + list.questions_of(id).count();
    let tasks = (tasks > 0).then(|| view! { <StatusBadge tone=Tone::Waiting label=tr!(nursing.tasks_due, count = tasks)/> });
    let note = current.notes.get(&id);
    let (words, label) = match (note, current.carried.get(&id)) {
        (Some(note), _) => (parts_view(note), tr!(nursing.edit_line)),
        (None, Some(carried)) => {
            let from = tr!(nursing.carried_from, at = when(carried.written_at, list.zone));
            (view! { <p class="muted small">{from}</p>{parts_view(carried)} }.into_any(), tr!(nursing.write_line))
        }
        (None, None) => (().into_any(), tr!(nursing.write_line)),
    };
    let may_write = current.handover.as_ref().is_none_or(|handover| handover.state != HandoverState::Taken);
    let name = shown_name(one);
    let link = may_write.then(|| view! { <LinkButton href=format!("/admissions/{id}/handover") label about=Some(name.clone())/> });
    view! {
        <li class="rows__row" data-key=id.to_string()>
            <div class="rows__main">
                <strong>{format!("{} · {}", one.room, one.bed)}</strong>" "<a href=format!("/admissions/{id}/nursing")>{name}</a>
                <br/><span class="muted small">{format!("{} · {}", ward_list::age(one, list.zone.day(now)), one.reason)}</span>
                <br/><span class="cluster">{score}{pews}{due_badge(one.next(), &one.plan(), (now, list.zone))}{tasks}</span>
                {words}
            </div>
            {link}
        </li>
    }
    .into_any()
}
