//! The catalogue: procedures with their modality, preparation, contrast, minutes and report text.
//!
//! A procedure that was shipped or changed is unconfirmed until the head of radiology confirms it. An unconfirmed procedure can be ordered,
//! and the pages of its studies say that it is unconfirmed.

mod file;
mod form;
mod starter;
mod store;

use crate::{
    audit::{Action, FieldChange},
    core::{
        Error, ImagingProcedureId, PriceItemId, Result,
        locale::{self, Locale},
        time::Instant,
    },
    db::{DbError, Tx},
    lab::PortalRule,
    server::Ctx,
    tr,
};

use super::vocabulary::{ContrastRoute, Modality, SafetyQuestion};

pub use file::{ImportedProcedures, ProcedureOutcome, export, import};
pub use form::ProcedureForm;
pub use starter::{adopt, stock};
pub use store::procedures;

/// A procedure of imaging.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ImagingProcedure {
    pub id: ImagingProcedureId,
    pub code: String,
    pub name_en: String,
    pub name_es: String,
    pub modality: Modality,
    pub body_part: String,
    /// Whether the order says left, right or both.
    pub sided: bool,
    pub contrast: ContrastRoute,
    /// Minutes in the room.
    pub minutes: i64,
    pub preparation_en: String,
    pub preparation_es: String,
    pub ionising: bool,
    /// Whether a radiologist decides on the protocol before it is booked.
    pub needs_vetting: bool,
    /// The text that a new report begins with.
    pub template: String,
    pub loinc: String,
    pub loinc_name: String,
    pub portal_rule: PortalRule,
    pub portal_hours: i64,
    pub item_id: Option<PriceItemId>,
    pub source: String,
    pub confirmed_at: Option<Instant>,
    pub confirmer: Option<String>,
    pub version: i64,
    pub retired_at: Option<Instant>,
}

/// Returns the text in the reader's language.
fn in_language<'n>(en: &'n str, es: &'n str) -> &'n str {
    match locale::current() {
        Locale::en => en,
        Locale::es => es,
    }
}

impl ImagingProcedure {
    pub fn name(&self) -> &str {
        in_language(&self.name_en, &self.name_es)
    }

    pub fn preparation(&self) -> &str {
        in_language(&self.preparation_en, &self.preparation_es)
    }

    pub const fn is_confirmed(&self) -> bool {
        self.confirmed_at.is_some()
    }

    pub const fn is_retired(&self) -> bool {
        self.retired_at.is_some()
    }

    /// The questions that are asked before the images are made, apart from that about a pregnancy, which depends on the patient.
    pub fn questions(&self) -> Vec<SafetyQuestion> {
        let mut questions = Vec::new();
        if self.contrast != ContrastRoute::None {
            questions.push(SafetyQuestion::ContrastReaction);
        }
        if self.contrast == ContrastRoute::Iv {
            questions.push(SafetyQuestion::Kidney);
        }
        if self.modality == Modality::Mr {
            questions.push(SafetyQuestion::Implants);
        }
        questions
    }
}

/// Reads a procedure, also a retired one.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn procedure(tx: &mut Tx, id: ImagingProcedureId) -> Result<ImagingProcedure> {
    procedures(tx).await?.into_iter().find(|procedure| procedure.id == id).ok_or(Error::NotFound)
}

fn changed() -> Error {
    Error::conflict(tr!(imaging.procedure_changed))
}

/// The fields of a procedure as the audit log compares them.
fn values(form: &ProcedureForm) -> Vec<(&'static str, String)> {
    let word = |on: bool| if on { "true".to_owned() } else { String::new() };
    vec![
        ("name_en", form.name_en.clone()),
        ("name_es", form.name_es.clone()),
        ("body_part", form.body_part.clone()),
        ("sided", word(form.sided)),
        ("contrast", form.contrast.as_str().to_owned()),
        ("minutes", form.minutes.to_string()),
        ("preparation_en", form.preparation_en.clone()),
        ("preparation_es", form.preparation_es.clone()),
        ("ionising", word(form.ionising)),
        ("needs_vetting", word(form.needs_vetting)),
        ("template", form.template.clone()),
        ("loinc", form.loinc.clone()),
        ("portal_rule", form.portal_rule.as_str().to_owned()),
        ("portal_hours", form.portal_hours.to_string()),
        ("source", form.source.clone()),
    ]
}

/// Adds a procedure (`version` 0), or changes one: its confirmation ends. Nothing is written when nothing changed.
///
/// # Errors
/// [`Error::Invalid`] with the field; [`Error::Conflict`] when somebody else changed it.
pub async fn save(ctx: &mut Ctx, id: ImagingProcedureId, version: i64, form: &ProcedureForm) -> Result<()> {
    let stamp = ctx.stamp();
    if version == 0 {
        let known = procedures(&mut ctx.tx).await?;
        if let Some(there) = known.iter().find(|procedure| procedure.id == id) {
            return if there.code == form.code { Ok(()) } else { Err(Error::key_used()) };
        }
        let taken = |error: DbError| match error.violates("imaging_procedures_code") || error.is_unique() {
            true => Error::invalid("code", tr!(imaging.code_taken)),
            false => error.into(),
        };
        store::insert(&mut ctx.tx, id, form, stamp).await.map_err(taken)?;
        ctx.did(Action::Create, "imaging_procedure", id, None);
        return Ok(());
    }
    let lock = ctx.tx.lock(id).await?;
    let before = procedure(&mut ctx.tx, id).await?;
    for (same, field) in [(before.code == form.code, "code"), (before.modality == form.modality, "modality")] {
        if !same {
            return Err(Error::invalid(field, tr!(imaging.field_fixed)));
        }
    }
    let changes: Vec<FieldChange> = values(&ProcedureForm::of(&before))
        .into_iter()
        .zip(values(form))
        .filter(|((_, before), (_, after))| before != after)
        .map(|((field, before), (_, after))| FieldChange { field: field.to_owned(), before, after })
        .collect();
    if changes.is_empty() {
        return Ok(());
    }
    if !store::update(&mut ctx.tx, lock, version, form, stamp).await? {
        return Err(changed());
    }
    ctx.did_change(Action::Update, "imaging_procedure", id, &changes);
    Ok(())
}

/// Confirms a procedure: the head of radiology takes responsibility for it.
///
/// # Errors
/// [`Error::Conflict`] when somebody else changed it.
pub async fn confirm(ctx: &mut Ctx, id: ImagingProcedureId, version: i64) -> Result<()> {
    let lock = ctx.tx.lock(id).await?;
    let before = procedure(&mut ctx.tx, id).await?;
    if before.is_confirmed() {
        return Ok(());
    }
    let stamp = ctx.stamp();
    if !store::confirm(&mut ctx.tx, lock, version, stamp).await? {
        return Err(changed());
    }
    let change = FieldChange { field: "confirmed".to_owned(), before: String::new(), after: "true".to_owned() };
    ctx.did_change(Action::Update, "imaging_procedure", id, &[change]);
    Ok(())
}

/// Retires a procedure, or takes it back into use. Studies that were ordered go on.
///
/// # Errors
/// [`Error::Conflict`] when somebody else changed it.
pub async fn retire(ctx: &mut Ctx, id: ImagingProcedureId, version: i64, retired: bool) -> Result<()> {
    let lock = ctx.tx.lock(id).await?;
    if procedure(&mut ctx.tx, id).await?.is_retired() == retired {
        return Ok(());
    }
    let stamp = ctx.stamp();
    if !store::set_retired(&mut ctx.tx, lock, version, retired, stamp).await? {
        return Err(changed());
    }
    ctx.did(Action::Update, "imaging_procedure", id, None);
    Ok(())
}
