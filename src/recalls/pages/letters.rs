//! `/recalls/{id}/letters`: a letter to each patient who waits to be told, in the patient's language.

use leptos::prelude::*;

use super::item_name;
use crate::{
    core::{
        Permission, RecallId, Result,
        locale::{self, LOCALE},
        time::show_date,
    },
    patients::{self, Patient, grants::reads},
    recalls::{
        RecallPatientState, acts,
        store::{self, Recall, RecallBatch},
    },
    server::{Ctx, Page, Path, page::Layout},
    tr,
    ui::{PaperPage, PrintSheet},
};

/// The most letters at once; the next ones follow when these patients are marked as told.
const MOST: i64 = 50;

/// Shows the letters.
///
/// # Errors
/// Not allowed, another clinic's recall, or when the database refuses.
pub async fn letters_page(Path(id): Path<RecallId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::Dispense).await?;
    let recall = acts::at_clinic(&mut ctx, Permission::Dispense, id).await?;
    let batches = store::batches(&mut ctx.tx, id).await?;
    let mut waiting = store::patients(&mut ctx.tx, id, MOST, 0).await?;
    waiting.retain(|patient| patient.state == RecallPatientState::Found);
    let people: Vec<_> = waiting.iter().map(|patient| patient.patient_id).collect();
    ctx.saw_beyond(people.clone(), people.clone(), "recall_letters").await?;
    let mut patients = Vec::new();
    for patient in people {
        patients.push(patients::find(&mut ctx.tx, patient).await?);
    }
    let (hospital, clinic, today) = (ctx.state().hospital(), ctx.clinic.clone(), ctx.today());
    Ok(Page::new(tr!(recalls.letters), move || {
        let lines = hospital.letterhead(Some(&clinic));
        let letters = patients
            .iter()
            .map(|patient| {
                let language = reads(&patient.facts.more.language).unwrap_or_else(locale::current);
                LOCALE
                    .sync_scope(language, || letter(&recall, &batches, patient, (hospital.name.as_str(), lines.clone()), show_date(today)))
            })
            .collect_view();
        let none = patients.is_empty().then(|| view! { <p>{tr!(recalls.no_letters)}</p> });
        view! { <PaperPage back=format!("/recalls/{id}") back_words=tr!(recalls.recall)>{none}{letters}</PaperPage> }
    })
    .layout(Layout::Print))
}

fn letter(recall: &Recall, batches: &[RecallBatch], patient: &Patient, (hospital, lines): (&str, Vec<String>), today: String) -> AnyView {
    let named = batches.iter().map(|batch| batch.batch_no.clone()).collect::<Vec<_>>().join(", ");
    let facts = vec![today, recall.reference.clone()];
    let got = tr!(recalls.letter_got, item = item_name(recall), batches = named);
    let language = locale::code(locale::current());
    let (name, address) = (patient.facts.name.full(), patient.facts.more.address_line());
    view! {
        <PrintSheet hospital=hospital.to_owned() hospital_lines=lines title=tr!(recalls.letter_title) facts>
            <div lang=language>
                <p>{name}<br/>{address}</p>
                <p>{got}</p>
                <p><strong>{tr!(recalls.letter_stop)}</strong></p>
                <p>{tr!(recalls.letter_bring)}</p>
                <p>{tr!(recalls.letter_unwell)}</p>
            </div>
        </PrintSheet>
    }
    .into_any()
}
