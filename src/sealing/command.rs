//! The command `infirmary keys`.

use std::io::Write as _;

use clap::Args;

use crate::{core::time::Clock, keys::Source, server::config::Config};

/// The arguments of `infirmary keys rotate`.
#[derive(Args, Debug)]
pub struct Rotate {}

/// Creates a new version of the key and encrypts all data keys with it, while servers continue.
///
/// # Errors
/// A sentence.
pub async fn rotate_keys(config: &Config, _: &Rotate) -> Result<(), String> {
    let (db, source) = (crate::commands::open(config).await?, config.key_source());
    let mut told = 0;
    let done = super::rotate(&db, &source, &Clock::default(), super::EVERY * 2, |rows| {
        if rows >= told + 10_000 {
            told = rows;
            println!("{rows} rows");
            let _ = std::io::stdout().flush();
        }
    })
    .await;
    let done = match done {
        Ok(done) => crate::commands::note_rotation(&db, done.from, done.to).await.map(|()| done),
        Err(error) => Err(error),
    };
    let done = crate::commands::close_after(&db, config, done).await?;
    let what = if done.resumed { "the rotation that was begun is finished" } else { "the key was rotated" };
    let then = match &source {
        Source::File(path) => format!("Copy {} again; version {} opens older backups only", path.display(), done.from),
        Source::Setting(_) => {
            format!("Write `oldest:{}` into the setting `keys` everywhere, and take `current:{}` out of it", done.to, done.from)
        }
    };
    println!("{what}: {} rows, from version {} to {}. {then}", done.rows, done.from, done.to);
    if let Some(by_hand) = done.by_hand {
        println!("{by_hand}");
    }
    Ok(())
}
