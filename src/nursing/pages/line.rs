//! `/admissions/{id}/handover`: writes the line of a patient for the handover; the last line is carried for editing.

use leptos::prelude::*;

use super::{
    handover::part_names,
    parts::{self, when},
};
use crate::{
    core::{AdmissionId, Permission, Result},
    nursing::{
        assessments,
        handovers::{self, PARTS},
        observations,
    },
    opd::vitals::ages_of,
    server::{Ctx, Page, Path},
    tr,
    ui::{Button, ButtonTone, Form, NoticeBox, PageHeader, PatientBanner, TextArea, Tone},
};

/// Shows the form.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn line_page(Path(id): Path<AdmissionId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::RecordCare).await?;
    let opened = parts::open(&mut ctx, id).await?;
    let ward = opened.admission.ward();
    let current = handovers::current(&mut ctx, ward, opened.zone, &[id]).await?;
    let last = observations::latest(&mut ctx.tx, id).await?;
    let months = ages_of(&mut ctx.tx, opened.admission.patient_id, opened.zone).await?.at(opened.now, None);
    let pews = assessments::pews_of(&mut ctx.tx, id).await?;
    let is_open = opened.is_open();
    let (banner, zone, reason) = (opened.banner, opened.zone, opened.admission.reason);
    let page = Page::new(tr!(nursing.handover), move || {
        let back = (format!("/nursing/handover?ward={ward}"), tr!(nursing.handover).to_owned());
        let note = current.notes.get(&id);
        let carried = current.carried.get(&id).filter(|_| note.is_none());
        let seen = note.map_or(0, |note| note.version).to_string();
        let texts = note.or(carried).map(|note| note.parts.clone()).unwrap_or_default();
        let from = carried.map(|note| view! { <p class="muted">{tr!(nursing.carried_from, at = when(note.written_at, zone))}</p> });
        let facts = last.map(|set| {
            let values: Vec<String> = set.values.written().into_iter().flatten().collect();
            view! { <p class="cluster">{parts::judged_badge(set.news2())}<span>{values.join(" · ")}</span><span class="muted">{when(set.taken_at, zone)}</span></p> }
        });
        let pews = pews.map(|score| view! { <p class="cluster">{parts::pews_badge(score, months)}</p> });
        let hidden = vec![("admission_id", id.to_string()), ("version", seen)];
        // Made inside the form: a refused line keeps what was typed.
        let fields = move || {
            PARTS
                .into_iter()
                .zip(part_names())
                .zip(texts)
                .map(|((name, label), value)| view! { <TextArea name label value rows=3 maxlength=2000/> })
                .collect_view()
        };
        let form = match is_open {
            true => view! {
                <Form action="/api/nursing/write_line" hidden>
                    {fields()}
                    <div class="form__actions"><Button label=tr!(nursing.save_line) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
                </Form>
            }
            .into_any(),
            false => view! { <NoticeBox tone=Tone::Waiting><p>{tr!(nursing.not_admitted)}</p></NoticeBox> }.into_any(),
        };
        view! {
            <PageHeader title=tr!(nursing.handover) detail=reason back/>
            {facts}{pews}{from}{form}
        }
    });
    Ok(page.banner(move || view! { <PatientBanner info=banner/> }))
}
