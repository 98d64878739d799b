//! A mail server and a gateway for short messages, which tests start.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
    sync::Semaphore,
};

/// How a server behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Good,
    /// It takes the letter and never says so.
    Mute,
}

/// Starts a mail server; returns its address and the letters that it took.
pub async fn mail_server(mood: Mood) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let letters: Arc<Mutex<Vec<String>>> = Arc::default();
    let taken = letters.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("a caller");
            let taken = taken.clone();
            tokio::spawn(async move {
                let (read, mut write) = stream.into_split();
                let mut lines = BufReader::new(read).lines();
                if write.write_all(b"220 mail.test\r\n").await.is_err() {
                    return;
                }
                let (mut letter, mut in_letter) = (String::new(), false);
                while let Ok(Some(line)) = lines.next_line().await {
                    let answer = match line.split_whitespace().next() {
                        _ if in_letter && line == "." => {
                            in_letter = false;
                            taken.lock().expect("letters").push(std::mem::take(&mut letter));
                            if mood == Mood::Mute {
                                continue;
                            }
                            "250 taken\r\n"
                        }
                        _ if in_letter => {
                            letter.push_str(&line);
                            letter.push('\n');
                            continue;
                        }
                        Some("DATA") => {
                            in_letter = true;
                            "354 go on\r\n"
                        }
                        _ => "250 well\r\n",
                    };
                    if write.write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (format!("smtp://{address}"), letters)
}

/// Returns a letter whose body is decoded from quoted-printable (RFC 2045).
pub fn plain(letter: &str) -> String {
    let joined = letter.replace("=\n", "");
    let bytes = joined.as_bytes();
    let (mut plain, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let coded = (bytes[at] == b'=').then(|| joined.get(at + 1..at + 3)).flatten();
        match coded.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) => {
                plain.push(byte);
                at += 3;
            }
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// Returns the Message-ID of a letter.
pub fn message_id(letter: &str) -> String {
    letter.lines().find_map(|line| line.strip_prefix("Message-ID: ")).expect("an id").to_owned()
}

/// A request that a gateway took: its head and its body.
pub type Taken = (String, String);

/// Starts a gateway that answers each request with the next status, the last one for ever.
pub async fn gateway(statuses: &'static [&'static str]) -> (String, Arc<Mutex<Vec<Taken>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let requests: Arc<Mutex<Vec<Taken>>> = Arc::default();
    let taken = requests.clone();
    tokio::spawn(async move {
        let mut nth = 0;
        loop {
            let (mut stream, _) = listener.accept().await.expect("a caller");
            let (mut text, mut part) = (Vec::new(), [0; 4096]);
            let (head, body) = loop {
                let length = stream.read(&mut part).await.expect("read");
                text.extend_from_slice(&part[..length]);
                let whole = String::from_utf8_lossy(&text).into_owned();
                if let Some((head, body)) = whole.split_once("\r\n\r\n") {
                    let wanted = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok()).unwrap_or(0);
                    if body.len() >= wanted {
                        break (head.to_owned(), body.to_owned());
                    }
                }
                assert!(length > 0, "{whole}");
            };
            taken.lock().expect("requests").push((head, body));
            let status = statuses[nth.min(statuses.len() - 1)];
            nth += 1;
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.expect("answered");
        }
    });
    (format!("http://{address}/sms"), requests)
}

/// Starts a gateway that takes each request, and answers it when a permit is added; returns its address and the number of requests.
pub async fn slow_gateway(answers: Arc<Semaphore>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let count: Arc<AtomicUsize> = Arc::default();
    let taken = count.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.expect("a caller");
            let (answers, taken) = (answers.clone(), taken.clone());
            tokio::spawn(async move {
                let mut part = [0; 4096];
                // The whole request is shorter, and arrives at once.
                let length = stream.read(&mut part).await.expect("read");
                assert!(length > 0);
                taken.fetch_add(1, Ordering::SeqCst);
                answers.acquire().await.expect("open").forget();
                let _ = stream.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
                // Without this the rest of the body would break the connection before the answer is read.
                let _ = stream.read_to_end(&mut Vec::new()).await;
            });
        }
    });
    (format!("http://{address}/sms"), count)
}
