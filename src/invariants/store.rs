//! The queries: the engine's own integrity check, and the number of rows that break a rule.

use crate::{
    core::Result,
    db::{Engine, Tx, sql},
    server::department::{Finding, Rule},
};

pub(super) async fn check(tx: &mut Tx) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    if tx.engine() == Engine::Sqlite {
        let broken = tx.all::<(Option<String>,)>(sql("SELECT \"table\" FROM pragma_foreign_key_check")).await?.len();
        findings.push(Finding::of("every reference leads somewhere", i64::try_from(broken).unwrap_or(i64::MAX)));
        let words = tx.all::<(String,)>(sql("SELECT integrity_check FROM pragma_integrity_check")).await?;
        let broken = words.iter().filter(|(word,)| word != "ok").count();
        findings.push(Finding::of("the file is whole", i64::try_from(broken).unwrap_or(i64::MAX)));
    }
    Ok(findings)
}

/// Returns the number of rows that break the rule.
pub(super) async fn broken(tx: &mut Tx, rule: &Rule) -> Result<i64> {
    Ok(tx.count(sql(rule.broken)).await?)
}
