//! `/patients/{id}/labels`: a sheet of labels of a patient, or of several patients, for a printer of letters.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    core::{Error, PatientId, Permission, Result},
    patients::{self, Patient},
    server::{Ctx, Page, Path, Query, page::Layout},
    tr,
    ui::{Barcode, PaperPage, PrintSheet},
};

/// The labels of each patient, unless another number is asked for, and the most labels of a sheet: three in each of eight rows.
const USUAL: usize = 6;
const MOST: usize = 24;

/// The number of labels of each patient, and further patients: ids with commas.
#[derive(Debug, Default, Deserialize)]
pub struct LabelsQuery {
    #[serde(default)]
    count: String,
    #[serde(default)]
    also: String,
}

/// Shows the sheet.
///
/// # Errors
/// When the user lacks the permission, a patient is not in care, or when the database refuses.
pub async fn labels_page(Path(id): Path<PatientId>, Query(query): Query<LabelsQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadPatients).await?;
    let mut ids = vec![id];
    for typed in query.also.split(',').map(str::trim).filter(|typed| !typed.is_empty()).take(MOST - 1) {
        let other = typed.parse::<PatientId>().map_err(|_| Error::NotFound)?;
        if !ids.contains(&other) {
            ids.push(other);
        }
    }
    ctx.reach(ids.iter().copied()).await?;
    let each = query.count.parse().unwrap_or(USUAL).clamp(1, MOST / ids.len());
    let mut shown: Vec<Patient> = Vec::with_capacity(ids.len());
    for id in &ids {
        shown.push(patients::find(&mut ctx.tx, *id).await?);
        ctx.saw(*id, "record").await?;
    }
    let hospital = ctx.state().hospital();
    Ok(Page::new(tr!(patients.labels), move || {
        let labels = shown.iter().flat_map(|patient| (0..each).map(|_| one(patient, &hospital.name))).collect_view();
        let others = [6, 12, 24].into_iter().filter(|count| *count != each && *count <= MOST / shown.len());
        let others = others
            .map(|count| (format!("/patients/{id}/labels?count={count}&also={}", query.also), tr!(patients.labels_of_each, count = count)));
        let others: Vec<(String, String)> = others.collect();
        view! {
            <PaperPage back=format!("/patients/{id}") back_words=tr!(patients.record) others>
                <PrintSheet hospital=hospital.name.clone() title=tr!(patients.labels)>
                    <div class="label-sheet">{labels}</div>
                </PrintSheet>
            </PaperPage>
        }
    })
    .layout(Layout::Print))
}

fn one(patient: &Patient, hospital: &str) -> AnyView {
    let born = format!("{} {} · {}", tr!(ui.born), patient.facts.birth.shown(), patient.facts.sex.words());
    view! {
        <div class="label-sheet__one">
            <p class="label-sheet__from">{hospital.to_owned()}</p>
            <p class="label__name">{patient.facts.name.listed()}</p>
            <p>{born}</p>
            <Barcode text=patient.mrn.clone()/>
        </div>
    }
    .into_any()
}
