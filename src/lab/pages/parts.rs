//! The parts that several pages show: flags, values with range, priorities, the identity of a patient.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    core::time::{Instant, show_minutes},
    lab::{
        catalogue::Catalogue,
        flag::Flag,
        results::LabResult,
        samples::{Analysis, Sample},
    },
    orders::OrderPriority,
    patients::{Birth, PatientName, Sex},
    tr,
    ui::{StatusBadge, Toast, Tone},
};

/// `?done=`.
#[derive(Debug, Default, Deserialize)]
pub struct DoneQuery {
    #[serde(default)]
    pub done: String,
}

/// Shows the message for the act that was just done.
pub fn toast(done: &str) -> AnyView {
    super::done_words(done).map(|text| view! { <Toast text/> }).into_any()
}

/// Shows the flag of a result as a badge: the letter and its meaning. An unjudged result has none.
pub fn flag_badge(flag: Flag) -> AnyView {
    flag.tone().map(|tone| view! { <StatusBadge tone label=format!("{} {}", flag.as_str(), flag.words())/> }).into_any()
}

/// Shows the priority, unless it is routine.
pub fn priority_badge(priority: OrderPriority) -> AnyView {
    priority.tone().map(|tone| view! { <StatusBadge tone label=priority.words()/> }).into_any()
}

/// Name, record number, birth date with age, and sex of a patient, as the laboratory sees them.
pub fn identity(name: &PatientName, mrn: &str, birth: Birth, sex: Sex) -> AnyView {
    let facts = format!("{} {mrn} · {} · {}", tr!(ui.mrn), birth.shown(), sex.words());
    view! { <strong>{name.listed()}</strong><br/><span class="muted small">{facts}</span> }.into_any()
}

/// The time until something is due, or by how much it is late.
pub fn due_badge(due: Option<Instant>, now: Instant) -> AnyView {
    let Some(due) = due else { return ().into_any() };
    let minutes = (due - now).num_minutes();
    match minutes < 0 {
        true => view! { <StatusBadge tone=Tone::Warning label=tr!(lab.late_by, time = show_minutes(-minutes))/> }.into_any(),
        false => view! { <span class="muted">{tr!(lab.due_in, time = show_minutes(minutes))}</span> }.into_any(),
    }
}

/// The reference range of a result, with a mark when nobody confirmed it.
pub fn range_words(result: &LabResult) -> String {
    match (result.range_text.is_empty(), result.range_confirmed) {
        (true, _) => tr!(lab.no_range).to_owned(),
        (false, true) => result.range_text.clone(),
        (false, false) => tr!(lab.range_unconfirmed, range = result.range_text.clone()),
    }
}

/// The names of the tests of a sample, without cancelled ones.
pub fn tests_of(catalogue: &Catalogue, analyses: &[Analysis], sample: &Sample) -> String {
    let own = analyses.iter().filter(|analysis| analysis.sample_id == Some(sample.id));
    let open = own.filter(|analysis| analysis.state != crate::lab::samples::AnalysisState::Cancelled);
    open.filter_map(|analysis| catalogue.test(analysis.test_id).ok()).map(|test| test.name().to_owned()).collect::<Vec<_>>().join(", ")
}

/// The container of a sample: `Serum tube with gel, gold, 5 mL`.
pub fn container_words(catalogue: &Catalogue, sample: &Sample) -> String {
    let Some(container) = catalogue.container(sample.container_id) else { return String::new() };
    let volume = format!("{} mL", crate::lab::value::shown(container.volume_ul * 1_000));
    [container.name().to_owned(), container.colour.clone(), volume]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}
