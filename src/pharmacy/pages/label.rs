//! `/pharmacy/dispenses/{id}/label`: the label for the bag, in the patient's language, 70 x 35 mm.

use leptos::prelude::*;

use crate::{
    core::{
        DispenseId, Permission, Result,
        locale::{self, LOCALE, Locale},
        time::show_date,
    },
    patients::{self, grants::reads},
    pharmacy::{dispensing, supplies},
    server::{Ctx, Page, Path, page::Layout},
    tr,
    ui::{PaperPage, PrintSheet},
};

/// Shows the label of a hand-over.
///
/// # Errors
/// Not allowed, another clinic's, or when the database refuses.
pub async fn label_page(Path(id): Path<DispenseId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::Dispense).await?;
    let (dispense, supply) = dispensing::shown(&mut ctx, id).await?;
    ctx.saw(supply.patient_id, "pharmacy_record").await?;
    let given = supplies::given_dosage(&mut ctx, &supply).await?;
    let patient = patients::find(&mut ctx.tx, supply.patient_id).await?;
    let lines = dispensing::lines_of(&mut ctx.tx, &[id]).await?;
    let (hospital, clinic, zone) = (ctx.state().hospital(), ctx.clinic.clone(), ctx.zone());
    Ok(Page::new(tr!(pharmacy.label), move || {
        let language = reads(&patient.facts.more.language).unwrap_or_else(locale::current);
        let sheet = LOCALE.sync_scope(language, || {
            let name = match language {
                Locale::es if !dispense.item_name_es.is_empty() => dispense.item_name_es.clone(),
                Locale::en | Locale::es => dispense.item_name.clone(),
            };
            let batches = lines
                .iter()
                .map(|line| {
                    let expiry = line.expires_on.map(|day| format!(" · {}", tr!(pharmacy.label_expires, day = show_date(day))));
                    view! { <p>{tr!(pharmacy.label_batch, batch = line.batch_no.clone())}{expiry}</p> }
                })
                .collect_view();
            let quantity = dispense.unit.count(dispense.quantity);
            let instructions = (!supply.dosage.instructions.is_empty()).then(|| view! { <p>{supply.dosage.instructions.clone()}</p> });
            let instead = (!dispense.substitute_for.is_empty()).then(|| {
                view! { <p>{tr!(pharmacy.instead_of, drug = dispense.substitute_for.clone())}</p> }
            });
            let from = [show_date(zone.day(dispense.at)), supply.prescriber.clone(), clinic.name.clone(), clinic.phone.clone()];
            let from = from.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
            let identity = format!("{} · {} {}", supply.birth.shown(), tr!(ui.mrn), supply.mrn);
            view! {
                <PrintSheet hospital=hospital.name.clone() title=tr!(pharmacy.label) class="sheet--label sheet--medicine">
                    <p class="label__name">{supply.patient_name.full()}</p>
                    <p>{identity}</p>
                    <p><strong>{name}</strong>" · "{quantity}</p>
                    {instead}
                    <p class="label__directions">{supplies::directions(&given)}</p>
                    {instructions}
                    {batches}
                    <p>{tr!(pharmacy.keep_out_of_reach)}</p>
                    <p>{from}</p>
                </PrintSheet>
            }
            .into_any()
        });
        let back = format!("/pharmacy/supplies/{}", supply.id);
        view! {
            <PaperPage back back_words=tr!(pharmacy.supply)>
                <div lang=locale::code(language)>{sheet}</div>
            </PaperPage>
        }
    })
    .layout(Layout::Print))
}
