//! Ports for machines, such as analysers and devices of imaging: one loop accepts their connections within the limits of the port.
//!
//! A connection beyond the limit is closed at once. When the program has too many files open, the loop waits, longer each time, until a connection
//! can be accepted again. All conversations end when the program stops.

use std::{io::ErrorKind, net::IpAddr, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// The first wait after a connection could not be accepted, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// A port and its limits.
#[derive(Clone, Copy, Debug)]
pub struct MachinePort {
    /// The machines that connect, for the log: `analyser`.
    pub machines: &'static str,
    /// The connections at once.
    pub connections: usize,
    /// The longest conversation; `None` when a machine stays connected.
    pub longest: Option<Duration>,
}

/// Returns the wait after one more connection could not be accepted; `None` when only that connection failed.
fn pause(error: ErrorKind, before: Option<Duration>) -> Option<Duration> {
    match error {
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused | ErrorKind::Interrupted => None,
        _ => Some(before.map_or(PAUSES.0, |before| (before * 2).min(PAUSES.1))),
    }
}

/// Serves connections until the program stops. `talk` leads the conversation with a machine at an address; its error is logged.
pub async fn serve<F, T>(listener: TcpListener, port: MachinePort, stopping: CancellationToken, talk: F)
where
    F: Fn(TcpStream, IpAddr) -> T,
    T: Future<Output = Result<(), String>> + Send + 'static,
{
    let slots = Arc::new(Semaphore::new(port.connections));
    let mut waited = None;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopping.cancelled() => return,
        };
        let (stream, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                if let Some(wait) = pause(error.kind(), waited) {
                    if waited.is_none() {
                        tracing::warn!(machines = port.machines, error = %error, "connections cannot be accepted for now");
                    }
                    waited = Some(wait);
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        () = stopping.cancelled() => return,
                    }
                }
                continue;
            }
        };
        waited = None;
        let address = from.ip().to_canonical();
        let Ok(slot) = slots.clone().try_acquire_owned() else {
            tracing::warn!(machines = port.machines, %address, "a machine was turned away: too many are connected");
            continue;
        };
        // Answers are small packets, for which the machine waits.
        let _ = stream.set_nodelay(true);
        let (conversation, stopping) = (talk(stream, address), stopping.clone());
        tokio::spawn(async move {
            let limited = async {
                match port.longest {
                    None => conversation.await,
                    Some(longest) => timeout(longest, conversation).await.unwrap_or_else(|_| Err("it took too long".to_owned())),
                }
            };
            tokio::select! {
                done = limited => {
                    if let Err(words) = done {
                        tracing::warn!(machines = port.machines, %address, words, "the conversation with a machine has ended");
                    }
                }
                () = stopping.cancelled() => {}
            }
            drop(slot);
        });
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[test]
    fn the_wait_grows_while_files_are_missing() {
        let mut waits = Vec::new();
        let mut last = None;
        for _ in 0..7 {
            last = pause(ErrorKind::Other, last);
            waits.extend(last.map(|wait| wait.as_millis()));
        }
        assert_eq!(waits, [100, 200, 400, 800, 1_600, 2_000, 2_000]);
        assert_eq!(pause(ErrorKind::ConnectionAborted, last), None, "the next connection may be there");
    }

    /// Reads a byte and sends it back until the machine closes.
    async fn echo(mut stream: TcpStream, _: IpAddr) -> Result<(), String> {
        while let Ok(byte) = stream.read_u8().await {
            stream.write_u8(byte).await.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    #[tokio::test]
    async fn one_machine_too_many_is_turned_away_and_all_end_with_the_program() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (address, stopping) = (listener.local_addr().expect("an address"), CancellationToken::new());
        let port = MachinePort { machines: "test", connections: 2, longest: None };
        let running = tokio::spawn(serve(listener, port, stopping.clone(), echo));
        let mut talking = Vec::new();
        for _ in 0..2 {
            let mut stream = TcpStream::connect(address).await.expect("connected");
            stream.write_u8(7).await.expect("sent");
            assert_eq!(stream.read_u8().await.expect("an answer"), 7);
            talking.push(stream);
        }
        let mut third = TcpStream::connect(address).await.expect("connected");
        assert!(third.read_u8().await.is_err(), "turned away");
        stopping.cancel();
        running.await.expect("ended");
        for mut stream in talking {
            assert!(stream.read_u8().await.is_err(), "ended with the program");
        }
    }

    #[tokio::test]
    async fn a_conversation_has_an_end() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (address, stopping) = (listener.local_addr().expect("an address"), CancellationToken::new());
        let port = MachinePort { machines: "test", connections: 1, longest: Some(Duration::from_millis(50)) };
        tokio::spawn(serve(listener, port, stopping.clone(), echo));
        let mut stream = TcpStream::connect(address).await.expect("connected");
        assert!(stream.read_u8().await.is_err(), "closed in time");
        stopping.cancel();
    }
}
