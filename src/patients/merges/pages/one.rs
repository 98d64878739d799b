//! `/merges/{id}`: both records side by side, what moves and what stays, and the decision; afterwards the way back.

use leptos::prelude::*;
use serde::Deserialize;

use super::super::{
    FactGroup, MergeState,
    obstacles::{Obstacle, obstacles},
    store::{self, Merge},
    tables::Joining,
};
use super::list::state_badge;
use crate::{
    accounts::confirm_field,
    core::{
        MergeId, Permission, Result,
        time::{Zone, show_date_time},
    },
    patients::{self, Patient},
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, Column, DataTable, DescriptionList, Detail, Form, LinkButton, NoticeBox, PageHeader,
        RadioField, Row, TextField, Toast, Tone,
    },
};

const DECIDE: &str = "/api/patients/decide_merge";
const ASK_UNDO: &str = "/api/patients/ask_to_undo_merge";
const UNDO: &str = "/api/patients/undo_merge";

/// `?done=`.
#[derive(Debug, Default, Deserialize)]
pub struct MergeQuery {
    #[serde(default)]
    done: String,
}

/// The data of the page.
struct Shown {
    merge: Merge,
    survivor: Patient,
    merged: Patient,
    obstacles: Vec<Obstacle>,
    both_accounts: bool,
    /// Rows of the merged record by table: those that move, and those that stay.
    moves: i64,
    stays: i64,
    moved: i64,
    own: bool,
    /// Whether the reader asked to separate the records.
    asked_by_reader: bool,
    zone: Zone,
}

/// Shows a merge.
///
/// # Errors
/// When the user lacks the permission, one of the patients is not in care, or when the database refuses.
pub async fn merge_page(Path(id): Path<MergeId>, Query(query): Query<MergeQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::KeepRecords).await?;
    let merge = store::merge(&mut ctx.tx, id).await?.ok_or(crate::core::Error::NotFound)?;
    ctx.reach([merge.survivor_id, merge.merged_id]).await?;
    let survivor = patients::find(&mut ctx.tx, merge.survivor_id).await?;
    let merged = patients::find(&mut ctx.tx, merge.merged_id).await?;
    for patient in [merge.survivor_id, merge.merged_id] {
        ctx.saw(patient, "merge").await?;
    }
    let waits = merge.state == MergeState::Proposed;
    let obstacles = if waits { obstacles(&mut ctx.tx, merge.survivor_id, merge.merged_id).await? } else { Vec::new() };
    let both_accounts = waits && store::both_have_accounts(&mut ctx.tx, merge.survivor_id, merge.merged_id).await?;
    let counts = store::counts(&mut ctx.tx, merge.merged_id).await?;
    let sum = |moves: bool| counts.iter().filter(|(joined, _)| matches!(joined.joining, Joining::Moves(_)) == moves).map(|(_, n)| n).sum();
    let moved = store::moved_rows(&mut ctx.tx, id).await?.into_iter().map(|(_, rows)| rows).sum();
    let (own, zone) = (merge.proposed_by == ctx.user(), ctx.zone());
    let asked_by_reader = merge.undo_asked_by == Some(ctx.user());
    let shown =
        Shown { survivor, merged, obstacles, both_accounts, moves: sum(true), stays: sum(false), moved, own, asked_by_reader, zone, merge };
    Ok(Page::new(tr!(merges.one), move || view(shown, &query.done)))
}

fn done_words(done: &str) -> Option<&'static str> {
    match done {
        "proposed" => Some(tr!(merges.done_proposed)),
        "merged" => Some(tr!(merges.done_merged)),
        "rejected" => Some(tr!(merges.done_rejected)),
        "asked" => Some(tr!(merges.done_asked)),
        "kept" => Some(tr!(merges.done_kept)),
        "undone" => Some(tr!(merges.done_undone)),
        _ => None,
    }
}

fn view(shown: Shown, done: &str) -> AnyView {
    let facts = about(&shown);
    let body = match shown.merge.state {
        MergeState::Proposed => decide(&shown),
        MergeState::Merged => view! { {side_by_side(&shown)}{undo(&shown)} }.into_any(),
        MergeState::Rejected | MergeState::Undone => side_by_side(&shown),
    };
    view! {
        {done_words(done).map(|text| view! { <Toast text/> })}
        <PageHeader title=tr!(merges.one) back=("/merges".to_owned(), tr!(merges.title).to_owned())/>
        <div class="stack stack--loose">{facts}{body}</div>
    }
    .into_any()
}

/// Shows who proposed and decided, with the reasons, and the number of rows.
fn about(shown: &Shown) -> AnyView {
    let Shown { merge, survivor, merged, zone, .. } = shown;
    let record = |patient: &Patient| {
        let label = format!("{} · {}", patient.facts.name.listed(), patient.mrn);
        view! { <a href=format!("/patients/{}", patient.id)>{label}</a> }
    };
    let at = |name: &str, when| format!("{name}, {}", show_date_time(zone.local(when)));
    let mut details = vec![
        Detail::view(tr!(merges.state), state_badge(merge.state)),
        Detail::view(tr!(merges.survivor), record(survivor)),
        Detail::view(tr!(merges.merged_record), record(merged)),
        Detail::new(tr!(merges.reason), merge.reason.words()),
        Detail::new(tr!(merges.proposed_by), at(&merge.proposer, merge.proposed_at)),
    ];
    if let (Some(name), Some(when)) = (&merge.decider, merge.decided_at) {
        details.push(Detail::new(tr!(merges.decided_by), at(name, when)));
    }
    if let (Some(name), Some(when)) = (&merge.undo_asker, merge.undo_asked_at) {
        details.push(Detail::new(tr!(merges.undo_asked_by), at(name, when)));
    }
    if let (Some(name), Some(when)) = (&merge.undoer, merge.undone_at) {
        details.push(Detail::new(tr!(merges.undone_by), at(name, when)));
    }
    let labels = [tr!(merges.words), tr!(merges.decision_words), tr!(merges.undo_words)];
    let words = labels.into_iter().zip(&merge.words).filter(|(_, words)| !words.is_empty());
    details.extend(words.map(|(label, words)| Detail::new(label, words.clone())));
    let rows = match merge.state {
        MergeState::Proposed => tr!(merges.will_move, moves = shown.moves, stays = shown.stays),
        MergeState::Merged => tr!(merges.has_moved, moved = shown.moved, stays = shown.stays),
        MergeState::Rejected => String::new(),
        MergeState::Undone => tr!(merges.went_back, moved = shown.moved),
    };
    if !rows.is_empty() {
        details.push(Detail::new(tr!(merges.rows), rows));
    }
    view! { <section class="panel"><div class="panel__body"><DescriptionList details/></div></section> }.into_any()
}

/// Shows the facts of both records.
fn side_by_side(shown: &Shown) -> AnyView {
    let none = || view! { <span class="muted">{tr!(ui.not_recorded)}</span> }.into_any();
    let cell = |text: String| if text.is_empty() { none() } else { text.into_any() };
    let rows = FactGroup::ALL
        .iter()
        .map(|group| {
            Row::new(vec![group.words().into_any(), cell(group.shown(&shown.survivor.facts)), cell(group.shown(&shown.merged.facts))])
        })
        .collect::<Vec<_>>();
    let columns = vec![
        Column::new(tr!(patients.field)),
        Column::new(format!("{} {}", tr!(merges.survivor), shown.survivor.mrn)),
        Column::new(format!("{} {}", tr!(merges.merged_record), shown.merged.mrn)),
    ];
    view! { <DataTable caption=tr!(merges.side_by_side) columns rows stacked=true/> }.into_any()
}

fn decide(shown: &Shown) -> AnyView {
    let obstacles = (!shown.obstacles.is_empty()).then(|| {
        let items = shown.obstacles.iter().map(|obstacle| view! { <li>{obstacle.words()}</li> }).collect_view();
        view! { <NoticeBox tone=Tone::Critical title=tr!(merges.not_now)><ul>{items}</ul></NoticeBox> }
    });
    if shown.own {
        return view! {
            {obstacles}
            <NoticeBox tone=Tone::Waiting title=tr!(merges.second_person)><p>{tr!(merges.not_ones_own)}</p></NoticeBox>
            {side_by_side(shown)}
        }
        .into_any();
    }
    let (ours, theirs) = (shown.survivor.facts.clone(), shown.merged.facts.clone());
    let differing: Vec<FactGroup> = FactGroup::ALL.iter().copied().filter(|group| !group.agrees(&ours, &theirs)).collect();
    let possible = shown.obstacles.is_empty();
    let both_accounts = shown.both_accounts;
    let (id, our_mrn, their_mrn) = (shown.merge.id.to_string(), shown.survivor.mrn.clone(), shown.merged.mrn.clone());
    let reject_hidden = vec![("merge_id", id.clone()), ("verdict", "reject".to_owned())];
    let hidden = vec![("merge_id", id), ("verdict", "merge".to_owned())];
    let merge = possible.then(move || {
        view! {
            <section class="panel">
                <div class="panel__head"><h2>{tr!(merges.merge_now)}</h2></div>
                <div class="panel__body">
                    <Form action=DECIDE id="merge-form" hidden>
                        {differing.into_iter().map(|group| choice(group, &ours, &theirs, (&our_mrn, &their_mrn))).collect_view()}
                        {both_accounts.then(|| view! {
                            <CheckboxField name="one_account" label=tr!(merges.one_account, mrn = their_mrn.clone()) hint=tr!(merges.one_account_hint)/>
                        })}
                        <p class="muted">{tr!(merges.stays_text)}</p>
                        <TextField name="words" label=tr!(merges.decision_words) maxlength=500 optional=true autocomplete="off"/>
                        {confirm_field()}
                        <div class="form__actions"><Button label=tr!(merges.merge_now) tone=ButtonTone::Primary/></div>
                    </Form>
                </div>
            </section>
        }
    });
    view! {
        {obstacles}
        {side_by_side(shown)}
        {merge}
        <section class="panel">
            <div class="panel__head"><h2>{tr!(merges.reject)}</h2></div>
            <div class="panel__body">
                <Form action=DECIDE id="reject-form" hidden=reject_hidden>
                    <TextField name="words" label=tr!(merges.say_why) required=true maxlength=500 autocomplete="off"/>
                    <div class="form__actions"><Button label=tr!(merges.reject) tone=ButtonTone::Danger/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}

/// Shows the question from which record the facts of a group are taken.
fn choice(group: FactGroup, ours: &patients::Facts, theirs: &patients::Facts, (our_mrn, their_mrn): (&str, &str)) -> AnyView {
    let words = |text: String, mrn: &str| {
        let text = if text.is_empty() { tr!(ui.not_recorded).to_owned() } else { text };
        format!("{text} ({mrn})")
    };
    let choices =
        vec![Choice::new("survivor", words(group.shown(ours), our_mrn)), Choice::new("merged", words(group.shown(theirs), their_mrn))];
    // A fact that only one record has is proposed; between two facts the user decides.
    let value = match (group.shown(ours).is_empty(), group.shown(theirs).is_empty()) {
        (true, _) => "merged",
        (false, true) => "survivor",
        (false, false) => "",
    };
    view! { <RadioField name=group.as_str() label=group.words() choices value/> }.into_any()
}

/// Shows the way back: the request, or the request of another user and its decision.
fn undo(shown: &Shown) -> AnyView {
    let id = || ("merge_id", shown.merge.id.to_string());
    let verdict = |word: &str| vec![id(), ("verdict", word.to_owned())];
    let chart = format!("/patients/{}", shown.merge.survivor_id);
    let body = if shown.merge.undo_asked_by.is_none() {
        view! {
            <Form action=ASK_UNDO id="ask-undo-form" hidden=vec![id()]>
                <p>{tr!(merges.undo_text)}</p>
                <TextField name="words" label=tr!(merges.undo_words) required=true maxlength=500 autocomplete="off"/>
                <div class="form__actions">
                    <Button label=tr!(merges.undo_ask) tone=ButtonTone::Danger/>
                    <LinkButton href=chart label=tr!(patients.record)/>
                </div>
            </Form>
        }
        .into_any()
    } else {
        let separate = if shown.asked_by_reader {
            view! { <NoticeBox tone=Tone::Waiting title=tr!(merges.second_person)><p>{tr!(merges.undo_not_alone)}</p></NoticeBox> }
                .into_any()
        } else {
            view! {
                <Form action=UNDO id="undo-form" hidden=verdict("undo")>
                    <p>{tr!(merges.undo_text)}</p>
                    {confirm_field()}
                    <div class="form__actions"><Button label=tr!(merges.undo) tone=ButtonTone::Danger/></div>
                </Form>
            }
            .into_any()
        };
        view! {
            {separate}
            <Form action=UNDO id="keep-form" hidden=verdict("keep")>
                <div class="form__actions">
                    <Button label=tr!(merges.undo_keep)/>
                    <LinkButton href=chart label=tr!(patients.record)/>
                </div>
            </Form>
        }
        .into_any()
    };
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(merges.undo)}</h2></div>
            <div class="panel__body">{body}</div>
        </section>
    }
    .into_any()
}
