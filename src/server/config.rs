//! Reads the settings: first `infirmary.toml` (or the file that `INFIRMARY_CONFIG` names), then the environment. The
//! program does not start with an unknown or wrong setting, and names it. README.md lists all settings.

use std::{net::SocketAddr, path::PathBuf};

use axum::http::Uri;
use chrono::NaiveTime;
use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use serde::{Deserialize, Serialize};

use super::{address::Proxies, incoming::HostNames, outgoing::HttpTarget, tls::Tls, traces};
use crate::keys::Source;

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

/// A secret setting: `Debug` does not print it.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hidden(pub String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// All settings, with their defaults in [`Config::default`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `sqlite:path` or `postgres://...`; also `DATABASE_URL`.
    pub database_url: String,
    /// The address that the server listens on.
    pub address: SocketAddr,
    /// The PEM file of the certificate and its chain. With it, the program speaks only TLS on `address`.
    pub tls_certificate: Option<PathBuf>,
    /// The PEM file of the certificate's private key.
    pub tls_key: Option<PathBuf>,
    /// The address, such as `0.0.0.0:80`, that redirects visitors without TLS to HTTPS.
    pub redirect_address: Option<SocketAddr>,
    /// The address, such as `10.0.5.1:2575`, on which analysers send their values by MLLP. Without it none is listened to.
    pub analyser_address: Option<SocketAddr>,
    /// Whether analysers speak TLS, with the certificate of `tls_certificate`.
    pub analyser_tls: bool,
    /// The address, such as `10.0.6.1:104`, on which devices of imaging read the worklist (DICOM). Without it none is served.
    pub worklist_address: Option<SocketAddr>,
    /// The AE title of the program, by which devices call it.
    pub worklist_title: String,
    /// The archives of images (PACS) that may be asked over DICOMweb, separated by commas: `https://pacs.example, http://127.0.0.1:8042`.
    pub image_archives: String,
    /// The PEM file of an authority of the hospital's own, whose certificates archives of images may have.
    pub image_archive_authority: Option<PathBuf>,
    /// The site's address for visitors, used in links; without it, links use the address that the server listens on.
    pub public_url: String,
    /// How the server sends letters: `file:FOLDER`, `log`, `smtp://user:password@host:587?tls=required`, `smtps://…`.
    pub mail: String,
    /// The sender of letters.
    pub mail_from: String,
    /// The address of the gateway that takes short messages (SMS): `https://…`. Without it none are sent.
    pub sms_url: String,
    /// The secrets that sign what is sent to the gateway, the new one first, separated by commas: two while it is changed.
    pub sms_secret: Hidden,
    /// The folder of the built site; a program made by `cargo xtask dist` contains the site.
    pub site_root: PathBuf,
    /// Log lines as text for people or JSON for machines.
    pub log_format: LogFormat,
    /// The filter of log lines: `info`, `infirmary=debug,sqlx=warn` ...
    pub log_filter: String,
    /// Sends cookies over HTTPS (and loopback) only. Turn it off only to try the program without HTTPS.
    pub secure_cookies: bool,
    /// A session ends after so many minutes without a request.
    pub session_idle_minutes: u32,
    /// A session ends so many hours after sign-in, even when it is in use.
    pub session_hours: u32,
    /// The proxies whose header with the caller's address is trusted: addresses and networks, separated by commas.
    pub trusted_proxies: String,
    /// So many different names may fail to sign in from one address within an hour before the server delays further
    /// names there.
    pub attempts_per_address: u32,
    /// So many different patients' records may one user open within an hour before the server refuses others; 0 means
    /// no limit.
    pub records_per_hour: u32,
    /// So many different patients may one user find by lists and searches within an hour before the server shows no others; 0
    /// means no limit.
    pub found_per_hour: u32,
    /// So many connections may one address (an IPv6 /64) have at once; ten times as many where a user is signed in, no limit for a
    /// trusted proxy.
    pub connections_per_address: u32,
    /// Further host names of the site, besides that of `public_url`, separated by commas.
    pub host_names: String,
    /// The largest request body in bytes.
    pub body_limit: usize,
    /// The largest document of a patient in bytes.
    pub document_limit: usize,
    /// The scanner for viruses: `tcp:127.0.0.1:3310` or `unix:/run/clamav/clamd.ctl`; empty for none.
    pub scanner: String,
    /// A file with the sorted SHA-1 hashes of stolen passwords (`accounts::stolen`); the server refuses each of these
    /// passwords.
    pub stolen_passwords: Option<PathBuf>,
    /// The file to which the server appends signed checkpoints of the audit log's chain.
    pub audit_checkpoints: Option<PathBuf>,
    /// The file of the key that signs the checkpoints; by default beside `audit_checkpoints`, ending in `.key`.
    pub audit_key: Option<PathBuf>,
    /// The file of the keys that seal fields; by default beside the database.
    pub key_file: Option<PathBuf>,
    /// The folder for backups, best on another machine, or the address of a bucket: `s3://bucket/folder`.
    pub backup_to: Option<PathBuf>,
    /// The public keys that backups are encrypted to (`age1…`), separated by commas.
    pub backup_key: String,
    /// The time of day, in UTC, of the daily backup: `02:00`. It is made when `backup_to` and `backup_key` are set.
    pub backup_at: String,
    /// The folder for the copy before it is encrypted; by default beside the database.
    pub backup_scratch: Option<PathBuf>,
    /// The file with the private key with which the newest backup is tried each week; its public key stands in `backup_key` too. Without it
    /// none is tried.
    pub backup_trial_key: Option<PathBuf>,
    /// The folder for the downtime packs of the wards, best one that is copied to a computer of each ward. Without it none are made.
    pub downtime_to: Option<PathBuf>,
    /// Packs older than so many hours are removed.
    pub downtime_keep_hours: u32,
    /// The token with which another machine reads `/metrics`; without it only this machine does.
    pub metrics_token: Hidden,
    /// The address of a collector of traces (OTLP over HTTP), such as `http://127.0.0.1:4318`; without it none are made.
    pub traces_url: String,
    /// So many of 100 requests are traced.
    pub traces_percent: u32,
    /// The keys themselves, instead of a file: `1:` and 64 hexadecimal digits, with commas between versions.
    pub keys: Option<Hidden>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            database_url: "sqlite:data/infirmary.db".to_owned(),
            address: SocketAddr::from(([127, 0, 0, 1], 3000)),
            tls_certificate: None,
            tls_key: None,
            redirect_address: None,
            analyser_address: None,
            analyser_tls: false,
            worklist_address: None,
            worklist_title: "INFIRMARY".to_owned(),
            image_archives: String::new(),
            image_archive_authority: None,
            public_url: String::new(),
            mail: "file:data/mail".to_owned(),
            mail_from: "Infirmary <infirmary@localhost>".to_owned(),
            sms_url: String::new(),
            sms_secret: Hidden::default(),
            site_root: PathBuf::from("target/site"),
            log_format: LogFormat::Text,
            log_filter: "info,sqlx=warn".to_owned(),
            secure_cookies: true,
            session_idle_minutes: 30,
            session_hours: 12,
            trusted_proxies: String::new(),
            attempts_per_address: 100,
            records_per_hour: 300,
            found_per_hour: 10_000,
            connections_per_address: 200,
            host_names: String::new(),
            // The longest note, four sections of 20,000 letters that take four bytes each, is 960 kB as a form.
            body_limit: 1024 * 1024,
            document_limit: 20 * 1024 * 1024,
            scanner: String::new(),
            stolen_passwords: None,
            audit_checkpoints: None,
            audit_key: None,
            key_file: None,
            backup_to: None,
            backup_key: String::new(),
            backup_at: "02:00".to_owned(),
            backup_scratch: None,
            backup_trial_key: None,
            downtime_to: None,
            downtime_keep_hours: 2,
            metrics_token: Hidden::default(),
            traces_url: String::new(),
            traces_percent: 5,
            keys: None,
        }
    }
}

/// Whether the text names a scanner for viruses: `tcp:HOST:PORT` or `unix:/PATH`.
fn is_scanner(text: &str) -> bool {
    match text.split_once(':') {
        Some(("tcp", place)) => {
            place.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0))
        }
        Some(("unix", path)) => path.starts_with('/'),
        _ => false,
    }
}

impl Config {
    /// Reads the configuration file and the environment.
    ///
    /// # Errors
    /// A sentence that names the setting and its fault.
    pub fn load() -> Result<Self, String> {
        let named = std::env::var_os("INFIRMARY_CONFIG").map(PathBuf::from);
        if let Some(path) = named.as_ref().filter(|path| !path.is_file()) {
            return Err(format!("INFIRMARY_CONFIG names {}, which is no file", path.display()));
        }
        let file = named.unwrap_or_else(|| PathBuf::from("infirmary.toml"));
        let config: Self = Figment::from(Serialized::defaults(Self::default()))
            .merge(Toml::file(file))
            .merge(Env::raw().only(&["DATABASE_URL"]))
            .merge(Env::prefixed("INFIRMARY_").filter(|key| key != "config" && !key.starts_with("test_")))
            .extract()
            .map_err(|error| {
                error
                    .into_iter()
                    .map(|one| {
                        let name = if one.path.is_empty() { String::new() } else { format!("setting `{}`: ", one.path.join(".")) };
                        let source = one.metadata.as_ref().map(|data| format!(" (from {})", data.name)).unwrap_or_default();
                        format!("{name}{}{source}", one.kind)
                    })
                    .collect::<Vec<_>>()
                    .join("\n")
            })?;
        config.check()?;
        Ok(config)
    }

    /// Returns the beginning of links to the site.
    pub fn site_address(&self) -> String {
        match self.public_url.trim_end_matches('/') {
            "" => format!("{}://{}", if self.tls_certificate.is_some() { "https" } else { "http" }, self.address),
            url => url.to_owned(),
        }
    }

    /// Returns the source of the database's keys: the configured one, or a file beside the database; for PostgreSQL a
    /// file in the folder `data`.
    pub fn key_source(&self) -> Source {
        if let Some(keys) = &self.keys {
            return Source::Setting(keys.0.clone().into());
        }
        if let Some(file) = &self.key_file {
            return Source::File(file.clone());
        }
        let url = self.database_url.as_str();
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Source::File("data/infirmary.keys".into());
        }
        let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(url);
        Source::File(format!("{path}.keys").into())
    }

    /// Parses the trusted proxies.
    ///
    /// # Errors
    /// A sentence that names the text which is not an address.
    pub fn proxies(&self) -> Result<Proxies, String> {
        self.trusted_proxies.parse().map_err(|error| format!("setting `trusted_proxies`: {error}"))
    }

    /// Opens the certificate, if the program speaks TLS itself.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn tls(&self) -> Result<Option<Tls>, String> {
        match (&self.tls_certificate, &self.tls_key) {
            (Some(certificate), Some(key)) => Tls::open(certificate, key).map(Some),
            (None, None) => Ok(None),
            (Some(_), None) => Err("setting `tls_key`: a certificate needs its private key".to_owned()),
            (None, Some(_)) => Err("setting `tls_certificate`: a private key needs its certificate".to_owned()),
        }
    }

    /// Parses the time of day of the daily backup.
    pub fn backup_time(&self) -> Option<NaiveTime> {
        NaiveTime::parse_from_str(&self.backup_at, "%H:%M").ok()
    }

    fn check(&self) -> Result<(), String> {
        if self.backup_time().is_none() {
            return Err("setting `backup_at`: a time of day such as 02:00".to_owned());
        }
        if self.metrics_token.0.chars().count() < 16 && !self.metrics_token.0.is_empty() {
            return Err("setting `metrics_token`: at least 16 characters, or none".to_owned());
        }
        if !(1..=24 * 7).contains(&self.downtime_keep_hours) {
            return Err("setting `downtime_keep_hours`: choose 1 to 168".to_owned());
        }
        if self.redirect_address.is_some() && self.tls_certificate.is_none() {
            return Err("setting `redirect_address`: without `tls_certificate` there is no HTTPS to send anybody to".to_owned());
        }
        if self.analyser_tls && self.tls_certificate.is_none() {
            return Err("setting `analyser_tls`: it needs the certificate of `tls_certificate`".to_owned());
        }
        let title = self.worklist_title.as_str();
        if title.is_empty() || title.len() > 16 || !title.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
            return Err("setting `worklist_title`: an AE title of 1 to 16 letters".to_owned());
        }
        for archive in self.image_archives.split(',').map(str::trim).filter(|archive| !archive.is_empty()) {
            let wrong = |error: &str| format!("setting `image_archives`: {archive}: {error}");
            let uri: Uri = archive.parse().map_err(|_| wrong("`https://…` or `http://…` is expected"))?;
            HttpTarget::new(&uri, self.image_archive_authority.as_deref()).map_err(|error| wrong(&error))?;
        }
        if !(1..=24 * 60).contains(&self.session_idle_minutes) {
            return Err("setting `session_idle_minutes`: choose 1 to 1440".to_owned());
        }
        if !(1..=24 * 7).contains(&self.session_hours) {
            return Err("setting `session_hours`: choose 1 to 168".to_owned());
        }
        if !(10..=10_000).contains(&self.connections_per_address) {
            return Err("setting `connections_per_address`: choose 10 to 10000".to_owned());
        }
        HostNames::new(self)?;
        if !(16 * 1024..=64 * 1024 * 1024).contains(&self.body_limit) {
            return Err("setting `body_limit`: choose 16384 to 67108864 bytes".to_owned());
        }
        if !(1024..=64 * 1024 * 1024).contains(&self.document_limit) {
            return Err("setting `document_limit`: choose 1024 to 67108864 bytes".to_owned());
        }
        if !self.scanner.is_empty() && !is_scanner(&self.scanner) {
            return Err("setting `scanner`: `tcp:HOST:PORT` or `unix:/PATH`".to_owned());
        }
        self.proxies()?;
        traces::check(self)?;
        tracing_subscriber::EnvFilter::try_new(&self.log_filter).map_err(|error| format!("setting `log_filter`: {error}"))?;
        Ok(())
    }
}
