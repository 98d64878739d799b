//! `/erasures`: the requests that wait; `/erasures/{id}`: what is kept with its reason, what goes, and the decision.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    accounts::confirm_field,
    core::{ErasureId, Error, Permission, Result, time::show_date_time},
    patients,
    records::{
        ErasureState,
        store::{self, Erasure},
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Column, DataTable, DescriptionList, Detail, EmptyState, Form, Glyph, NoticeBox, PageHeader, Row, StatusBadge,
        TextArea, Toast, Tone,
    },
};

const DECIDE: &str = "/api/records/decide_erasure";

/// Shows the requests that wait.
///
/// # Errors
/// When the user lacks the permission, or when the database refuses.
pub async fn erasures_page() -> Result<Page> {
    let mut ctx = Ctx::read(Permission::KeepRecords).await?;
    let (clinic, zone) = (ctx.clinic.id, ctx.zone());
    let mut found = store::erasures_waiting(&mut ctx.tx, clinic).await?;
    let ids: Vec<_> = found.iter().map(|erasure| erasure.patient_id).collect();
    let in_care = ctx.found(&ids, "erasures").await?;
    found.retain(|erasure| in_care.contains(&erasure.patient_id));
    let names = patients::names(&mut ctx.tx, &ids).await?;
    Ok(Page::new(tr!(records.erasures), move || {
        let rows = found
            .into_iter()
            .map(|erasure| {
                let name = names.get(&erasure.patient_id).map(|line| format!("{} · {}", line.name.listed(), line.mrn)).unwrap_or_default();
                let asked = format!("{}, {}", erasure.asker, show_date_time(zone.local(erasure.asked_at)));
                Row::new(vec![name.into_any(), asked.into_any(), erasure.words.into_any()]).href(format!("/erasures/{}", erasure.id))
            })
            .collect::<Vec<_>>();
        let columns = vec![Column::new(tr!(ui.patient)), Column::new(tr!(records.asked_for)), Column::new(tr!(records.words))];
        let empty = view! { <EmptyState glyph=Glyph::Lock title=tr!(records.no_erasures) text=tr!(records.no_erasures_text)/> }.into_any();
        view! {
            <PageHeader title=tr!(records.erasures) detail=tr!(records.erasures_detail)/>
            <DataTable caption=tr!(records.erasures) columns rows empty=Some(empty) stacked=true/>
        }
    }))
}

/// `?done=`.
#[derive(Debug, Default, Deserialize)]
pub struct ErasureQuery {
    #[serde(default)]
    done: String,
}

/// Shows a request.
///
/// # Errors
/// When the user lacks the permission, the patient is not in care, or when the database refuses.
pub async fn erasure_page(Path(id): Path<ErasureId>, Query(query): Query<ErasureQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::KeepRecords).await?;
    let erasure = store::erasure(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.reach([erasure.patient_id]).await?;
    let patient = patients::find(&mut ctx.tx, erasure.patient_id).await?;
    ctx.saw(erasure.patient_id, "erasure").await?;
    let (zone, own) = (ctx.zone(), erasure.asked_by == ctx.user());
    let at = move |name: &str, when| format!("{name}, {}", show_date_time(zone.local(when)));
    Ok(Page::new(tr!(records.one_erasure), move || {
        let done = match query.done.as_str() {
            "erased" => Some(tr!(records.done_erased)),
            "refused" => Some(tr!(records.done_erasure_refused)),
            _ => None,
        };
        let mut details = vec![
            Detail::view(tr!(records.state), erasure_badge(erasure.state)),
            Detail::new(tr!(ui.patient), format!("{} · {}", patient.facts.name.listed(), patient.mrn)),
            Detail::new(tr!(records.asked_for), at(&erasure.asker, erasure.asked_at)),
        ];
        if let (Some(name), Some(when)) = (&erasure.decider, erasure.decided_at) {
            details.push(Detail::new(tr!(records.decided), at(name, when)));
        }
        let words = [(tr!(records.words), &erasure.words), (tr!(records.answer), &erasure.answer)];
        details.extend(words.into_iter().filter(|(_, text)| !text.is_empty()).map(|(label, text)| Detail::new(label, text.clone())));
        view! {
            {done.map(|text| view! { <Toast text/> })}
            <PageHeader title=tr!(records.one_erasure) back=("/erasures".to_owned(), tr!(records.erasures).to_owned())/>
            <div class="stack">
                <section class="panel"><div class="panel__body"><DescriptionList details/></div></section>
                {kept_and_gone()}
                {acts(&erasure, own)}
            </div>
        }
    }))
}

/// Shows the state of a request.
pub(super) fn erasure_badge(state: ErasureState) -> AnyView {
    let tone = match state {
        ErasureState::Asked => Tone::Waiting,
        ErasureState::Done => Tone::Done,
        ErasureState::Refused | ErasureState::Withdrawn => Tone::Inactive,
    };
    view! { <StatusBadge tone label=state.words()/> }.into_any()
}

/// Says what is kept, with the reason, and what goes.
pub(super) fn kept_and_gone() -> AnyView {
    let kept = [
        (tr!(records.kept_record), tr!(records.kept_record_why)),
        (tr!(records.kept_money), tr!(records.kept_money_why)),
        (tr!(records.kept_audit), tr!(records.kept_audit_why)),
        (tr!(records.kept_identity), tr!(records.kept_identity_why)),
    ];
    let kept = kept.into_iter().map(|(what, why)| Detail::new(what, why)).collect::<Vec<_>>();
    let gone = [
        tr!(records.gone_portal),
        tr!(records.gone_messages),
        tr!(records.gone_reach),
        tr!(records.gone_contacts),
        tr!(records.gone_photo),
    ];
    let gone = gone.into_iter().map(|what| view! { <li>{what}</li> }).collect_view();
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(records.kept)}</h2></div>
            <div class="panel__body"><DescriptionList details=kept/></div>
        </section>
        <section class="panel">
            <div class="panel__head"><h2>{tr!(records.gone)}</h2></div>
            <div class="panel__body"><ul>{gone}</ul></div>
        </section>
    }
    .into_any()
}

fn acts(erasure: &Erasure, own: bool) -> AnyView {
    if erasure.state != ErasureState::Asked {
        return ().into_any();
    }
    if own {
        return view! { <NoticeBox tone=Tone::Waiting title=tr!(records.second_person)><p>{tr!(records.not_ones_own)}</p></NoticeBox> }
            .into_any();
    }
    let refuse = vec![("erasure_id", erasure.id.to_string()), ("verdict", "refuse".to_owned())];
    let hidden = vec![("erasure_id", erasure.id.to_string()), ("verdict", "erase".to_owned())];
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(records.erase_now)}</h2></div>
            <div class="panel__body">
                <Form action=DECIDE id="erase-form" hidden>
                    <p>{tr!(records.erase_text)}</p>
                    <TextArea name="answer" label=tr!(records.answer) maxlength=500 optional=true/>
                    {confirm_field()}
                    <div class="form__actions"><Button label=tr!(records.erase_now) tone=ButtonTone::Danger/></div>
                </Form>
            </div>
        </section>
        <section class="panel">
            <div class="panel__head"><h2>{tr!(records.refuse)}</h2></div>
            <div class="panel__body">
                <Form action=DECIDE id="refuse-form" hidden=refuse>
                    <TextArea name="answer" label=tr!(records.say_why) maxlength=500 required=true/>
                    <div class="form__actions"><Button label=tr!(records.refuse)/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}
