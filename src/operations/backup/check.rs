//! Checks a copy of the database as a whole: its pages, all rules of `infirmary check`, the seals of the audit log, every sealed field.

use std::collections::BTreeMap;

use super::{Manifest, copy::Copied};
use crate::{
    audit,
    db::Database,
    keys::Source,
    server::{Program, config::Config},
};

/// The most faults that a manifest names one by one.
const NAMED: usize = 200;

/// The result.
pub(super) struct Checked {
    pub schema: i64,
    pub rows: BTreeMap<String, i64>,
    pub current_key: u32,
    pub oldest_key: u32,
    pub findings: Vec<String>,
}

/// Returns the settings for a copy: the same keys, and no checkpoints, because a copy's log ends earlier.
pub(super) fn settings_of(config: &Config, url: &str) -> Config {
    let mut settings = Config { database_url: url.to_owned(), audit_checkpoints: None, ..config.clone() };
    if let Source::File(file) = config.key_source() {
        settings.key_file = Some(file);
    }
    settings
}

/// Checks a copy. One of an older schema is brought up to date; its rows are counted before that, and compared with its manifest.
pub(super) async fn check(
    program: &'static Program,
    config: &Config,
    copy: &Copied,
    manifest: Option<&Manifest>,
) -> Result<Checked, String> {
    let failed = |error: crate::db::DbError| format!("the copy does not answer: {error}");
    let settings = settings_of(config, &copy.url);
    if !settings.key_source().exists() {
        return Err(format!(
            "the check opens every sealed field and needs the keys: {} is not there. They are not in a backup: bring their copy from where it is kept",
            settings.key_source().name()
        ));
    }
    let bare = super::open_existing(&copy.url).await?;
    let seen = async {
        let damage = bare.damage().await.map_err(failed)?;
        let schema = bare.schema().await.map_err(failed)?.ok_or("the copy is empty")?;
        Ok::<_, String>((damage, schema, bare.rows_of_tables().await.map_err(failed)?))
    };
    let seen = seen.await;
    bare.close().await;
    let (mut findings, schema, rows) = seen?;
    if schema > Database::newest_schema() {
        return Err(format!(
            "the backup has schema {schema}, and this program knows {} at most: use the newer program",
            Database::newest_schema()
        ));
    }
    if let Some(manifest) = manifest {
        compare(manifest, schema, &rows)?;
    }
    let db = (program.open)(settings).await?;
    let looked = look(program, &db, &mut findings).await;
    let (current_key, oldest_key) = (db.keys().current(), db.keys().least().1);
    db.close().await;
    looked?;
    if findings.len() > NAMED {
        let more = findings.len() - NAMED;
        findings.truncate(NAMED);
        findings.push(format!("and {more} more"));
    }
    Ok(Checked { schema, rows, current_key, oldest_key, findings })
}

fn compare(manifest: &Manifest, schema: i64, rows: &BTreeMap<String, i64>) -> Result<(), String> {
    if schema != manifest.schema {
        return Err(format!("the manifest says schema {}, and the database has {schema}", manifest.schema));
    }
    let tables = rows.keys().chain(manifest.rows.keys());
    for table in tables {
        let (wanted, found) = (manifest.rows.get(table), rows.get(table));
        if wanted != found {
            let words = |count: Option<&i64>| count.map_or_else(|| "no such table".to_owned(), |count| format!("{count} rows"));
            return Err(format!("table {table}: the manifest says {}, and the database has {}", words(wanted), words(found)));
        }
    }
    Ok(())
}

async fn look(program: &'static Program, db: &Database, findings: &mut Vec<String>) -> Result<(), String> {
    let failed = |error: crate::core::Error| format!("the copy does not answer: {error}");
    let mut tx = db.read().await.map_err(|error| failed(error.into()))?;
    for finding in (program.checks)(&mut tx).await.map_err(failed)? {
        if finding.broken > 0 {
            findings.push(format!("infirmary check: {} ({} times)", finding.rule, finding.broken));
        }
    }
    let verdict = audit::verify(&mut tx, None).await.map_err(failed)?;
    findings.extend(verdict.broken.iter().map(|broken| format!("infirmary audit verify: {broken}")));
    Ok(())
}
