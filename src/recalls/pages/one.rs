//! `/recalls/{id}`: a recall with its steps, what is left of the batches, and the patients who are told. It prints as it is.

use leptos::prelude::*;
use serde::Deserialize;

use super::item_name;
use crate::{
    core::{
        Permission, RecallId, Result, StockBatchId,
        list::{PAGE_SIZE, Slice, offset},
        time::{Zone, show_date, show_date_time},
    },
    inventory::MovementKind,
    patients,
    recalls::{
        RecallPatientState, RecallState, acts,
        store::{self, Recall, RecallBatch, RecallPatient, Remaining},
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        ButtonTone, Column, DataTable, DescriptionList, Detail, EmptyState, Glyph, LinkButton, ListUrl, NoticeBox, PageHeader, Paging,
        PostButton, Row, StatusBadge, Toast, Tone,
    },
};

/// `?done=` and the page of the patients.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RecallQuery {
    done: String,
    page: Option<i64>,
}

struct Shown {
    recall: Recall,
    batches: Vec<RecallBatch>,
    remaining: Vec<Remaining>,
    moved: Vec<(StockBatchId, MovementKind, i64)>,
    counts: Vec<(RecallPatientState, i64)>,
    /// The patients with their phone numbers; `None` for users who see no patients.
    patients: Option<Slice<(RecallPatient, String)>>,
    manages: bool,
    zone: Zone,
}

impl Shown {
    fn waiting(&self) -> i64 {
        self.counts.iter().filter(|(state, _)| *state == RecallPatientState::Found).map(|(_, count)| count).sum()
    }

    fn left(&self) -> i64 {
        self.remaining.iter().map(|remaining| remaining.on_hand).sum()
    }
}

/// Shows a recall.
///
/// # Errors
/// Not allowed, another clinic's recall, or when the database refuses.
pub async fn recall_page(Path(id): Path<RecallId>, Query(query): Query<RecallQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadStock).await?;
    let recall = acts::at_clinic(&mut ctx, Permission::ReadStock, id).await?;
    let clinic = recall.clinic_id;
    let batches = store::batches(&mut ctx.tx, id).await?;
    let ids: Vec<StockBatchId> = batches.iter().map(|batch| batch.id).collect();
    let (page, skip) = offset(query.page);
    let patients = if ctx.who.may_at(Permission::Dispense, clinic) {
        let found = store::patients(&mut ctx.tx, id, PAGE_SIZE + 1, skip).await?;
        let found = Slice::from_surplus(found, page);
        let people: Vec<_> = found.rows.iter().map(|row| row.patient_id).collect();
        ctx.saw_beyond(people.clone(), people, "recall_patients").await?;
        let mut rows = Vec::new();
        for row in found.rows {
            let phone = patients::find(&mut ctx.tx, row.patient_id).await?.facts.more.phone;
            rows.push((row, phone));
        }
        Some(Slice { rows, page: found.page, more: found.more })
    } else {
        None
    };
    let shown = Shown {
        remaining: store::remaining(&mut ctx.tx, &ids, clinic).await?,
        moved: store::moved(&mut ctx.tx, &ids, clinic).await?,
        counts: store::patient_counts(&mut ctx.tx, id).await?,
        batches,
        patients,
        manages: ctx.who.may_at(Permission::ManageStock, clinic),
        zone: ctx.zone(),
        recall,
    };
    Ok(Page::new(format!("{} {}", tr!(recalls.recall), shown.recall.reference), move || view(&shown, &query.done)))
}

fn toast(done: &str) -> Option<AnyView> {
    let text = match done {
        "announced" => tr!(recalls.done_announced),
        "blocked" => tr!(recalls.done_blocked),
        "traced" => tr!(recalls.done_traced),
        "settled" => tr!(recalls.done_settled),
        "closed" => tr!(recalls.done_closed),
        _ => return None,
    };
    Some(view! { <Toast text/> }.into_any())
}

fn view(shown: &Shown, done: &str) -> AnyView {
    let recall = &shown.recall;
    let back = ("/recalls".to_owned(), tr!(recalls.title).to_owned());
    let badge = view! { <StatusBadge tone=recall.state.tone() label=recall.state.words()/> }.into_any();
    view! {
        {toast(done)}
        <PageHeader title=format!("{} {}", tr!(recalls.recall), recall.reference) back detail=item_name(recall) actions=Some(badge)/>
        <div class="stack">
            {outstanding(shown)}
            <section class="panel"><div class="panel__body"><DescriptionList details=details(shown)/></div></section>
            {batches(shown)}
            {remaining(shown)}
            {patients_part(shown)}
        </div>
    }
    .into_any()
}

/// Says what is outstanding, with the next act.
fn outstanding(shown: &Shown) -> AnyView {
    let recall = &shown.recall;
    let hidden = || vec![("recall_id", recall.id.to_string())];
    let dispenses = shown.patients.is_some();
    let (tone, words, act) = match recall.state {
        RecallState::Announced => {
            let act = shown.manages.then(|| {
                view! { <PostButton action="/api/recalls/block" label=tr!(recalls.block) hidden=hidden() tone=ButtonTone::Danger/> }
                    .into_any()
            });
            (Tone::Critical, vec![tr!(recalls.not_blocked).to_owned()], act)
        }
        RecallState::Quarantined => {
            let act = dispenses.then(|| {
                view! { <PostButton action="/api/recalls/trace" label=tr!(recalls.trace) hidden=hidden() tone=ButtonTone::Primary/> }
                    .into_any()
            });
            (Tone::Warning, vec![tr!(recalls.not_traced).to_owned()], act)
        }
        RecallState::Traced => {
            let mut words = Vec::new();
            if shown.left() > 0 {
                words.push(tr!(recalls.still_left, units = recall.unit.count(shown.left())));
            }
            if shown.waiting() > 0 {
                words.push(tr!(recalls.still_waiting, count = shown.waiting()));
            }
            if words.is_empty() {
                let act = shown.manages.then(|| {
                    view! { <PostButton action="/api/recalls/close" label=tr!(recalls.close) hidden=hidden() tone=ButtonTone::Primary/> }.into_any()
                });
                (Tone::Done, vec![tr!(recalls.all_settled).to_owned()], act)
            } else {
                let act = dispenses.then(|| {
                    view! { <PostButton action="/api/recalls/trace" label=tr!(recalls.trace_again) hidden=hidden() tone=ButtonTone::Quiet/> }.into_any()
                });
                (Tone::Warning, words, act)
            }
        }
        // A patient may bring something back after the end: it is still to be settled.
        RecallState::Closed if shown.left() > 0 => {
            (Tone::Warning, vec![tr!(recalls.still_left, units = recall.unit.count(shown.left()))], None)
        }
        RecallState::Closed => return ().into_any(),
    };
    let words = words.into_iter().map(|words| view! { <p>{words}</p> }).collect_view();
    view! { <NoticeBox tone title=tr!(recalls.outstanding)>{words}<div class="cluster">{act}</div></NoticeBox> }.into_any()
}

fn details(shown: &Shown) -> Vec<Detail> {
    let recall = &shown.recall;
    let step = |at, by: Option<&String>| format!("{} · {}", show_date_time(shown.zone.local(at)), by.cloned().unwrap_or_default());
    let mut details = vec![
        Detail::new(tr!(recalls.source), recall.source.words()),
        Detail::new(tr!(inventory.reason), recall.reason.clone()),
        Detail::new(tr!(recalls.announced), step(recall.announced_at, Some(&recall.announcer))),
    ];
    details.extend(recall.quarantined_at.map(|at| Detail::new(tr!(recalls.blocked), step(at, recall.blocker.as_ref()))));
    details.extend(recall.traced_at.map(|at| Detail::new(tr!(recalls.traced), step(at, recall.tracer.as_ref()))));
    let settled: i64 = shown.counts.iter().map(|(_, count)| count).sum::<i64>() - shown.waiting();
    if recall.traced_at.is_some() {
        details.push(Detail::new(tr!(recalls.told), tr!(recalls.told_of, told = settled, all = settled + shown.waiting())));
    }
    details.extend(recall.closed_at.map(|at| Detail::new(tr!(recalls.closed), step(at, recall.closer.as_ref()))));
    details
}

/// The batches with all that came, went and is left: what came is what is left and what went.
fn batches(shown: &Shown) -> AnyView {
    let sum = |batch: StockBatchId, kinds: &[MovementKind]| -> i64 {
        shown.moved.iter().filter(|(of, kind, _)| *of == batch && kinds.contains(kind)).map(|(.., quantity)| quantity).sum()
    };
    let given = [MovementKind::Dispense, MovementKind::Consume];
    let back = [MovementKind::DispenseReturn, MovementKind::ConsumeReturn];
    let gone = [MovementKind::SupplierReturn, MovementKind::WriteOff, MovementKind::Loss];
    let came = [MovementKind::Opening, MovementKind::Receipt, MovementKind::Gain, MovementKind::TransferIn, MovementKind::TransferOut];
    let rows = shown
        .batches
        .iter()
        .map(|batch| {
            let left: i64 = shown.remaining.iter().filter(|line| line.batch_id == batch.id).map(|line| line.on_hand).sum();
            let settled = left == 0 && shown.recall.state != RecallState::Announced;
            let (tone, label) = if settled { (Tone::Done, tr!(recalls.settled)) } else { (Tone::Warning, tr!(recalls.unsettled)) };
            Row::new(vec![
                view! { <strong class="code">{batch.batch_no.clone()}</strong> }.into_any(),
                batch.expires_on.map(show_date).unwrap_or_default().into_any(),
                sum(batch.id, &came).to_string().into_any(),
                (-sum(batch.id, &given)).to_string().into_any(),
                sum(batch.id, &back).to_string().into_any(),
                (-sum(batch.id, &gone)).to_string().into_any(),
                left.to_string().into_any(),
                view! { <StatusBadge tone label/> }.into_any(),
            ])
        })
        .collect();
    let columns = vec![
        Column::new(tr!(inventory.batch)),
        Column::new(tr!(inventory.expires_on)),
        Column::new(tr!(recalls.came)).numeric(),
        Column::new(tr!(recalls.given)).numeric(),
        Column::new(tr!(recalls.brought_back)).numeric(),
        Column::new(tr!(recalls.gone)).numeric(),
        Column::new(tr!(recalls.left)).numeric(),
        Column::new(tr!(inventory.status)),
    ];
    view! { <h2>{tr!(inventory.batches)}</h2><DataTable caption=tr!(inventory.batches) columns rows stacked=true/> }.into_any()
}

/// The storerooms that still have something, with the way to send it back or write it off.
fn remaining(shown: &Shown) -> AnyView {
    if shown.remaining.is_empty() {
        return ().into_any();
    }
    let href = format!("/stock/items/{}", shown.recall.item_id);
    let rows = shown
        .remaining
        .iter()
        .map(|line| {
            let batch = shown.batches.iter().find(|batch| batch.id == line.batch_id).map(|batch| batch.batch_no.clone());
            Row::new(vec![
                line.store_name.clone().into_any(),
                batch.unwrap_or_default().into_any(),
                shown.recall.unit.count(line.on_hand).into_any(),
            ])
            .href(href.clone())
        })
        .collect();
    let columns = vec![Column::new(tr!(inventory.room)), Column::new(tr!(inventory.batch)), Column::new(tr!(inventory.quantity)).numeric()];
    view! {
        <h2>{tr!(recalls.where_left)}</h2>
        <p class="muted">{tr!(recalls.where_left_text)}</p>
        <DataTable caption=tr!(recalls.where_left) columns rows stacked=true/>
    }
    .into_any()
}

fn patients_part(shown: &Shown) -> AnyView {
    let Some(found) = &shown.patients else { return ().into_any() };
    if shown.recall.traced_at.is_none() {
        return ().into_any();
    }
    let is_open = shown.recall.state == RecallState::Traced;
    let rows = found.rows.iter().map(|(patient, phone)| patient_row(patient, phone, is_open, shown.zone)).collect();
    let columns = vec![
        Column::new(tr!(ui.patient)),
        Column::new(tr!(ui.mrn)),
        Column::new(tr!(recalls.phone)),
        Column::new(tr!(inventory.status)),
        Column::new(tr!(inventory.acts)).label_hidden(),
    ];
    let empty = view! { <EmptyState glyph=Glyph::Patients title=tr!(recalls.nobody)/> }.into_any();
    let letters = (shown.waiting() > 0).then(|| {
        let href = format!("/recalls/{}/letters", shown.recall.id);
        view! { <div class="cluster no-print"><LinkButton href label=tr!(recalls.letters) glyph=Glyph::Print/></div> }
    });
    let (paging, url) = (Paging::of(found), ListUrl::new(format!("/recalls/{}", shown.recall.id)));
    view! {
        <h2>{tr!(recalls.patients)}</h2>
        {letters}
        <DataTable caption=tr!(recalls.patients) columns rows url paging=Some(paging) empty=Some(empty) stacked=true/>
    }
    .into_any()
}

fn patient_row(patient: &RecallPatient, phone: &str, is_open: bool, zone: Zone) -> Row {
    let name = patient.name.listed();
    let about = [
        patient.way.map(|way| way.words().to_owned()),
        patient.settled_at.map(|at| show_date_time(zone.local(at))),
        patient.settler.clone(),
    ];
    let about = about.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let about = (!about.is_empty()).then(|| view! { <br/><span class="muted small">{about}</span> });
    let act = |way: &'static str, label: &'static str, tone: ButtonTone| {
        let hidden = vec![("recall_patient_id", patient.id.to_string()), ("way", way.to_owned())];
        view! { <PostButton action="/api/recalls/settle" label about=name.clone() hidden tone/> }
    };
    let acts = (is_open && patient.state != RecallPatientState::Told).then(|| {
        let not_reached =
            (patient.state == RecallPatientState::Found).then(|| act("not_reached", tr!(recalls.not_reached), ButtonTone::Quiet));
        view! {
            <div class="cluster">
                {act("call", tr!(recalls.by_call), ButtonTone::default())}
                {act("letter", tr!(recalls.by_letter), ButtonTone::default())}
                {act("in_person", tr!(recalls.by_person), ButtonTone::default())}
                {not_reached}
            </div>
        }
    });
    Row::new(vec![
        view! { <strong>{name.clone()}</strong> }.into_any(),
        patient.mrn.clone().into_any(),
        phone.to_owned().into_any(),
        view! { <StatusBadge tone=patient.state.tone() label=patient.state.words()/>{about} }.into_any(),
        acts.into_any(),
    ])
    .key(patient.id.to_string())
}
