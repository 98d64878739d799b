//! The parts that several pages show.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    core::time::{Zone, show_date_time, show_time},
    imaging::{catalogue::ImagingProcedure, studies::ImagingStudy},
    lab::Weight,
    orders::OrderPriority,
    tr,
    ui::{StatusBadge, Toast},
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

/// Shows the priority, unless it is routine.
pub fn priority_badge(priority: OrderPriority) -> AnyView {
    priority.tone().map(|tone| view! { <StatusBadge tone label=priority.words()/> }).into_any()
}

/// Shows how urgent a report is.
pub fn weight_badge(weight: Weight) -> AnyView {
    view! { <StatusBadge tone=weight.tone() label=weight.words()/> }.into_any()
}

/// Name, record number, birth date and sex of the patient of a study.
pub fn identity(study: &ImagingStudy) -> AnyView {
    let facts = format!("{} {} · {} · {}", tr!(ui.mrn), study.mrn, study.birth.shown(), study.sex.words());
    view! { <strong>{study.patient_name.listed()}</strong><br/><span class="muted small">{facts}</span> }.into_any()
}

/// The procedure of a study with its side, and a mark when the head of radiology has not confirmed it.
pub fn title_of(all: &[ImagingProcedure], study: &ImagingStudy) -> String {
    all.iter().find(|procedure| procedure.id == study.procedure_id).map(|procedure| study.title(procedure)).unwrap_or_default()
}

/// The slot of a study: day, time and room.
pub fn slot_words(study: &ImagingStudy, zone: Zone) -> String {
    let (Some(from), Some(to), Some(room)) = (study.starts_at, study.ends_at, &study.room) else { return String::new() };
    format!("{} – {}, {room}", show_date_time(zone.local(from)), show_time(zone.local(to).time()))
}

/// Text with its line breaks.
pub fn lines(text: &str) -> AnyView {
    text.lines().map(|line| view! { {line.to_owned()}<br/> }).collect_view().into_any()
}
