//! The coverage on a patient's record.

use chrono::NaiveDate;
use leptos::prelude::*;

use super::fields::coverage_fields;
use crate::{
    core::{CoverageId, PatientId, time::show_date},
    patients::{Coverage, CoverageForm, Insurer, coverage_words},
    tr,
    ui::{Button, ButtonTone, Confirm, Dialog, Form, Glyph, PostButton, StatusBadge, Tone},
};

const ADD: &str = "/api/patients/add_coverage";

/// Shows all cover, the first payer at the top.
pub fn coverage_panel(patient: PatientId, list: Vec<Coverage>, insurers: &[Insurer], today: NaiveDate, may_correct: bool) -> AnyView {
    let none = list.is_empty();
    let rows = list.into_iter().map(|coverage| row(patient, coverage, today, may_correct)).collect_view();
    let hidden = vec![("patient_id", patient.to_string()), ("key", CoverageId::new().to_string())];
    let insurers = insurers.to_vec();
    let add = may_correct.then(|| {
        view! {
            <Dialog id="add-coverage" opens=tr!(patients.add) title=tr!(patients.add_coverage) action=ADD glyph=Glyph::Plus tone=ButtonTone::Quiet>
                <Form action=ADD hidden>
                    {coverage_fields(CoverageForm::default(), &insurers)}
                    <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
                </Form>
            </Dialog>
        }
    });
    view! {
        <section class="panel" id="coverage">
            <div class="panel__head"><h2>{tr!(ui.coverage)}</h2>{add}</div>
            {none.then(|| view! { <div class="panel__body"><p class="muted">{tr!(patients.no_coverage_hint)}</p></div> })}
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}

fn row(patient: PatientId, coverage: Coverage, today: NaiveDate, may_correct: bool) -> AnyView {
    let (tone, label) = match () {
        () if coverage.holds_on(today) => (Tone::Done, tr!(patients.valid)),
        () if coverage.ended_at.is_none() && coverage.valid_from.is_some_and(|from| from > today) => {
            (Tone::Reserved, tr!(patients.valid_later))
        }
        () => (Tone::Inactive, tr!(patients.ended)),
    };
    let mut facts = Vec::new();
    if !coverage.policy_number.is_empty() {
        facts.push(format!("{} {}", tr!(patients.policy_number), coverage.policy_number));
    }
    facts.push(tr!(patients.patient_pays, percent = coverage.copay_percent));
    facts.extend(match (coverage.valid_from, coverage.valid_to) {
        (Some(from), Some(to)) => Some(format!("{} – {}", show_date(from), show_date(to))),
        (Some(from), None) => Some(tr!(patients.since, date = show_date(from))),
        (None, Some(to)) => Some(tr!(patients.until, date = show_date(to))),
        (None, None) => None,
    });
    if !coverage.holder.is_empty() {
        facts.push(format!("{}: {}", tr!(patients.holder), coverage.holder));
    }
    let end = (may_correct && coverage.ended_at.is_none()).then(|| {
        let hidden = vec![("patient_id", patient.to_string()), ("coverage_id", coverage.id.to_string())];
        let about = coverage.insurer.clone();
        view! {
            <Confirm label=tr!(patients.end) tone=ButtonTone::Quiet text=tr!(patients.end_coverage)>
                <PostButton action="/api/patients/end_coverage" label=tr!(patients.end_now) hidden about tone=ButtonTone::Danger/>
            </Confirm>
        }
    });
    view! {
        <li class="rows__row">
            <div class="rows__main">
                <div class="cluster"><strong>{coverage_words(&coverage)}</strong><StatusBadge tone label/></div>
                <span class="muted small">{facts.join(" · ")}</span>
            </div>
            <div class="rows__side">{end}</div>
        </li>
    }
    .into_any()
}
