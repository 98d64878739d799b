//! Acts on the summary of a stay: save, sign, amend.

use super::{DischargeMedicine, SUMMARY, StaySummary, SummaryForm, SummaryText, store, undecided};
use crate::{
    audit::Action,
    clinical::{self, DocumentSigner},
    core::{AdmissionId, DischargeSummaryId, Error, Permission, Result, error::FieldErrors},
    rounds::stay::{self, StayTurn},
    server::Ctx,
    tr,
};

/// Saves the draft of a stay's summary; the first save creates it. With `signs` it is signed.
///
/// # Errors
/// [`Error::Invalid`] with the field that a signed summary needs; [`Error::Conflict`] when another user saved or signed it, or an order is
/// not decided on.
pub async fn save(ctx: &mut Ctx, id: AdmissionId, form: &SummaryForm, signs: bool) -> Result<()> {
    let turn = stay::turn(ctx, Permission::WriteNotes, id).await?;
    let summary = keep(ctx, &turn, form).await?;
    if signs {
        publish(ctx, &turn, summary).await?;
    }
    turn.tell_board(ctx);
    Ok(())
}

async fn keep(ctx: &mut Ctx, turn: &StayTurn, form: &SummaryForm) -> Result<DischargeSummaryId> {
    let versions = store::of_stay(&mut ctx.tx, turn.admission.id).await?;
    let stamp = ctx.stamp();
    if let Some(draft) = versions.iter().find(|version| !version.is_final()) {
        if draft.saved != form.saved {
            return Err(Error::conflict(tr!(rounds.saved_elsewhere)));
        }
        store::save(&mut ctx.tx, turn.locked, draft, form).await?;
        turn.record(ctx, Action::Update, "discharge_summary", draft.id);
        return Ok(draft.id);
    }
    if form.saved != 0 || !versions.is_empty() {
        return Err(Error::conflict(tr!(rounds.saved_elsewhere)));
    }
    let id = DischargeSummaryId::new();
    store::insert(&mut ctx.tx, turn.locked, (id, 1), &turn.admission, form, stamp).await?;
    turn.record(ctx, Action::Create, "discharge_summary", id);
    Ok(id)
}

/// Refuses a summary that lacks what a signed one needs.
fn complete(summary: &StaySummary) -> Result<()> {
    let mut errors = FieldErrors::new();
    for (field, text) in [("diagnoses", &summary.text.sections[0]), ("course", &summary.text.sections[1])] {
        if text.trim().is_empty() {
            errors.add(field, tr!(errors.required));
        }
    }
    if summary.version > 1 && summary.text.amendment.is_empty() {
        errors.add("amendment", tr!(errors.required));
    }
    errors.finish()
}

/// Signs a draft: it replaces the version before.
async fn publish(ctx: &mut Ctx, turn: &StayTurn, id: DischargeSummaryId) -> Result<()> {
    let summary = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    complete(&summary)?;
    let left: Vec<DischargeMedicine> = undecided(ctx, &turn.admission, &summary.medicines, turn.zone).await?;
    if let Some(first) = left.first() {
        let field = first.order_id.map(|order| format!("decision-{order}")).unwrap_or_default();
        return Err(Error::invalid(&field, tr!(rounds.undecided, medicine = first.medicine.clone())));
    }
    let (now, name) = (ctx.now, ctx.who.name.clone());
    let signer = DocumentSigner { user: ctx.user(), name: &name, at: now };
    let signature = clinical::sign_document(&mut ctx.tx, SUMMARY, &summary.parts(), &signer).await?;
    store::supersede(&mut ctx.tx, turn.locked, now).await?;
    store::set_final(&mut ctx.tx, turn.locked, id, &signer, &signature).await.map_err(|error| {
        if error.violates("discharge_medicines_complete") { Error::conflict(tr!(rounds.order_came)) } else { error.into() }
    })?;
    turn.record(ctx, Action::Sign, "discharge_summary", id);
    Ok(())
}

/// Begins an amendment of the signed summary: a draft of the next version with its text and medicines.
///
/// # Errors
/// [`Error::Conflict`] when there is no signed summary, or a draft already.
pub async fn amend(ctx: &mut Ctx, id: AdmissionId) -> Result<()> {
    let turn = stay::turn(ctx, Permission::WriteNotes, id).await?;
    let versions = store::of_stay(&mut ctx.tx, id).await?;
    let current = versions.iter().find(|version| version.is_current());
    let (Some(current), false) = (current, versions.iter().any(|version| !version.is_final())) else {
        return Err(Error::conflict(tr!(rounds.being_amended)));
    };
    let text = SummaryText { amendment: String::new(), ..current.text.clone() };
    let form = SummaryForm { saved: 0, text, medicines: current.medicines.clone() };
    let (stamp, new) = (ctx.stamp(), DischargeSummaryId::new());
    store::insert(&mut ctx.tx, turn.locked, (new, current.version + 1), &turn.admission, &form, stamp).await?;
    turn.record(ctx, Action::Create, "discharge_summary", new);
    Ok(())
}
