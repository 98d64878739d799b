//! The listener for analysers: MLLP on an address of its own, which the setting `analyser_address` names. Without the setting there is none.
//!
//! Only addresses that an analyser in use names may connect; others are closed before a byte is read. Connections, sizes and times are limited.
//! A message is acknowledged after it is committed; where that fails, the connection closes without an answer, so that the sender sends again.

use std::{net::IpAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use super::{
    Analyser, Intake,
    filing::file_one,
    frame::{Framed, Frames},
    intake::{self, Peer},
    store,
};
use crate::{
    core::Result,
    server::{
        AppState,
        address::Proxies,
        machines::{self, MachinePort},
        tls::Tls,
    },
};

/// The port: an analyser stays connected.
const PORT: MachinePort = MachinePort { machines: "analysers", connections: 64, longest: None };
/// A message that has begun ends within this time.
const FRAME: Duration = Duration::from_secs(30);
/// An analyser that is silent for so long connects again.
const SILENCE: Duration = Duration::from_hours(12);
/// The time for the handshake of TLS, and for writing an answer.
const SHORT: Duration = Duration::from_secs(10);

/// Runs until the program stops: listens when the setting names an address.
pub async fn listen(state: AppState) {
    let Some(address) = state.config.analyser_address else {
        state.stopping.cancelled().await;
        return;
    };
    let tls = match state.config.analyser_tls.then(|| state.config.tls()) {
        Some(Ok(tls)) => tls.map(Arc::new),
        Some(Err(error)) => {
            tracing::error!(error, "analysers are not listened to");
            None
        }
        None => None,
    };
    if let Some(tls) = &tls {
        tokio::spawn(tls.clone().keep_fresh(state.stopping.clone()));
    } else if state.config.analyser_tls {
        state.stopping.cancelled().await;
        return;
    } else if !address.ip().is_loopback() {
        tracing::warn!("the values of analysers travel in the open: set `analyser_tls`, or keep them on a network of their own");
    }
    match TcpListener::bind(address).await {
        Ok(listener) => {
            tracing::info!(%address, tls = tls.is_some(), "analysers are listened to");
            serve(listener, tls, state).await;
        }
        Err(error) => {
            tracing::error!(%address, error = %error, "setting `analyser_address`: analysers are not listened to");
            state.stopping.cancelled().await;
        }
    }
}

/// Serves connections until the program stops.
pub async fn serve(listener: TcpListener, tls: Option<Arc<Tls>>, state: AppState) {
    let stopping = state.stopping.clone();
    machines::serve(listener, PORT, stopping, |stream, address| connected(stream, address, tls.clone(), state.clone())).await;
}

/// Returns the analysers that may send from an address.
async fn allowed(state: &AppState, address: IpAddr) -> Result<Vec<Analyser>> {
    let all = store::senders(&mut state.db.read().await?).await?;
    Ok(all.into_iter().filter(|one| one.peers.parse::<Proxies>().is_ok_and(|peers| peers.trusts(address))).collect())
}

async fn connected(stream: TcpStream, address: IpAddr, tls: Option<Arc<Tls>>, state: AppState) -> Result<(), String> {
    if allowed(&state, address).await.map_err(|error| error.to_string())?.is_empty() {
        return Err("no analyser in use has this address".to_owned());
    }
    let done = match tls {
        None => conversation(stream, address, &state).await,
        Some(tls) => match timeout(SHORT, tls.acceptor().accept(stream)).await {
            Ok(Ok(stream)) => conversation(stream, address, &state).await,
            _ => return Err("it does not speak TLS".to_owned()),
        },
    };
    done.map_err(|error| error.to_string())
}

/// Stores a message from an address, and returns its acknowledgement; `None` when no analyser in use has the address. The settings are read
/// anew: an analyser that was retired is not listened to any more. The message is filed afterwards.
///
/// # Errors
/// When the database refuses; then nothing is acknowledged.
pub async fn receive(state: &AppState, address: IpAddr, frame: &[u8], is_too_large: bool) -> Result<Option<Intake>> {
    let analysers = allowed(state, address).await?;
    if analysers.is_empty() {
        return Ok(None);
    }
    let peer = Peer { address: address.to_string(), analysers };
    Ok(Some(intake::take(state, &peer, frame, is_too_large).await?))
}

/// Reads messages and answers each, until the other side closes.
async fn conversation(mut stream: impl AsyncRead + AsyncWrite + Unpin, address: IpAddr, state: &AppState) -> std::io::Result<()> {
    let failed = |words: &'static str| std::io::Error::other(words);
    let (mut frames, mut buffer) = (Frames::default(), vec![0_u8; 16 * 1024]);
    let mut began: Option<tokio::time::Instant> = None;
    loop {
        let (frame, is_too_large) = match frames.next_frame() {
            Framed::Message(frame) => (frame, false),
            Framed::TooLarge(beginning) => (beginning, true),
            Framed::Noise => return Err(failed("it does not speak MLLP")),
            Framed::More => {
                began = if frames.is_inside() { began.or_else(|| Some(tokio::time::Instant::now())) } else { None };
                let patience = began.map_or(SILENCE, |began| FRAME.saturating_sub(began.elapsed()));
                let read = timeout(patience, stream.read(&mut buffer)).await.map_err(|_| failed("a message took too long"))??;
                if read == 0 {
                    return Ok(());
                }
                frames.push(buffer.get(..read).unwrap_or_default());
                continue;
            }
        };
        began = None;
        let taken = receive(state, address, &frame, is_too_large).await.map_err(|_| failed("the message could not be stored"))?;
        let Some(taken) = taken else { return Err(failed("no analyser in use has this address")) };
        timeout(SHORT, stream.write_all(&taken.answer)).await.map_err(|_| failed("it does not read its answers"))??;
        if let Some((message, clinic)) = taken.message
            && let Err(error) = file_one(state, message, clinic).await
        {
            tracing::warn!(%message, error = %error, "an analyser's message is not filed for now");
        }
        if is_too_large {
            return Err(failed("a message was larger than 1 MiB"));
        }
    }
}
