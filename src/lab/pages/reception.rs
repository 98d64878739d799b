//! `/lab/reception`: receives samples one scan after the other, and shows those that are under way or missing.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{identity, priority_badge, toast};
use crate::{
    core::{
        LabSampleId, Permission, Result,
        time::{Instant, Zone, show_minutes, show_time},
    },
    lab::samples::{self, Sample},
    server::{Ctx, Page, Part, Query},
    tr,
    ui::{
        Button, ButtonTone, Column, DataTable, EmptyState, Form, Glyph, Live, NoticeBox, NumberField, PageHeader, Row, Stat, StatStrip,
        StatusBadge, TextField, Tone,
    },
};

/// `?done=` and the sample that was received.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReceptionQuery {
    done: String,
    sample: String,
}

struct Reception {
    under_way: Vec<Sample>,
    missing: usize,
    now: Instant,
    zone: Zone,
}

impl Reception {
    async fn read(ctx: &mut Ctx) -> Result<Self> {
        let (clinic, now, zone) = (ctx.clinic.id, ctx.now, ctx.zone());
        let under_way = samples::under_way(&mut ctx.tx, clinic).await?;
        let missing = samples::missing(&mut ctx.tx, clinic, now).await?.len();
        ctx.saw_live(under_way.iter().map(|sample| sample.patient_id), "lab_lists").await?;
        Ok(Self { under_way, missing, now, zone })
    }
}

/// Shows the page.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn reception_page(Query(query): Query<ReceptionQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkLab).await?;
    let reception = Reception::read(&mut ctx).await?;
    let received = match query.sample.parse::<LabSampleId>() {
        Ok(id) => samples::find(&mut ctx.tx, id).await?.filter(|sample| ctx.at_clinic(Permission::WorkLab, sample.clinic_id).is_ok()),
        Err(_) => None,
    };
    if let Some(sample) = &received {
        ctx.saw(sample.patient_id, "lab_record").await?;
    }
    Ok(Page::new(tr!(lab.reception), move || {
        let last = received.map(last_received);
        view! {
            {toast(&query.done)}
            <PageHeader title=tr!(lab.reception) detail=tr!(lab.reception_text)/>
            <Form action="/api/lab/receive" id="receive" class="form--inline">
                <TextField name="number" label=tr!(lab.scan_tube) required=true autocomplete="off" inputmode="numeric" class="input--code" autofocus=true/>
                <NumberField name="index_h" label=tr!(lab.index_h) optional=true/>
                <NumberField name="index_i" label=tr!(lab.index_i) optional=true/>
                <NumberField name="index_l" label=tr!(lab.index_l) optional=true/>
                <Button label=tr!(lab.receive) tone=ButtonTone::Primary/>
            </Form>
            <div class="stack">
                {last}
                <Live topics="lab" from="/lab/reception/live">{list(&reception)}</Live>
            </div>
        }
    }))
}

/// Serves the lists alone.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn reception_part() -> Result<Part> {
    let mut ctx = Ctx::read(Permission::WorkLab).await?;
    let reception = Reception::read(&mut ctx).await?;
    Ok(Part::new(move || list(&reception)))
}

fn last_received(sample: Sample) -> AnyView {
    let title = tr!(lab.received_sample, number = sample.number.clone());
    view! {
        <NoticeBox tone=Tone::Done title>
            <p>{identity(&sample.patient_name, &sample.mrn, sample.birth, sample.sex)}</p>
            <p><a href=format!("/lab/samples/{}", sample.id)>{tr!(lab.open_sample)}</a></p>
        </NoticeBox>
    }
    .into_any()
}

fn list(reception: &Reception) -> AnyView {
    let Reception { under_way, missing, now, zone } = reception;
    let tone = if *missing > 0 { Tone::Warning } else { Tone::Done };
    let stats = vec![Stat::new(tr!(lab.under_way), under_way.len()), Stat::new(tr!(lab.missing), *missing).tone(tone)];
    let rows = under_way
        .iter()
        .map(|sample| {
            let since = sample.collected_at.map(|at| (*now - at).num_minutes()).unwrap_or_default();
            let late = (since >= 60).then(|| view! { <StatusBadge tone=Tone::Warning label=tr!(lab.missing)/> });
            let at = sample.collected_at.map(|at| show_time(zone.local(at).time())).unwrap_or_default();
            let row = Row::new(vec![
                sample.number.clone().into_any(),
                identity(&sample.patient_name, &sample.mrn, sample.birth, sample.sex),
                view! { <div class="cluster">{priority_badge(sample.priority)}<StatusBadge tone=sample.state.tone() label=sample.state.words()/>{late}</div> }
                    .into_any(),
                format!("{at} · {}", show_minutes(since)).into_any(),
                sample.place.clone().into_any(),
            ]);
            row.href(format!("/lab/samples/{}", sample.id)).key(sample.id.to_string())
        })
        .collect();
    let columns = vec![
        Column::new(tr!(lab.sample)),
        Column::new(tr!(ui.patient)),
        Column::new(tr!(lab.state)),
        Column::new(tr!(lab.collected)),
        Column::new(tr!(lab.place)).secondary(),
    ];
    let empty = view! { <EmptyState glyph=Glyph::Flask title=tr!(lab.nothing_under_way)/> }.into_any();
    view! { <StatStrip stats/><DataTable caption=tr!(lab.under_way) columns rows empty=Some(empty) stacked=true/> }.into_any()
}
