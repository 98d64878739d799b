//! Checks the rules that must hold for the whole database. Constraints enforce most of them already; the others span several rows
//! (sums, gapless numbers, one open entry per open visit, the audit log's seals). Each department states the rules for its rows
//! (`rules.rs`, `department.rs`); `infirmary check` runs all of them.

mod store;

pub use crate::server::department::Finding;
use crate::{app::DEPARTMENTS, core::Result, db::Tx};

/// Checks all rules.
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
