//! What must be true of the whole database, checked by asking it. Most of it constraints refuse already; the rest spans
//! rows (sums, gapless numbers, one open entry per open visit, the audit log's seals). `infirmary check` runs all of it.

mod store;

use crate::{core::Result, db::Tx};

/// One thing that must be true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The sentence that should hold.
    pub rule: &'static str,
    /// How many rows break it; 0 is well.
    pub broken: i64,
}

/// Asks the database all of it.
///
/// # Errors
/// When the database does not answer.
pub async fn check(tx: &mut Tx) -> Result<Vec<Finding>> {
    let mut findings = store::check(tx).await?;
    let broken = crate::audit::verify(tx, None).await?.broken.len();
    findings.push(Finding { rule: "the audit log is as it was sealed", broken: i64::try_from(broken).unwrap_or(i64::MAX) });
    let sealed = crate::sealing::check(tx).await?;
    findings.push(Finding { rule: "no field that is to be sealed is plain", broken: sealed.plain });
    findings.push(Finding { rule: "what is sealed opens in its place", broken: sealed.unopened });
    findings.push(Finding { rule: "what is sealed is as the program left it", broken: sealed.put_back });
    findings.push(Finding { rule: "what is sealed is found by its blind index", broken: sealed.unfound });
    findings.push(Finding { rule: "what is signed is what was signed", broken: crate::clinical::broken_signatures(tx).await? });
    let counted = crate::clinical::is_counted(tx).await?;
    findings.push(Finding { rule: "the mark that signatures were counted stands", broken: i64::from(!counted) });
    Ok(findings)
}
