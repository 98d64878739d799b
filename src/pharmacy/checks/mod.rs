//! The checks that the pharmacy repeats when it verifies a prescription and when it hands the medicine out. A warning that is new since the signature
//! stops the supply until the pharmacist decides, with a reason that is kept.

mod store;

use sha2::{Digest as _, Sha256};

use super::supplies::Supply;
use crate::{
    clinical,
    core::{Error, FieldError, PrescriptionId, Result, SupplyFindingId, time::Instant},
    formulary::{CheckLevel, check::Warning},
    server::Ctx,
    tr,
};

pub use store::decided;

crate::text_enum! {
    /// The moment of the pharmacy's check.
    pub enum SupplyStage("stage") {
        Verify = "verify" => tr!(pharmacy.stage_verify),
        HandOver = "hand_over" => tr!(pharmacy.stage_hand_over),
    }
}

/// A warning with the pharmacist's decision.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SupplyFinding {
    pub id: SupplyFindingId,
    pub stage: SupplyStage,
    pub rule_key: String,
    pub level: CheckLevel,
    pub sentence: String,
    pub reason: String,
    pub at: Instant,
    pub by_name: String,
}

/// The pharmacist's answer to the warnings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckDecision {
    pub reason: String,
    /// The digest of the warnings that the form showed.
    pub seen: String,
}

/// Identifies the warnings that a form shows; empty without a warning.
pub fn seen(warnings: &[Warning]) -> String {
    if warnings.is_empty() {
        return String::new();
    }
    let keys: Vec<&str> = warnings.iter().map(|warning| warning.key.as_str()).collect();
    Sha256::digest(keys.join("\n").as_bytes()).iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the warnings about a supply that nobody has answered: neither its prescriber nor a pharmacist.
///
/// # Errors
/// When the database refuses.
pub async fn open_findings(ctx: &mut Ctx, supply: &Supply) -> Result<Vec<Warning>> {
    let mut found = clinical::check_signed(ctx, PrescriptionId(supply.id.0)).await?;
    let known = store::decided(&mut ctx.tx, supply.id).await?;
    found.retain(|warning| !known.iter().any(|finding| finding.rule_key == warning.key));
    Ok(found)
}

/// Checks a supply again, under the locks of its patient and itself, and keeps the pharmacist's decision about what is new.
///
/// # Errors
/// [`Error::Invalid`] with the warnings in `decision` and their digest in `seen`, until the form sends a reason with that digest.
pub async fn check(ctx: &mut Ctx, supply: &Supply, stage: SupplyStage, decision: &CheckDecision) -> Result<()> {
    let found = open_findings(ctx, supply).await?;
    let shown = seen(&found);
    if found.is_empty() {
        return Ok(());
    }
    if decision.reason.is_empty() || decision.seen != shown {
        let sentences: Vec<&str> = found.iter().map(|warning| warning.sentence.as_str()).collect();
        return Err(Error::Invalid(vec![
            FieldError { field: "decision".into(), message: sentences.join(" ") },
            FieldError { field: "seen".into(), message: shown },
        ]));
    }
    let stamp = ctx.stamp();
    for warning in &found {
        store::insert(&mut ctx.tx, supply, (stage, &decision.reason), warning, stamp).await?;
    }
    Ok(())
}
