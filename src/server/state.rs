//! The state that all requests share.

use std::sync::{Arc, Once, OnceLock, PoisonError, RwLock, Weak};

use axum::Router;
use tokio_util::sync::CancellationToken;

use crate::{
    audit::{Findings, Openings, ReadLog},
    core::{
        Result,
        time::{Clock, Instant},
    },
    db::Database,
    organisation::Hospital,
    server::{
        Departments, Program, address::Proxies, assets::Assets, config::Config, connections::Limits, events::Hub, incoming::HostNames,
        jobs::Jobs, metrics::Metrics, traces::Traces,
    },
};

/// The running program. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AppState(Arc<Shared>);

/// The fields of [`AppState`].
#[derive(Debug)]
pub struct Shared {
    pub db: Database,
    pub clock: Clock,
    pub config: Config,
    /// The program that is served.
    pub program: &'static Program,
    /// Its departments.
    pub departments: Departments,
    pub hub: Hub,
    pub reads: ReadLog,
    /// Counts the patients whose records each user opens.
    pub openings: Openings,
    /// Counts the people whom each user finds.
    pub findings: Findings,
    /// The time of the program's start.
    pub started: Instant,
    /// Counts the background jobs.
    pub jobs: Jobs,
    /// The figures that requests add to.
    pub metrics: Metrics,
    /// The traces of requests, when they are sent to a collector.
    pub traces: Traces,
    /// Cancelled when the program must stop: open streams end.
    pub stopping: CancellationToken,
    /// The site's files.
    pub assets: Assets,
    /// The trusted proxies.
    pub proxies: Proxies,
    /// The host names of the site.
    pub host_names: HostNames,
    /// The limits of connections and unfinished requests.
    pub limits: Limits,
    /// Logs once that requests come through a proxy that is not trusted.
    pub untrusted_proxy: Once,
    hospital: RwLock<Arc<Hospital>>,
    /// The router of the pages, for rendering a page again with its refused form. The whole router owns it: it holds this state, and neither
    /// would ever be freed if they owned each other.
    pub router: OnceLock<Weak<Router>>,
}

impl AppState {
    /// Creates the state and starts the job that writes the reads of the audit log.
    ///
    /// # Errors
    /// When the database has no hospital or cannot be read.
    pub async fn new(db: Database, clock: Clock, config: Config, program: &'static Program) -> Result<Self> {
        let departments = program.departments;
        let hospital = crate::organisation::hospital(&mut db.read().await?).await?;
        Ok(Self(Arc::new(Shared {
            reads: ReadLog::start(db.clone()),
            openings: Openings::new(config.records_per_hour, departments.lists().collect()),
            findings: Findings::new(config.found_per_hour),
            // `serve` has already checked these settings.
            proxies: config.proxies().unwrap_or_default(),
            host_names: HostNames::new(&config).unwrap_or_default(),
            limits: Limits::new(&config),
            untrusted_proxy: Once::new(),
            assets: Assets::open(&config.site_root),
            hospital: RwLock::new(Arc::new(hospital)),
            started: clock.now(),
            jobs: Jobs::default(),
            metrics: Metrics::default(),
            // `Config::load` has already checked the settings.
            traces: Traces::start(&config).unwrap_or_default(),
            hub: Hub::default(),
            stopping: CancellationToken::new(),
            router: OnceLock::new(),
            db,
            clock,
            config,
            departments,
            program,
        })))
    }

    /// The hospital's name and settings.
    pub fn hospital(&self) -> Arc<Hospital> {
        self.hospital.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the hospital's settings again: they were saved, here or on another node, or such an event may have been
    /// missed.
    pub async fn read_hospital_again(&self) {
        let read = async { crate::organisation::hospital(&mut self.db.read().await?).await };
        match read.await {
            Ok(hospital) => *self.hospital.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(hospital),
            Err(error) => tracing::warn!(%error, "the hospital's settings cannot be read again; the former ones stay in use"),
        }
    }
}

impl std::ops::Deref for AppState {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}
