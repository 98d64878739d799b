//! What must be true of the whole database, checked by asking it. Most of it constraints refuse already; the rest spans
//! rows (sums, gapless numbers, one open entry per open visit, the audit log's seals). Each department says what is true of its rows
//! (`rules.rs`, `department.rs`); `infirmary check` runs all of it.

mod store;

pub use crate::server::department::Finding;
use crate::{app::DEPARTMENTS, core::Result, db::Tx};

/// Asks the database all of it.
///
/// # Errors
/// When the database does not answer.
pub async fn check(tx: &mut Tx) -> Result<Vec<Finding>> {
    let mut findings = store::check(tx).await?;
    for department in DEPARTMENTS.0 {
        for rule in department.rules {
            findings.push(Finding::of(rule.holds, store::broken(tx, rule).await?));
        }
        if let Some(checks) = department.checks {
            findings.extend(checks(tx).await?);
        }
    }
    Ok(findings)
}
