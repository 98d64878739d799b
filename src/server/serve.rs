//! `infirmary serve`: runs the server from the open database until the program stops.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::net::TcpListener;

use crate::{
    audit::Sealer,
    core::time::Clock,
    db::Database,
    server::{
        AppState, Program,
        config::Config,
        connections, events,
        mail::{self, Post},
        redirect, router,
    },
};

/// How long requests may take to finish after the program is asked to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Serves until Ctrl-C or SIGTERM; then lets requests finish, writes the queued audit rows and closes the database.
///
/// # Errors
/// A sentence, such as that the address is in use or that the database does not open.
pub async fn serve(config: Config, db: Database, program: &'static Program) -> Result<(), String> {
    let keys = config.key_source();
    let clock = Clock::default();
    crate::organisation::ensure_hospital(&db, clock.now()).await.map_err(|error| error.to_string())?;
    config.stolen_passwords.as_deref().map_or(Ok(()), crate::accounts::stolen::check)?;
    let tls = config.tls()?.map(Arc::new);
    if let Err(warning) = connections::files::raise() {
        tracing::warn!("{warning}");
    }
    let listener = listen(config.address, "address").await?;
    let redirect = match config.redirect_address {
        Some(address) => Some((listen(address, "redirect_address").await?, redirect::router(&config))),
        None => None,
    };
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let shown = db.shown_url();
    let state = AppState::new(db, clock, config, program).await.map_err(|error| error.to_string())?;
    if cfg!(feature = "unguarded") && !state.hospital().demo {
        return Err("this program audits and seals nothing, for a benchmark; it serves a demo database only".to_owned());
    }
    if state.hospital().demo {
        tracing::warn!("this is a DEMO database: its sign-ins are public; never put a real patient into it");
    }
    let post = Post::new(&state.config)?;
    let sealer = Arc::new(Sealer::new(&state)?);
    let mut jobs: Vec<_> = program.departments.jobs().map(|job| state.jobs.spawn(&state, job(state.clone()))).collect();
    // SQLite has one node, which hears its own events.
    if state.db.postgres().is_some() {
        jobs.push(state.jobs.spawn(&state, events::listen(state.clone())));
    }
    jobs.push(state.jobs.spawn(&state, mail::keep_sending(state.clone(), post)));
    jobs.push(state.jobs.spawn(&state, {
        let sealer = sealer.clone();
        async move { sealer.keep_sealing().await }
    }));
    jobs.push(state.jobs.spawn(&state, crate::sealing::keep_looking(state.db.clone(), keys, state.stopping.clone())));
    if let Some(tls) = &tls {
        jobs.push(tokio::spawn(tls.clone().keep_fresh(state.stopping.clone())));
    } else if !address.ip().is_loopback() && state.config.trusted_proxies.is_empty() {
        tracing::warn!(
            "passwords and records travel in the open: set `tls_certificate` and `tls_key`, or put a proxy before it that speaks TLS"
        );
    }
    if tls.is_none() && state.config.public_url.is_empty() {
        tracing::warn!(
            "`public_url` is not set: the site answers to addresses in numbers, `localhost` and names of the local network only, \
             and to other names through a trusted proxy"
        );
    }
    if let Some((listener, router)) = redirect {
        let (limits, stopping) = (state.limits.clone(), state.stopping.clone());
        jobs.push(tokio::spawn(connections::serve(listener, None, router, limits, stopping)));
    }
    let app = router::router(state.clone());
    let scheme = if tls.is_some() { "https" } else { "http" };
    tracing::info!(%address, database = shown, "ready at {scheme}://{address}");

    let stopping = state.stopping.clone();
    let server = connections::serve(listener, tls, app, state.limits.clone(), stopping.clone());
    let signal = tokio::spawn(async move {
        stop_signal().await;
        tracing::info!("stopping");
        stopping.cancel();
    });
    let late = async {
        state.stopping.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        () = server => {}
        () = late => tracing::warn!("some requests did not finish in time"),
    }
    state.stopping.cancel();
    signal.abort();
    futures::future::join_all(jobs).await;
    state.reads.finish().await;
    sealer.finish().await;
    state.traces.finish().await;
    state.db.close().await;
    tracing::info!("stopped");
    Ok(())
}

async fn listen(address: SocketAddr, setting: &str) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|error| format!("setting `{setting}`: cannot listen on {address}: {error}"))
}

async fn stop_signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} }
            }
            Err(_) => drop(interrupt.await),
        }
    }
    #[cfg(not(unix))]
    drop(interrupt.await);
}
