//! What must be true of the whole database, checked by asking it. Most of it constraints refuse already; the rest spans
//! rows (sums, gapless numbers, one open entry per open visit, the audit log's seals). `infirmary check` runs all of it.

mod store;

use uuid::Uuid;

use crate::{core::Result, db::Tx};

/// One thing that must be true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The sentence that should hold.
    pub rule: &'static str,
    /// How many rows break it; 0 is well.
    pub broken: i64,
    /// Their ids, where a person corrects them one by one.
    pub rows: Vec<Uuid>,
}

impl Finding {
    const fn of(rule: &'static str, broken: i64) -> Self {
        Self { rule, broken, rows: Vec::new() }
    }
}

/// Asks the database all of it.
///
/// # Errors
/// When the database does not answer.
pub async fn check(tx: &mut Tx) -> Result<Vec<Finding>> {
    let mut findings = store::check(tx).await?;
    let broken = crate::audit::verify(tx, None).await?.broken.len();
    findings.push(Finding::of("the audit log is as it was sealed", i64::try_from(broken).unwrap_or(i64::MAX)));
    let sealed = crate::sealing::check(tx).await?;
    findings.push(Finding::of("no field that is to be sealed is plain", sealed.plain));
    findings.push(Finding::of("what is sealed opens in its place", sealed.unopened));
    findings.push(Finding::of("what is sealed is as the program left it", sealed.put_back));
    findings.push(Finding::of("what is sealed is found by its blind index", sealed.unfound));
    findings.push(Finding::of("what is signed is what was signed", crate::clinical::broken_signatures(tx).await?));
    let counted = crate::clinical::is_counted(tx).await?;
    findings.push(Finding::of("the mark that signatures were counted stands", i64::from(!counted)));
    Ok(findings)
}
