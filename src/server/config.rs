//! Settings: `infirmary.toml` (or the file that `INFIRMARY_CONFIG` names), then the environment. An unknown or wrong
//! setting stops the start with its name. README.md lists them all.

use std::{net::SocketAddr, path::PathBuf};

use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use serde::{Deserialize, Serialize};

use super::{address::Proxies, incoming::HostNames, tls::Tls};
use crate::keys::Source;

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

/// A setting that is written nowhere.
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
    /// Where the server listens.
    pub address: SocketAddr,
    /// The certificate with its chain, PEM: the program speaks TLS itself, and nothing else on that address.
    pub tls_certificate: Option<PathBuf>,
    /// Its private key, PEM.
    pub tls_key: Option<PathBuf>,
    /// Where visitors without TLS are sent on to it, such as `0.0.0.0:80`.
    pub redirect_address: Option<SocketAddr>,
    /// Where people reach the site, for links; otherwise the address it listens on.
    pub public_url: String,
    /// How letters leave: `file:FOLDER`, `log`, `smtp://user:password@host:587?tls=required`, `smtps://…`.
    pub mail: String,
    /// Whom letters are from.
    pub mail_from: String,
    /// The folder of the built site; a binary made by `cargo xtask dist` has it inside.
    pub site_root: PathBuf,
    /// Log lines as text for people or JSON for machines.
    pub log_format: LogFormat,
    /// What is logged: `info`, `infirmary=debug,sqlx=warn` ...
    pub log_filter: String,
    /// Cookies travel over HTTPS (and loopback) only. Turn off only to try things out without HTTPS.
    pub secure_cookies: bool,
    /// Minutes without a request after which a session ends.
    pub session_idle_minutes: u32,
    /// Hours after signing in at which a session ends whatever happens.
    pub session_hours: u32,
    /// The proxies whose word on a request's address is believed: addresses and networks, with commas between.
    pub trusted_proxies: String,
    /// Different names within an hour that fail to sign in from one address, before others are held back there.
    pub attempts_per_address: u32,
    /// Different patients' records that one user opens within an hour, before others are refused; 0 is without end.
    pub records_per_hour: u32,
    /// Different patients whom one user finds by lists and searches within an hour, before no others are shown; 0 is without end.
    pub found_per_hour: u32,
    /// Connections of one address (an IPv6 /64) at once; ten times as many where a user is signed in, without end for a trusted proxy.
    pub connections_per_address: u32,
    /// Further names by which people reach the site, besides that of `public_url`, with commas between.
    pub host_names: String,
    /// The largest request body in bytes.
    pub body_limit: usize,
    /// A file with the SHA-1 of stolen passwords, sorted (`accounts::stolen`): none of them is taken.
    pub stolen_passwords: Option<PathBuf>,
    /// The file to which signed checkpoints of the audit log's chain are added.
    pub audit_checkpoints: Option<PathBuf>,
    /// The key that signs them; otherwise beside the file, ending in `.key`.
    pub audit_key: Option<PathBuf>,
    /// The file with the keys that fields are sealed with; otherwise beside the database.
    pub key_file: Option<PathBuf>,
    /// The keys themselves, in the place of a file: `1:` and 64 hexadecimal digits, with commas between versions.
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
            public_url: String::new(),
            mail: "file:data/mail".to_owned(),
            mail_from: "Infirmary <infirmary@localhost>".to_owned(),
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
            stolen_passwords: None,
            audit_checkpoints: None,
            audit_key: None,
            key_file: None,
            keys: None,
        }
    }
}

impl Config {
    /// Reads file and environment.
    ///
    /// # Errors
    /// A sentence that names the setting and what is wrong with it.
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

    /// Where links to the site begin.
    pub fn site_address(&self) -> String {
        match self.public_url.trim_end_matches('/') {
            "" => format!("{}://{}", if self.tls_certificate.is_some() { "https" } else { "http" }, self.address),
            url => url.to_owned(),
        }
    }

    /// Where the keys of the database are: as configured, or beside it; of PostgreSQL in the folder `data`.
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

    /// The proxies that are trusted.
    ///
    /// # Errors
    /// A sentence that names what is no address.
    pub fn proxies(&self) -> Result<Proxies, String> {
        self.trusted_proxies.parse().map_err(|error| format!("setting `trusted_proxies`: {error}"))
    }

    /// The certificate, when the program speaks TLS itself.
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

    fn check(&self) -> Result<(), String> {
        if self.redirect_address.is_some() && self.tls_certificate.is_none() {
            return Err("setting `redirect_address`: without `tls_certificate` there is no HTTPS to send anybody to".to_owned());
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
        self.proxies()?;
        tracing_subscriber::EnvFilter::try_new(&self.log_filter).map_err(|error| format!("setting `log_filter`: {error}"))?;
        Ok(())
    }
}
