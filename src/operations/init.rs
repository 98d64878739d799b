//! `infirmary backup init`: writes settings of Litestream (SQLite) or `pgBackRest` (PostgreSQL) with timers of systemd, for copies between
//! the daily backups. The files are for a person to read and put in their places; nothing of the system is changed.

use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

use crate::{
    db::{Database, upkeep},
    server::config::Config,
};

const SQLITE: [(&str, &str); 5] = [
    ("README.txt", include_str!("../../assets/operations/README-sqlite.txt")),
    ("litestream.yml", include_str!("../../assets/operations/litestream.yml")),
    ("infirmary-litestream.service", include_str!("../../assets/operations/infirmary-litestream.service")),
    ("infirmary-litestream-check.service", include_str!("../../assets/operations/infirmary-litestream-check.service")),
    ("infirmary-litestream-check.timer", include_str!("../../assets/operations/infirmary-litestream-check.timer")),
];

const POSTGRES: [(&str, &str); 7] = [
    ("README.txt", include_str!("../../assets/operations/README-postgres.txt")),
    ("pgbackrest.conf", include_str!("../../assets/operations/pgbackrest.conf")),
    ("postgresql-infirmary.conf", include_str!("../../assets/operations/postgresql-infirmary.conf")),
    ("infirmary-pgbackrest-full.service", include_str!("../../assets/operations/infirmary-pgbackrest-full.service")),
    ("infirmary-pgbackrest-full.timer", include_str!("../../assets/operations/infirmary-pgbackrest-full.timer")),
    ("infirmary-pgbackrest-incr.service", include_str!("../../assets/operations/infirmary-pgbackrest-incr.service")),
    ("infirmary-pgbackrest-incr.timer", include_str!("../../assets/operations/infirmary-pgbackrest-incr.timer")),
];

/// Writes the files into a new folder and returns their paths. `copies` is the folder that will hold the copies, `user` the system user
/// that runs the server.
///
/// # Errors
/// A sentence: the folder exists already, or cannot be written.
pub async fn init(config: &Config, into: &Path, copies: &Path, user: &str) -> Result<Vec<PathBuf>, String> {
    if !copies.is_absolute() {
        return Err("--copies: name the folder from the root (`/mnt/…`), because other programs read it".to_owned());
    }
    if user.is_empty() || !user.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) {
        return Err("--user: the name of a system user".to_owned());
    }
    let (files, values) = match upkeep::sqlite_path(&config.database_url) {
        Some(path) => (&SQLITE[..], vec![("@DATABASE@", absolute(path)?)]),
        None => (&POSTGRES[..], of_server(config).await?),
    };
    if into.exists() {
        return Err(format!("--into: {} exists already; nothing is overwritten", into.display()));
    }
    fs::create_dir_all(into).map_err(|error| format!("--into: {}: {error}", into.display()))?;
    let common = [("@FOLDER@", absolute(into)?), ("@COPIES@", copies.display().to_string()), ("@USER@", user.to_owned())];
    let mut written = Vec::new();
    for (name, text) in files {
        let path = into.join(name);
        let text = common.iter().chain(&values).fold((*text).to_owned(), |text, (mark, value)| text.replace(mark, value));
        write(&path, &text).map_err(|error| format!("{}: {error}", path.display()))?;
        written.push(path);
    }
    Ok(written)
}

/// The values of a PostgreSQL server.
async fn of_server(config: &Config) -> Result<Vec<(&'static str, String)>, String> {
    let db = Database::open(&config.database_url).await.map_err(|error| format!("the database does not open: {error}"))?;
    let (version, place) = (db.postgres_version().await, db.postgres_place().await);
    db.close().await;
    let version = version.map_err(|error| format!("the server does not answer: {error}"))?;
    let (port, folder) = place.map_err(|error| format!("the server does not answer: {error}"))?;
    // Only a superuser is told the folder; Debian's is the commonest.
    let folder = folder.unwrap_or_else(|| format!("/var/lib/postgresql/{version}/main"));
    let mut passphrase = [0; 36];
    getrandom::fill(&mut passphrase).map_err(|error| format!("the system gives no random bytes: {error}"))?;
    Ok(vec![
        ("@DATABASE@", folder),
        ("@PORT@", port.to_string()),
        ("@VERSION@", version.to_string()),
        ("@PASSPHRASE@", data_encoding::BASE64URL_NOPAD.encode(&passphrase)),
    ])
}

fn absolute(path: &Path) -> Result<String, String> {
    std::path::absolute(path).map(|path| path.display().to_string()).map_err(|error| format!("{}: {error}", path.display()))
}

/// Writes a new file that only its owner reads.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_files_name_the_database_and_nothing_is_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = Config { database_url: format!("sqlite:{}/h.db", folder.path().display()), ..Config::default() };
        let into = folder.path().join("continuous");
        let files = init(&config, &into, Path::new("/mnt/copies"), "infirmary").await.expect("written");
        assert_eq!(files.len(), 5);
        for file in &files {
            let text = fs::read_to_string(file).expect("a file");
            assert!(!text.contains('@'), "{} has a mark left: {text}", file.display());
        }
        let settings = fs::read_to_string(into.join("litestream.yml")).expect("a file");
        for line in [
            "sync-interval: 1s",
            "l0-retention: 72h",
            "retention: 720h",
            "path: /mnt/copies",
            &format!("path: {}/h.db", folder.path().display()),
        ] {
            assert!(settings.contains(line), "{line} is not in {settings}");
        }
        let again = init(&config, &into, Path::new("/mnt/copies"), "infirmary").await.expect_err("there");
        assert!(again.contains("nothing is overwritten"), "{again}");
        let relative = init(&config, &folder.path().join("other"), Path::new("copies"), "infirmary").await.expect_err("refused");
        assert!(relative.contains("--copies"), "{relative}");
        assert!(init(&config, &folder.path().join("other"), Path::new("/c"), "a b").await.is_err());
    }
}
