//! The scanner for viruses: clamd, by its command `INSTREAM` (man 8 clamd), over TCP or a Unix socket.
//!
//! The file is sent in parts, each after its length as four bytes, the highest first; a length of zero ends it. The answer is one line that
//! ends with a zero byte: `stream: OK`, `stream: NAME FOUND`, or an error. Without a clear answer a file counts as not scanned.

use std::time::Duration;

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::server::spool::Spool;

crate::text_enum! {
    /// The result of the scan of a document.
    pub enum ScanState("scan") {
        /// No scanner is configured.
        NotScanned = "not_scanned",
        /// The scanner did not answer yet.
        Waiting = "waiting",
        Clean = "clean",
        Infected = "infected",
    }
}

/// The time limit of a scan.
const PATIENCE: Duration = Duration::from_mins(1);
/// The longest answer that is read.
const ANSWER: u64 = 4096;

/// The place of the scanner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScannerPlace {
    /// Host and port.
    Tcp(String),
    /// The path of a socket.
    Unix(String),
}

impl ScannerPlace {
    /// Reads the setting `scanner`: `tcp:127.0.0.1:3310` or `unix:/run/clamav/clamd.ctl`.
    pub fn parse(setting: &str) -> Option<Self> {
        match setting.split_once(':')? {
            ("tcp", place) => {
                let (host, port) = place.rsplit_once(':')?;
                (!host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0)).then(|| Self::Tcp(place.to_owned()))
            }
            ("unix", path) if path.starts_with('/') => Some(Self::Unix(path.to_owned())),
            _ => None,
        }
    }
}

/// The answer of the scanner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scanned {
    Clean,
    /// The name of what was found.
    Infected(String),
    /// It did not answer about this file, or not clearly.
    Unclear,
    /// It cannot be reached: other files need not be tried now.
    Away,
}

/// Scans a file.
pub async fn scan(place: &ScannerPlace, file: &Spool) -> Scanned {
    let away = |error: std::io::Error| {
        tracing::warn!(error = %error, "the scanner for viruses cannot be reached: documents wait");
        Scanned::Away
    };
    let work = async {
        match place {
            ScannerPlace::Tcp(address) => Ok(asked(TcpStream::connect(address).await.map_err(away)?, file).await),
            ScannerPlace::Unix(path) => Ok(asked(tokio::net::UnixStream::connect(path).await.map_err(away)?, file).await),
        }
    };
    match timeout(PATIENCE, work).await {
        Ok(Ok(Ok(answer))) => read(&answer),
        Ok(Ok(Err(error))) => {
            tracing::warn!(error = %error, "the scanner for viruses does not take a document, which waits");
            Scanned::Unclear
        }
        Ok(Err(away)) => away,
        Err(_) => {
            tracing::warn!("the scanner for viruses does not answer: documents wait");
            Scanned::Unclear
        }
    }
}

/// Sends the command and the file, and returns the answer.
async fn asked(mut stream: impl AsyncRead + AsyncWrite + Unpin, file: &Spool) -> std::io::Result<String> {
    stream.write_all(b"zINSTREAM\0").await?;
    for number in 0..file.parts() {
        let part = file.part(number).await?;
        let length = u32::try_from(part.len()).unwrap_or_default();
        stream.write_all(&length.to_be_bytes()).await?;
        stream.write_all(&part).await?;
    }
    stream.write_all(&[0; 4]).await?;
    stream.flush().await?;
    let mut answer = Vec::new();
    stream.take(ANSWER).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Reads the answer.
fn read(answer: &str) -> Scanned {
    let answer = answer.trim_end_matches(['\0', '\n', '\r']);
    let said = answer.strip_prefix("stream: ").unwrap_or(answer);
    if said == "OK" {
        return Scanned::Clean;
    }
    if let Some(name) = said.strip_suffix(" FOUND") {
        return Scanned::Infected(name.chars().filter(char::is_ascii_graphic).take(80).collect());
    }
    tracing::warn!("the scanner for viruses answered with an error: documents wait");
    Scanned::Unclear
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::spool::PART;

    #[test]
    fn the_setting_names_a_place() {
        assert_eq!(ScannerPlace::parse("tcp:127.0.0.1:3310"), Some(ScannerPlace::Tcp("127.0.0.1:3310".to_owned())));
        assert_eq!(ScannerPlace::parse("tcp:[::1]:3310"), Some(ScannerPlace::Tcp("[::1]:3310".to_owned())));
        assert_eq!(ScannerPlace::parse("unix:/run/clamd.ctl"), Some(ScannerPlace::Unix("/run/clamd.ctl".to_owned())));
        for wrong in ["", "clamd", "tcp:", "tcp:host", "tcp:host:0", "tcp:host:x", "unix:clamd.ctl", "http:x:1"] {
            assert_eq!(ScannerPlace::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn only_a_clear_answer_counts() {
        assert_eq!(read("stream: OK\0"), Scanned::Clean);
        assert_eq!(read("stream: Eicar-Test-Signature FOUND\0"), Scanned::Infected("Eicar-Test-Signature".to_owned()));
        for unclear in ["", "stream: ", "INSTREAM size limit exceeded. ERROR\0", "stream: OK FOUNDATION\0", "OKAY"] {
            assert_eq!(read(unclear), Scanned::Unclear, "{unclear}");
        }
    }

    #[tokio::test]
    async fn a_file_is_sent_in_parts_with_their_lengths() {
        let (client, mut server) = tokio::io::duplex(1 << 20);
        let folder = tempfile::tempdir().expect("a folder");
        let file = Spool::of(&vec![7; PART + 5], folder.path()).expect("written");
        let sent = tokio::spawn(async move { asked(client, &file).await });
        let mut head = [0; 10];
        server.read_exact(&mut head).await.expect("the command");
        assert_eq!(&head, b"zINSTREAM\0");
        let mut got = Vec::new();
        loop {
            let length = server.read_u32().await.expect("a length");
            if length == 0 {
                break;
            }
            let mut part = vec![0; usize::try_from(length).expect("short")];
            server.read_exact(&mut part).await.expect("a part");
            got.push(part.len());
        }
        assert_eq!(got, [PART, 5]);
        server.write_all(b"stream: OK\0").await.expect("answered");
        drop(server);
        assert_eq!(sent.await.expect("ended").expect("an answer"), "stream: OK\0");
    }
}
