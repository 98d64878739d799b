//! The commands `infirmary backup` and `infirmary restore`.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::{Args, Subcommand};

use super::{
    age::{Identity, Recipient},
    backup::{self as backups, AsItIs, Ask, Made, Manifest, Plan, WITHOUT_KEYS},
    erasures, init,
    runs::{self, RunBy},
};
use crate::{
    commands,
    core::time::{Clock, Instant},
    server::config::Config,
};

/// The arguments of `infirmary backup`.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Backup {
    /// The folder for backups, best on another machine, or `s3://bucket/folder`; by default the setting `backup_to`.
    #[arg(long)]
    to: Option<PathBuf>,
    /// The public key that the backup is encrypted to (`age1…`); by default the setting `backup_key`. May be given several times.
    #[arg(long = "key")]
    keys: Vec<Recipient>,
    /// A folder on this machine for the copy before it is encrypted; by default beside the database.
    #[arg(long)]
    scratch: Option<PathBuf>,
    #[command(subcommand)]
    act: Option<Act>,
}

#[derive(Subcommand, Debug)]
enum Act {
    /// Make a pair of keys for backups. The private key is printed once and stored nowhere.
    Key,
    /// Write settings of Litestream (SQLite) or `pgBackRest` (PostgreSQL) with timers of systemd, for copies between the daily backups.
    Init {
        /// The new folder for the files.
        #[arg(long, default_value = "continuous-copies")]
        into: PathBuf,
        /// The folder that will hold the copies, best on another machine.
        #[arg(long)]
        copies: PathBuf,
        /// The system user that runs the server.
        #[arg(long, default_value = "infirmary")]
        user: String,
    },
    /// List the backups of a folder or bucket.
    List {
        /// The folder or `s3://…`; by default the setting `backup_to`.
        #[arg(long)]
        to: Option<PathBuf>,
    },
}

/// The arguments of `infirmary restore`.
#[derive(Args, Debug)]
pub struct Restore {
    /// The folder of one backup (`infirmary-…`), or its address `s3://…/infirmary-…`; with `--at` the folder or bucket of all.
    #[arg(long)]
    from: PathBuf,
    /// Choose the newest sound backup that was made at this moment or before, such as 2026-11-30T14:02:00Z.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    at: Option<Instant>,
    /// The file with the private key; `-` reads it from standard input.
    #[arg(long)]
    identity: PathBuf,
    /// Open and check the backup only; the configured database is not touched.
    #[arg(long)]
    verify: bool,
    /// Restore although the checks find faults in the database of the backup.
    #[arg(long)]
    despite_findings: bool,
    /// A folder on this machine for the copy while it is checked; by default beside the database.
    #[arg(long)]
    scratch: Option<PathBuf>,
    /// The list of erasures, which are done again in the restored database; by default `erasures.list` beside the backup.
    #[arg(long)]
    erasures: Option<PathBuf>,
}

/// Runs `infirmary backup`.
///
/// # Errors
/// A sentence.
pub async fn backup(config: &Config, what: &Backup) -> Result<(), String> {
    match &what.act {
        Some(Act::Key) => key(),
        Some(Act::List { to }) => list(config, to.as_deref()).await,
        Some(Act::Init { into, copies, user }) => {
            for path in init::init(config, into, copies, user).await? {
                println!("{}", path.display());
            }
            println!("README.txt says what to do with them. {WITHOUT_KEYS}");
            Ok(())
        }
        None => make(config, what).await,
    }
}

fn folder(config: &Config, to: Option<&Path>) -> Result<PathBuf, String> {
    let named = to.or(config.backup_to.as_deref()).map(Path::to_path_buf);
    named.ok_or_else(|| "--to: name the folder for backups, here or in the setting `backup_to`".to_owned())
}

async fn make(config: &Config, what: &Backup) -> Result<(), String> {
    let recipients = if what.keys.is_empty() { Recipient::list(&config.backup_key)? } else { what.keys.clone() };
    let plan = Plan {
        to: folder(config, what.to.as_deref())?,
        recipients,
        scratch: what.scratch.clone().or_else(|| config.backup_scratch.clone()),
        steps: Arc::new(AsItIs),
    };
    // Nothing is migrated here: a database of another schema is refused first.
    let bare = backups::open_existing(&config.database_url).await?;
    let fits = backups::fits(&bare).await;
    bare.close().await;
    fits?;
    let db = commands::open(config).await?;
    let made = runs::run(commands::program(), config, &db, &plan, &Clock::default(), RunBy::Command).await;
    let (Made { folder, manifest, removed, not_removed }, _) = commands::close_after(&db, config, made).await?;
    println!("{}: {}", folder.display(), shown(&manifest));
    for path in removed {
        println!("removed {}, which newer ones supersede", path.display());
    }
    if let Some(error) = not_removed {
        println!("note: older backups are still there: {error}");
    }
    println!("{WITHOUT_KEYS}. It is {}", config.key_source().name());
    if manifest.is_sound() {
        return Ok(());
    }
    for finding in &manifest.findings {
        println!("BROKEN  {finding}");
    }
    Err("the backup was made and can be restored, but the database has the faults above: the backup does not count as sound".to_owned())
}

fn shown(manifest: &Manifest) -> String {
    format!(
        "{} rows of {} tables, {} bytes, schema {}, key versions {} to {}",
        manifest.all_rows(),
        manifest.rows.len(),
        manifest.sealed.length,
        manifest.schema,
        manifest.oldest_key,
        manifest.current_key
    )
}

/// Makes a pair of keys.
fn key() -> Result<(), String> {
    let identity = Identity::generate()?;
    let public = identity.recipient();
    println!("# public key: {public}");
    println!("{}", *identity.reveal());
    eprintln!(
        "\nThe line that begins with AGE-SECRET-KEY-1 is the private key. It is shown this once and stored nowhere: print it or write it to a \
         medium that stays outside this server, in two places. Without it no backup can be opened; with it and a backup everybody can read \
         what is not sealed.\nThe server gets the public key: backup_key = \"{public}\" in infirmary.toml.\n{WITHOUT_KEYS}."
    );
    Ok(())
}

async fn list(config: &Config, to: Option<&Path>) -> Result<(), String> {
    let folder = folder(config, to)?;
    let all = backups::list(&folder).await?;
    for one in &all {
        match &one.manifest {
            Ok(manifest) => {
                let sound = if manifest.is_sound() { "sound" } else { "WITH FINDINGS" };
                println!("{}  {sound}  {}", one.path.display(), shown(manifest));
            }
            Err(error) => println!("{}  UNREADABLE  {error}", one.path.display()),
        }
    }
    println!("{} backups in {}", all.len(), folder.display());
    Ok(())
}

/// Reads the private keys.
fn identities(file: &Path) -> Result<Vec<Identity>, String> {
    let mut text = zeroize::Zeroizing::new(String::new());
    let named = |error: std::io::Error| format!("--identity: {}: {error}", file.display());
    if file.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text).map_err(named)?;
    } else {
        fs::File::open(file).and_then(|mut file| file.read_to_string(&mut text)).map_err(named)?;
    }
    Identity::list(&text).map_err(|error| format!("--identity: {error}"))
}

/// Reads a moment with its distance from UTC.
fn moment(text: &str) -> Result<Instant, String> {
    let read = chrono::DateTime::parse_from_rfc3339(text).map_err(|_| "write it like 2026-11-30T14:02:00Z or 2026-11-30T09:02:00-05:00")?;
    Ok(read.to_utc())
}

/// Does the erasures again that the restored database does not know. Until that is done the restore does not count.
async fn erase_again(config: &Config, named: Option<&Path>, beside: &Path) -> Result<usize, String> {
    let not_done = |error: String| {
        format!(
            "the database is restored, and the erasures that were made after the backup are NOT done again: {error}. Do not start the server \
             before: name the list with --erasures, or let `backup_to` name the place where {} stands",
            erasures::LIST
        )
    };
    let text = match named {
        Some(file) => Some(fs::read_to_string(file).map_err(|error| not_done(format!("{}: {error}", file.display())))?),
        None => backups::read_beside(beside, erasures::LIST, erasures::LONGEST).await.map_err(not_done)?,
    };
    let text = text.ok_or_else(|| not_done(format!("{} is not in {}", erasures::LIST, beside.display())))?;
    let db = commands::open(config).await.map_err(not_done)?;
    let replayed = erasures::replay(&db, &text, Clock::default().now()).await;
    let replayed = commands::close_after(&db, config, replayed).await.map_err(not_done)?;
    if replayed.unproven > 0 {
        return Err(not_done(format!("the keys of this hospital did not make {} lines of the list", replayed.unproven)));
    }
    Ok(replayed.done)
}

/// Runs `infirmary restore`.
///
/// # Errors
/// A sentence; the configured database is as it was before, or restored without its erasures, as the sentence then says.
pub async fn restore(config: &Config, what: &Restore) -> Result<(), String> {
    let from = match what.at {
        Some(at) => {
            let chosen = backups::newest_at(backups::list(&what.from).await?, at)?;
            println!("{} is the newest sound backup of that time", chosen.display());
            chosen
        }
        None => what.from.clone(),
    };
    let beside = from.parent().map(Path::to_path_buf).unwrap_or_default();
    let ask = Ask {
        from,
        identities: identities(&what.identity)?,
        verify_only: what.verify,
        despite_findings: what.despite_findings,
        scratch: what.scratch.clone(),
        steps: Arc::new(AsItIs),
    };
    let restored = backups::restore(commands::program(), config, ask).await?;
    println!("made at {}: {}", restored.manifest.made_at.format("%Y-%m-%d %H:%M:%S UTC"), shown(&restored.manifest));
    for finding in &restored.findings {
        println!("BROKEN  {finding}");
    }
    if restored.placed {
        let done = erase_again(config, what.erasures.as_deref(), &beside).await?;
        println!("{done} erasures that were made after the backup were done again");
        println!(
            "{} is restored. All that was entered after the backup is lost. Start the server now",
            config.database_url.rsplit('@').next().unwrap_or_default()
        );
    } else {
        println!("the backup opens, its rows are those of the manifest, and it was checked. Nothing was restored");
    }
    println!("{WITHOUT_KEYS}");
    match restored.findings.len() {
        0 => Ok(()),
        _ if restored.placed => Ok(()),
        count => Err(format!("the checks found {count} faults in the database of the backup")),
    }
}
