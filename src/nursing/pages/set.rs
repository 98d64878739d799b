//! `/observations/{id}`: one set with its versions, its correction, and the mark that it was entered in error.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{self, judged_badge, number_pad, toast, weight_field, when};
use crate::{
    core::{Error, ObservationId, Permission, Result, time::Zone},
    nursing::{
        observations::{self, ObservationSet},
        vocabulary::SetKind,
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{Button, ButtonTone, CheckboxField, Dialog, Form, Glyph, PageHeader, PatientBanner, StatusBadge, TextArea, Tone},
};

/// The act that was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SetQuery {
    done: String,
}

/// Shows the set, by any of its versions.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn set_page(Path(id): Path<ObservationId>, Query(SetQuery { done }): Query<SetQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::RecordCare).await?;
    let set = observations::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let opened = parts::open(&mut ctx, set.admission_id).await?;
    let versions = observations::versions(&mut ctx.tx, set.set_id).await?;
    let (banner, zone) = (opened.banner, opened.zone);
    let page = Page::new(tr!(nursing.one_set), move || {
        let back = (format!("/admissions/{}/observations", set.admission_id), tr!(nursing.chart).to_owned());
        let detail = when(set.taken_at, zone);
        let correct = versions.last().filter(|last| last.kind != SetKind::Error).map(forms);
        let rows = versions.iter().rev().map(|version| row(version, zone)).collect_view();
        view! {
            {toast(&done)}
            <PageHeader title=tr!(nursing.one_set) back detail/>
            <div class="stack">
                <section class="panel" aria-labelledby="versions">
                    <div class="panel__head"><h2 id="versions">{tr!(nursing.versions)}</h2></div>
                    <ul class="rows">{rows}</ul>
                </section>
                {correct}
            </div>
        }
    });
    Ok(page.banner(move || view! { <PatientBanner info=banner/> }))
}

fn row(set: &ObservationSet, zone: Zone) -> AnyView {
    let values: Vec<String> = observations::scored_names()
        .into_iter()
        .zip(set.values.written())
        .filter_map(|(name, value)| value.map(|value| format!("{name} {value}")))
        .chain(set.values.weight_words())
        .collect();
    let superseded = set.superseded_at.map(|_| view! { <StatusBadge tone=Tone::Inactive label=tr!(nursing.superseded)/> });
    let worry = set.worried.then(|| view! { <StatusBadge tone=Tone::Warning label=tr!(nursing.worried)/> });
    let values = values.join(" · ");
    let values = match set.superseded_at {
        Some(_) => view! { <s>{values}</s> }.into_any(),
        None => values.into_any(),
    };
    let reason = (!set.reason.is_empty()).then(|| view! { <br/><span class="small">{set.reason.clone()}</span> });
    view! {
        <li class="rows__row" data-key=set.id.to_string()>
            <div class="rows__main">
                <span class="cluster">{judged_badge(set.news2())}{superseded}{worry}</span>
                <br/>{values}{reason}
                <br/><span class="muted small">{format!("{} · {}", when(set.recorded_at, zone), set.recorder)}</span>
            </div>
        </li>
    }
    .into_any()
}

fn forms(last: &ObservationSet) -> AnyView {
    let (id, values, worried) = (last.id.to_string(), last.values, last.worried);
    let hidden = || vec![("observation_id", id.clone())];
    let (of_error, of_correction) = (hidden(), hidden());
    view! {
        <section class="panel" aria-labelledby="correct">
            <div class="panel__head"><h2 id="correct">{tr!(nursing.correct)}</h2>
                <Dialog id="wrong-window" opens=tr!(nursing.mark_wrong) title=tr!(nursing.mark_wrong_title) action="/api/nursing/wrong" tone=ButtonTone::Quiet glyph=Glyph::Close>
                    <Form action="/api/nursing/wrong" hidden=of_error>
                        <TextArea name="reason" label=tr!(nursing.reason) rows=2 maxlength=500 required=true/>
                        <div class="form__actions"><Button label=tr!(nursing.mark_wrong) tone=ButtonTone::Danger/></div>
                    </Form>
                </Dialog>
            </div>
            <div class="panel__body" data-enter-next="">
                <Form action="/api/nursing/correct" hidden=of_correction>
                    {number_pad(&values, false)}
                    {weight_field(&values)}
                    <CheckboxField name="worried" label=tr!(nursing.worried) checked=worried/>
                    <TextArea name="reason" label=tr!(nursing.reason_of_correction) rows=2 maxlength=500 required=true/>
                    <div class="form__actions"><Button label=tr!(nursing.correct) tone=ButtonTone::Primary/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}
