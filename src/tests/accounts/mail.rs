//! Tests letters: through a folder and a mail server, and the letters to users who forgot their password.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
};

use crate::{
    accounts::answer_forgotten,
    core::Role,
    server::{
        config::Config,
        mail::{Mail, Post, queue, send_due},
    },
    tests::{TestApp, fixture::PASSWORD, on_both_engines},
};

const NEW: &str = "violet harbor eleven spoons";

/// A mail server that accepts every letter, or answers that it is full.
async fn mail_server(full: bool) -> (String, Arc<Mutex<Vec<String>>>) {
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
                write.write_all(b"220 mail.test\r\n").await.expect("written");
                let (mut letter, mut in_letter) = (String::new(), false);
                while let Ok(Some(line)) = lines.next_line().await {
                    let answer = match line.split_whitespace().next() {
                        _ if in_letter && line == "." => {
                            in_letter = false;
                            taken.lock().expect("letters").push(std::mem::take(&mut letter));
                            "250 taken\r\n"
                        }
                        _ if in_letter => {
                            letter.push_str(&line);
                            letter.push('\n');
                            continue;
                        }
                        Some("RCPT") if full => "452 full\r\n",
                        Some("DATA") => {
                            in_letter = true;
                            "354 go on\r\n"
                        }
                        _ => "250 well\r\n",
                    };
                    write.write_all(answer.as_bytes()).await.expect("written");
                }
            });
        }
    });
    (format!("smtp://{address}"), letters)
}

fn post(way: &str) -> Post {
    Post::new(&Config { mail: way.to_owned(), ..Config::default() }).expect("a way")
}

async fn write(app: &TestApp, recipient: &str) {
    let mail = Mail { recipient: recipient.to_owned(), subject: "Ünïcode".to_owned(), body: "One\n.\nTwo".to_owned() };
    let mut tx = app.state.db.write().await.expect("a transaction");
    queue(&mut tx, &mail, app.state.clock.now()).await.expect("queued");
    tx.commit().await.expect("committed");
}

#[tokio::test]
async fn a_letter_goes_to_the_mail_server_once() {
    on_both_engines(|app| async move {
        let (url, letters) = mail_server(false).await;
        let (post, other) = (post(&url), app.another_node().await);
        write(&app, "rosa@hospital.test").await;
        let (one, two) = tokio::join!(send_due(&app.state, &post), send_due(&other.state, &post));
        assert_eq!(one.expect("sent") + two.expect("sent"), 1);
        assert_eq!(send_due(&app.state, &post).await, Ok(0));
        let letters = letters.lock().expect("letters").clone();
        assert_eq!(letters.len(), 1);
        assert!(letters[0].contains("To: rosa@hospital.test") && letters[0].contains("One\n..\nTwo"), "{}", letters[0]);
        other.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_letter_waits_for_a_mail_server_that_is_full_or_away() {
    on_both_engines(|app| async move {
        write(&app, "rosa@hospital.test").await;
        let (full, _) = mail_server(true).await;
        assert_eq!(send_due(&app.state, &post(&full)).await, Ok(0));
        assert_eq!(send_due(&app.state, &post(&full)).await, Ok(0));
        let (url, letters) = mail_server(false).await;
        assert_eq!(send_due(&app.state, &post(&url)).await, Ok(0), "not at once");
        app.state.clock.advance(chrono::Duration::minutes(3));
        assert_eq!(send_due(&app.state, &post("smtp://127.0.0.1:1")).await, Ok(0));
        app.state.clock.advance(chrono::Duration::minutes(5));
        assert_eq!(send_due(&app.state, &post(&url)).await, Ok(1));
        assert_eq!(letters.lock().expect("letters").len(), 1);
    })
    .await;
}

/// Returns the only letter in a folder, and the link in it.
fn letter(folder: &tempfile::TempDir) -> (String, String) {
    let mut files: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").map(|file| file.expect("a file").path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let path = files.remove(0);
    let text = std::fs::read_to_string(&path).expect("a letter").replace("=\r\n", "").replace("=3D", "=");
    std::fs::remove_file(path).expect("read");
    let link = text.split("/link/").nth(1).map(|rest| rest.chars().take_while(char::is_ascii_hexdigit).collect()).unwrap_or_default();
    (text, link)
}

#[tokio::test]
async fn who_forgot_the_password_gets_a_link_and_nobody_learns_who_has_an_account() {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir().expect("a folder");
        let post = post(&format!("file:{}", folder.path().display()));
        let admin = app.as_("admin").await;
        let form = [("name", "Nina New"), ("login", "nina@hospital.test"), ("role", Role::Nurse.as_str()), ("clinic", "all")];
        admin.post("/api/accounts/invite", &form).await;
        assert_eq!(send_due(&app.state, &post).await, Ok(1));
        let (text, token) = letter(&folder);
        assert!(text.contains("To: nina@hospital.test") && text.contains("Nina New"), "{text}");
        let choose = |token: String| {
            let browser = app.browser();
            async move {
                let form = [("token", token.as_str()), ("new_password", NEW), ("new_password_again", NEW)];
                browser.post("/api/accounts/use_link", &form).await.status.as_u16()
            }
        };
        assert_eq!(choose(token).await, 200);
        let mut answers = Vec::new();
        for login in ["Nina@hospital.test", "nobody@hospital.test", "desk", "system"] {
            let answer = app.browser().post("/api/accounts/forgot", &[("login", login)]).await;
            answers.push((answer.status, answer.location, answer.body));
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "all answers are the same");
        assert_eq!(answer_forgotten(&app.state).await, Ok(1));
        assert_eq!(send_due(&app.state, &post).await, Ok(1));
        let (text, token) = letter(&folder);
        assert!(text.contains("To: nina@hospital.test"), "{text}");
        assert_eq!(choose(token.clone()).await, 200);
        assert_eq!(choose(token).await, 409);
        // Repeated requests do not send more letters.
        for _ in 0..20 {
            app.browser().post("/api/accounts/forgot", &[("login", "nina@hospital.test")]).await;
        }
        assert!(answer_forgotten(&app.state).await.expect("answered") <= 5);
    })
    .await;
}

#[tokio::test]
async fn asking_in_somebodys_name_ends_no_link_of_theirs() {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir().expect("a folder");
        let post = post(&format!("file:{}", folder.path().display()));
        let admin = app.as_("admin").await;
        let form = [("name", "Nina New"), ("login", "nina@hospital.test"), ("role", Role::Nurse.as_str()), ("clinic", "all")];
        admin.post("/api/accounts/invite", &form).await;
        assert_eq!(send_due(&app.state, &post).await, Ok(1));
        let invitation = letter(&folder).1;
        let opens = async |token: &str| app.browser().get(&format!("/link/{token}")).await.status.as_u16();
        let choose = async |token: &str, password: &str| {
            let form = [("token", token), ("new_password", password), ("new_password_again", password)];
            app.browser().post("/api/accounts/use_link", &form).await.status.as_u16()
        };
        let mut asked = Vec::new();
        for (function, form) in [
            ("forgot", &[("login", "nina@hospital.test")][..]),
            ("sign_up", &[("name", "Somebody"), ("login", "nina@hospital.test")][..]),
            ("forgot", &[("login", "nina@hospital.test")][..]),
        ] {
            app.browser().post(&format!("/api/accounts/{function}"), form).await;
            assert_eq!(answer_forgotten(&app.state).await, Ok(1));
            assert_eq!(send_due(&app.state, &post).await, Ok(1));
            asked.push(letter(&folder).1);
        }
        for token in asked.iter().chain([&invitation]) {
            assert_eq!(opens(token).await, 200, "the invitation, and whatever was asked for besides");
        }
        app.state.clock.advance(chrono::Duration::minutes(31));
        assert_eq!(
            [opens(&asked[0]).await, opens(&invitation).await],
            [409, 200],
            "what was forgotten lasts 30 minutes, an invitation its days"
        );
        assert_eq!(choose(&invitation, NEW).await, 200);
        assert_eq!(opens(&asked[1]).await, 409, "a password was chosen: nothing that was sent before changes it again");

        // A link in an unread letter becomes invalid when the password is changed, and when the administrator creates
        // another link.
        let link = async || {
            app.state.clock.advance(chrono::Duration::hours(1));
            app.browser().post("/api/accounts/forgot", &[("login", "nina@hospital.test")]).await;
            assert_eq!(answer_forgotten(&app.state).await, Ok(1));
            assert_eq!(send_due(&app.state, &post).await, Ok(1));
            letter(&folder).1
        };
        let (waiting, nina) = (link().await, app.browser());
        nina.post("/api/accounts/sign_in", &[("login", "nina@hospital.test"), ("password", NEW)]).await;
        let changed = "copper lantern twelve rivers";
        let form = [("password", NEW), ("new_password", changed), ("new_password_again", changed)];
        assert_eq!(nina.post("/api/accounts/change_password", &form).await.status.as_u16(), 200);
        assert_eq!(opens(&waiting).await, 409);
        let log = Post::new(&Config { mail: "log".to_owned(), ..Config::default() }).expect("a way");
        assert_eq!(send_due(&app.state, &log).await, Ok(1), "Nina is told of the change");
        let waiting = link().await;
        let admin = app.as_("admin").await;
        let id = admin
            .get("/users?q=nina")
            .await
            .body
            .split("/users/")
            .find_map(|rest| rest.get(..36).filter(|id| id.matches('-').count() == 4).map(str::to_owned))
            .expect("Nina");
        assert_eq!(admin.post("/api/accounts/new_link", &[("user_id", &id), ("password", PASSWORD)]).await.status.as_u16(), 200);
        assert_eq!(opens(&waiting).await, 409);
    })
    .await;
}
