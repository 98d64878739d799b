//! The command `infirmary audit verify`.

use std::path::PathBuf;

use clap::Args;

use super::{TORN, Witness, verify};
use crate::{commands, server::config::Config};

/// The number of faults that are printed; the rest is only counted.
const SHOWN: usize = 200;

/// The arguments of `infirmary audit verify`.
#[derive(Args, Debug, Default)]
pub struct VerifyAudit {
    /// A copy of the checkpoints, used instead of the configured file.
    #[arg(long)]
    checkpoints: Option<PathBuf>,
    /// The public key that must have signed the checkpoints (64 hexadecimal digits), instead of the one beside the key.
    #[arg(long)]
    public_key: Option<String>,
}

/// Verifies the audit log of the configured database.
///
/// # Errors
/// A sentence: a row, seal or checkpoint was changed, removed or inserted, or the checkpoints cannot be read.
pub async fn verify_audit(config: &Config, what: &VerifyAudit) -> Result<(), String> {
    let witness = Witness::read(config, what.checkpoints.as_deref(), what.public_key.as_deref())?;
    let db = commands::open(config).await?;
    let verdict = {
        let mut tx = db.read().await.map_err(|error| error.to_string())?;
        verify(&mut tx, witness.as_ref()).await.map_err(|error| error.to_string())?
    };
    for broken in verdict.broken.iter().take(SHOWN) {
        println!("BROKEN  {broken}");
    }
    if let Some(more @ 1..) = verdict.broken.len().checked_sub(SHOWN) {
        println!("BROKEN  and {more} more");
    }
    println!("sealed: {} rows in {} seals", verdict.sealed, verdict.seals);
    match verdict.waiting_since {
        Some(since) => println!("not sealed yet: {} rows, the first of {since}", verdict.waiting),
        None => println!("not sealed yet: 0 rows"),
    }
    match &witness {
        Some(witness) => {
            println!("checkpoints: {} of {} agree", verdict.checkpoints, witness.len());
            if witness.is_torn() {
                println!("note: {TORN}");
            }
        }
        None => println!(
            "checkpoints: none are configured (setting `audit_checkpoints`); a database that was put back as a whole would not show"
        ),
    }
    commands::close(&db, config).await?;
    match verdict.broken.len() {
        0 => {
            println!("OK");
            Ok(())
        }
        count => Err(format!("the audit log is not as it was sealed: {count} findings")),
    }
}
