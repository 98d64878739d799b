//! Laboratory results on the portal's records, in plain words: those that their rules allow.

use leptos::prelude::*;

use crate::{
    clinical::OutsideReader,
    core::{PatientId, Result, time::show_date},
    lab::{
        catalogue::Catalogue,
        flag::Flag,
        results::{self, LabResult},
        wishes::{self, ResultWish, StatedWish},
    },
    server::{Ctx, department::Draw},
    tr,
    ui::{Button, Choice, Form, RadioField, StatusBadge},
};

/// The results that are shown, the latest first.
const SHOWN: i64 = 60;

/// The panel.
///
/// # Errors
/// When the database refuses.
pub async fn portal_results(ctx: &mut Ctx, patient: PatientId) -> Result<Draw> {
    let (now, zone) = (ctx.now, ctx.zone());
    let found = results::in_portal(&mut ctx.tx, patient, OutsideReader::of_portal(&ctx.who), now, SHOWN).await?;
    let all = Catalogue::read(&mut ctx.tx).await?;
    let stated = wishes::wish_of(&mut ctx.tx, patient).await?;
    Ok(Box::new(move || {
        let none = found.is_empty().then(|| view! { <div class="panel__body"><p class="muted">{tr!(lab.portal_none)}</p></div> });
        let rows = found
            .iter()
            .map(|result| {
                let name = all.test(result.test_id).map(|test| test.name().to_owned()).unwrap_or_default();
                let day = show_date(zone.day(result.measured_at));
                let badge = result.flag.tone().map(|tone| view! { <StatusBadge tone label=plain(result.flag)/> });
                view! {
                    <li class="rows__row">
                        <div class="rows__main">
                            <strong>{name}</strong>": "{result.with_unit(&all)}<br/>
                            <span class="muted">{usual(result)}" · "{day}</span>
                        </div>
                        <div class="rows__side">{badge}</div>
                    </li>
                }
            })
            .collect_view();
        view! {
            <section class="panel">
                <div class="panel__head"><h2>{tr!(lab.portal_title)}</h2></div>
                {none}
                <ul class="rows">{rows}</ul>
                <div class="panel__body"><p class="muted">{tr!(lab.portal_text)}</p>{wish_form(stated)}</div>
            </section>
        }
        .into_any()
    }))
}

/// The form in which the patient says when results are to be shown.
fn wish_form(stated: StatedWish) -> AnyView {
    let hidden = vec![("version", stated.version.to_string())];
    let choices: Vec<Choice> = ResultWish::ALL.iter().map(|wish| Choice::new(wish.as_str(), wish.words())).collect();
    view! {
        <details>
            <summary>{tr!(lab.wish)}": "{stated.wish.words()}</summary>
            <Form action="/api/lab/result_wish" id="result-wish" hidden>
                <RadioField name="wish" label=tr!(lab.wish) hint=tr!(lab.wish_hint) choices value=stated.wish.to_string()/>
                <div class="form__actions"><Button label=tr!(ui.save)/></div>
            </Form>
        </details>
    }
    .into_any()
}

/// The meaning of a flag in plain words.
fn plain(flag: Flag) -> &'static str {
    match flag {
        Flag::Normal => tr!(lab.portal_usual),
        Flag::Low | Flag::CriticalLow => tr!(lab.portal_below),
        Flag::High | Flag::CriticalHigh => tr!(lab.portal_above),
        Flag::Abnormal | Flag::CriticalAbnormal => tr!(lab.portal_unusual),
        Flag::ByHand | Flag::Unjudged => tr!(lab.portal_ask),
    }
}

fn usual(result: &LabResult) -> String {
    match result.range_text.is_empty() {
        true => tr!(lab.portal_no_range).to_owned(),
        false => tr!(lab.portal_range, range = result.range_text.clone()),
    }
}
