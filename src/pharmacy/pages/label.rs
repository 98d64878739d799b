//! `/pharmacy/dispenses/{id}/label`: the label for the bag, in the patient's language, 70 x 35 mm. Its code names the prescription: the pharmacy's list
//! and the hand-over read it. Cautions that no pharmacist confirmed are not printed.

use leptos::prelude::*;

use crate::{
    core::{
        DispenseId, Permission, Result,
        locale::{self, LOCALE, Locale},
        time::show_date,
    },
    patients::{self, grants::reads},
    pharmacy::{dispensing, labels, supplies},
    server::{Ctx, Page, Path, page::Layout},
    tr,
    ui::{NoticeBox, PaperPage, PrintSheet, QrCode, Tone},
};

/// A label with more letters than this gets smaller ones.
const DENSE: usize = 130;

/// Shows the label of a hand-over.
///
/// # Errors
/// Not allowed, another clinic's, or when the database refuses.
pub async fn label_page(Path(id): Path<DispenseId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::Dispense).await?;
    let (dispense, supply) = dispensing::shown(&mut ctx, id).await?;
    ctx.saw(supply.patient_id, "pharmacy_record").await?;
    let given = supplies::given_dosage(&mut ctx, &supply).await?;
    let advice = labels::advice(&mut ctx, &supply).await?;
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
            let batches = lines.iter().map(|line| {
                let expiry = line.expires_on.map(|day| tr!(pharmacy.label_expires, day = show_date(day)));
                [Some(tr!(pharmacy.label_batch, batch = line.batch_no.clone())), expiry]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>()
                    .join(" · ")
            });
            let batches = batches.collect::<Vec<_>>().join("; ");
            let quantity = dispense.unit.count(dispense.quantity);
            let cautions = advice.cautions.iter().filter(|_| advice.confirmed).map(|caution| caution.words());
            let in_use = advice.in_use_days.filter(|_| advice.confirmed).map(|days| tr!(pharmacy.label_in_use, count = days));
            let more = std::iter::once(supply.dosage.instructions.as_str())
                .chain(cautions)
                .chain(in_use.as_deref())
                .filter(|words| !words.is_empty());
            let more = more.collect::<Vec<_>>().join(" ");
            let directions = supplies::directions(&given);
            let letters =
                name.chars().count() + dispense.substitute_for.chars().count() + directions.chars().count() + more.chars().count();
            let class = match letters > DENSE {
                true => "sheet--label sheet--medicine sheet--dense",
                false => "sheet--label sheet--medicine",
            };
            let more = (!more.is_empty()).then(|| view! { <p>{more}</p> });
            let instead = (!dispense.substitute_for.is_empty()).then(|| {
                view! { <p>{tr!(pharmacy.instead_of, drug = dispense.substitute_for.clone())}</p> }
            });
            let from = [show_date(zone.day(dispense.at)), supply.prescriber.clone(), clinic.name.clone(), clinic.phone.clone()];
            let from = from.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
            let identity = format!("{} · {} {}", supply.birth.shown(), tr!(ui.mrn), supply.mrn);
            view! {
                <PrintSheet hospital=hospital.name.clone() title=tr!(pharmacy.label) class=class>
                    <div class="label__code"><QrCode text=labels::code(supply.id) label=tr!(pharmacy.label_code)/></div>
                    <p class="label__name">{supply.patient_name.full()}</p>
                    <p>{identity}</p>
                    <p><strong>{name}</strong>" · "{quantity}</p>
                    {instead}
                    <p class="label__directions">{directions}</p>
                    {more}
                    <p class="label__from">{batches}" · "{tr!(pharmacy.keep_out_of_reach)}</p>
                    <p class="label__from">{from}</p>
                </PrintSheet>
            }
            .into_any()
        });
        let back = format!("/pharmacy/supplies/{}", supply.id);
        let unprinted = ((!advice.cautions.is_empty() || advice.in_use_days.is_some()) && !advice.confirmed).then(|| {
            view! { <div class="no-print"><NoticeBox tone=Tone::Warning><p>{tr!(pharmacy.cautions_unprinted)}</p></NoticeBox></div> }
        });
        view! {
            <PaperPage back back_words=tr!(pharmacy.supply)>
                {unprinted}
                <div lang=locale::code(language)>{sheet}</div>
            </PaperPage>
        }
    })
    .layout(Layout::Print))
}
