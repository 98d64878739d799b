//! Sends the hospital's letters (e-mail). A letter is stored in the transaction that causes it and sent by a job: a transaction
//! that is rolled back sends nothing, and no user waits for a mail server that is unavailable.

mod store;

use std::{path::PathBuf, time::Duration};

use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{Mailbox, SinglePart},
};
use uuid::Uuid;

use crate::{
    core::{Error, Result, time::Instant},
    db::Tx,
    server::{AppState, config::Config},
};

const EVERY: Duration = Duration::from_secs(5);
/// The time limit for an answer of the mail server.
const PATIENCE: Duration = Duration::from_secs(20);
/// A node has this much time to send a letter before other nodes may take it, so that a node that stops does not block
/// the letter.
const TAKEN: chrono::Duration = chrono::Duration::minutes(2);
/// The job gives up after so many attempts: about two days.
const ATTEMPTS: i64 = 50;

/// A letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    pub recipient: String,
    pub subject: String,
    pub body: String,
}

/// Queues a letter for the job, in this transaction. Refuses a recipient that is not an address.
///
/// # Errors
/// [`Error::Invalid`], or when the database refuses.
pub async fn queue(tx: &mut Tx, mail: &Mail, now: Instant) -> Result<()> {
    mail.recipient.parse::<Mailbox>().map_err(|_| Error::invalid("login", crate::tr!(accounts.no_address)))?;
    store::insert(tx, Uuid::now_v7(), mail, now).await
}

/// Whether letters can be sent to this address.
pub fn is_address(text: &str) -> bool {
    (3..=254).contains(&text.len()) && text.parse::<Address>().is_ok()
}

/// The configured transport of letters.
#[derive(Debug)]
pub struct Post {
    from: Mailbox,
    way: Way,
}

#[derive(Debug)]
enum Way {
    /// Writes files, for trying out the program.
    Folder(PathBuf),
    /// Writes log lines, for development.
    Log,
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
}

impl Post {
    /// Creates the transport of the configuration.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn new(config: &Config) -> Result<Self, String> {
        let from = config.mail_from.parse().map_err(|error| format!("setting `mail_from`: {error}"))?;
        let way = match config.mail.strip_prefix("file:") {
            Some(folder) => Way::Folder(folder.into()),
            None if in_the_open(&config.mail) => {
                return Err(
                    "setting `mail`: letters hold links with which one signs in; add `?tls=required`, or use `smtps://…`".to_owned()
                );
            }
            None if config.mail.starts_with("smtp://") || config.mail.starts_with("smtps://") => {
                let builder =
                    AsyncSmtpTransport::<Tokio1Executor>::from_url(&config.mail).map_err(|error| format!("setting `mail`: {error}"))?;
                Way::Smtp(builder.timeout(Some(PATIENCE)).build())
            }
            None if config.mail == "log" => Way::Log,
            None => return Err("setting `mail`: `file:FOLDER`, `log`, `smtp://…` or `smtps://…` is expected".to_owned()),
        };
        Ok(Self { from, way })
    }

    /// Sends one letter. The same id is the same Message-ID.
    ///
    /// # Errors
    /// The sentence of the server that refuses it.
    pub async fn send(&self, id: Uuid, mail: &Mail) -> Result<(), String> {
        let message = message(self.from.clone(), id, mail)?;
        match &self.way {
            Way::Smtp(server) => server.send(message).await.map(drop).map_err(|error| error.to_string()),
            Way::Log => {
                tracing::info!(mail = %id, recipient = mail.recipient, subject = mail.subject, "{}", mail.body);
                Ok(())
            }
            Way::Folder(folder) => put(folder, id, &message.formatted()).await.map_err(|error| format!("{}: {error}", folder.display())),
        }
    }
}

/// Builds the MIME message (RFC 2045) of a letter: one part, plain text in UTF-8. Strict mail readers show a message without
/// `MIME-Version` undecoded.
fn message(from: Mailbox, id: Uuid, mail: &Mail) -> Result<Message, String> {
    let recipient: Mailbox = mail.recipient.parse().map_err(|error| format!("{error}"))?;
    Message::builder()
        .from(from)
        .to(recipient)
        .subject(&mail.subject)
        // The id is the same when the letter is sent twice, so that readers recognise the copy.
        .message_id(Some(format!("<{id}@infirmary>")))
        .singlepart(SinglePart::plain(mail.body.clone()))
        .map_err(|error| error.to_string())
}

/// Whether letters would leave this machine unencrypted.
fn in_the_open(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("smtp://") else { return false };
    let (server, options) = rest.split_once('?').unwrap_or((rest, ""));
    let host = server.rsplit('@').next().unwrap_or_default().trim_end_matches('/');
    let host = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit())).map_or(host, |(host, _)| host);
    let here = host == "localhost" || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    !here && !options.split('&').any(|option| option == "tls=required")
}

/// Writes a letter to a file that only this system user can read.
async fn put(folder: &std::path::Path, id: Uuid, text: &[u8]) -> std::io::Result<()> {
    tokio::fs::create_dir_all(folder).await?;
    let mut options = tokio::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    options.mode(0o600);
    let mut file = options.open(folder.join(format!("{id}.eml"))).await?;
    tokio::io::AsyncWriteExt::write_all(&mut file, text).await?;
    file.sync_all().await
}

/// Sends the letters that are due; returns how many were sent. A letter that cannot be sent is tried again later.
///
/// # Errors
/// When the database refuses.
pub async fn send_due(state: &AppState, post: &Post) -> Result<usize> {
    let now = state.clock.now();
    let due = store::due(&mut state.db.read().await?, now).await?;
    let mut sent = 0;
    for letter in due {
        let mut tx = state.db.write().await?;
        let mine = store::take(&mut tx, &letter, now + TAKEN).await?;
        let mail = letter.mail(&tx);
        tx.commit().await?;
        if !mine {
            continue;
        }
        // A letter that cannot be decrypted is logged and does not delay the others.
        let Ok(mail) = mail else { continue };
        let left = post.send(letter.id, &mail).await;
        let mut tx = state.db.write().await?;
        match left {
            Ok(()) => {
                store::sent(&mut tx, letter.id, mail, now).await?;
                sent += 1;
            }
            Err(error) => {
                let attempts = letter.attempts + 1;
                tracing::warn!(mail = %letter.id, attempts, error, "a letter did not leave");
                let wait = chrono::Duration::minutes(1 << attempts.min(6));
                if attempts < ATTEMPTS {
                    store::failed(&mut tx, letter.id, now + wait).await?;
                } else {
                    store::given_up(&mut tx, letter.id, mail).await?;
                }
            }
        }
        tx.commit().await?;
    }
    Ok(sent)
}

/// Sends letters until the program stops.
pub async fn keep_sending(state: AppState, post: Post) {
    let mut every = crate::server::jobs::Beat::new(&state, "letters", EVERY);
    loop {
        tokio::select! {
            () = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        if let Err(error) = send_due(&state, &post).await {
            every.failed(&error, "letters wait");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Mail, in_the_open, message};

    #[test]
    fn a_letter_says_that_it_is_mime_so_that_its_link_is_decoded() {
        let body = format!("¿Olvidó su contraseña?\n\nhttps://hospital.test/link/{}\n", "0123456789abcdef".repeat(8));
        let mail = Mail { recipient: "ana@home.test".to_owned(), subject: "Contraseña".to_owned(), body };
        let message = message("Infirmary <infirmary@localhost>".parse().expect("a sender"), uuid::Uuid::nil(), &mail).expect("a message");
        let text = String::from_utf8(message.formatted()).expect("ASCII");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
        assert!(text.is_ascii(), "{text}");
        for header in ["MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable"] {
            assert_eq!(head.lines().filter(|line| *line == header).count(), 1, "{header}: {head}");
        }
        assert!(body.contains("=C2=BFOlvid=C3=B3"), "{body}");
    }

    #[test]
    fn letters_leave_the_machine_encrypted_or_not_at_all() {
        for url in
            ["smtp://127.0.0.1:25", "smtp://localhost", "smtp://[::1]:25/", "smtps://mail.test", "smtp://me:pw@mail.test:587?tls=required"]
        {
            assert!(!in_the_open(url), "{url}");
        }
        for url in [
            "smtp://mail.test",
            "smtp://me:pw@mail.test:587",
            "smtp://mail.test?tls=opportunistic",
            "smtp://localhost@mail.test",
            "smtp://10.0.0.1",
        ] {
            assert!(in_the_open(url), "{url}");
        }
    }
}
