//! A sender of short messages that is killed (`kill -9`) at each step: a process of its own, which this test starts again and again. The
//! gateway says at which step it is, and the test kills the process there. The short form kills twelve times, the long form two hundred.

use std::{
    collections::BTreeMap,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

use super::{deliver, many, number, receivers, sender_with};
use crate::{
    core::time::{Clock, Instant},
    db::{Database, sql},
    messages::{About, MessageKind, deliver_due, queue},
    sealing,
    server::AppState,
    tests::{TestApp, app::test_keys, on_both_engines, test_config},
};

/// The database, the gateway and the time of a sender that is going to be killed.
const PLACE: [&str; 3] = ["INFIRMARY_KILLED_DATABASE", "INFIRMARY_KILLED_GATEWAY", "INFIRMARY_KILLED_TIME"];
/// The name of the test that is the sender.
const SENDER: &str = "messages::killed::the_process_that_is_killed";

/// Returns the id of a message as the gateway gets it.
pub fn id_of(body: &str) -> String {
    serde_json::from_str::<serde_json::Value>(body).expect("JSON")["id"].as_str().expect("an id").to_owned()
}

/// The moment at which the sender is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// The message is claimed, and the gateway is called.
    Called,
    /// The gateway has taken the message and does not answer.
    Taken,
    /// The gateway has answered; the answer is recorded, or not yet.
    Answered,
    /// The gateway has answered several messages: some are recorded.
    SeveralAnswered,
}

const MOMENTS: [Moment; 4] = [Moment::Called, Moment::Taken, Moment::Answered, Moment::SeveralAnswered];

/// A gateway that says at which step the sender is.
struct StepGateway {
    url: String,
    /// The ids that it took, in their order.
    taken: Arc<Mutex<Vec<String>>>,
    moment: Arc<AtomicUsize>,
    reached: mpsc::UnboundedReceiver<()>,
}

impl StepGateway {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/sms", listener.local_addr().expect("an address"));
        let (tell, reached) = mpsc::unbounded_channel();
        let (taken, moment): (Arc<Mutex<Vec<String>>>, Arc<AtomicUsize>) = Default::default();
        let (kept, now) = (taken.clone(), moment.clone());
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("a caller");
                let (taken, moment, tell) = (kept.clone(), MOMENTS[now.load(Ordering::SeqCst)], tell.clone());
                tokio::spawn(async move { serve(stream, moment, &taken, &tell).await });
            }
        });
        Self { url, taken, moment, reached }
    }
}

/// Takes one message, up to the moment; tells when it is reached.
async fn serve(mut stream: TcpStream, moment: Moment, taken: &Mutex<Vec<String>>, tell: &mpsc::UnboundedSender<()>) {
    if moment == Moment::Called {
        let _ = tell.send(());
        // The connection stays open until the sender is dead.
        let _ = stream.read_to_end(&mut Vec::new()).await;
        return;
    }
    let (mut text, mut part) = (Vec::new(), [0; 4096]);
    let body = loop {
        let Ok(length) = stream.read(&mut part).await else { return };
        if length == 0 {
            return;
        }
        text.extend_from_slice(&part[..length]);
        let whole = String::from_utf8_lossy(&text).into_owned();
        if let Some((head, body)) = whole.split_once("\r\n\r\n") {
            let wanted = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok()).unwrap_or(0);
            if body.len() >= wanted {
                break body.to_owned();
            }
        }
    };
    let count = {
        let mut taken = taken.lock().expect("ids");
        taken.push(id_of(&body));
        taken.len()
    };
    if moment == Moment::Taken {
        let _ = tell.send(());
        let _ = stream.read_to_end(&mut Vec::new()).await;
        return;
    }
    let _ = stream.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
    if moment == Moment::Answered || count.is_multiple_of(3) {
        let _ = tell.send(());
    }
}

/// Starts the sender as a process of its own.
fn start(app: &TestApp, gateway: &str, now: Instant) -> Child {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args([SENDER, "--nocapture"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    for (name, value) in PLACE.into_iter().zip([app.url.to_string(), gateway.to_owned(), now.timestamp_micros().to_string()]) {
        command.env(name, value);
    }
    command.spawn().expect("a process")
}

/// The process that [`a_killed_sender_loses_no_short_message`] starts and kills; by itself it does nothing.
#[tokio::test]
async fn the_process_that_is_killed() {
    let [Ok(url), Ok(gateway), Ok(micros)] = PLACE.map(std::env::var) else { return };
    let now = Instant::from_timestamp_micros(micros.parse().expect("a number")).expect("a time");
    let db = Database::open(&url).await.expect("the database opens");
    sealing::prepare(&db, &test_keys(), now).await.expect("prepared");
    let state = AppState::new(db, Clock::standing_at(now), test_config(), &crate::app::PROGRAM).await.expect("a state");
    let way = sender_with("log", &gateway);
    loop {
        match deliver_due(&state, &way).await {
            Ok(delivered) if delivered.sent == 0 => return,
            // A busy database makes the sender come again.
            Ok(_) | Err(_) => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_killed_sender_loses_no_short_message() {
    on_both_engines(|app| async move {
        let kills: usize = if std::env::var_os("INFIRMARY_LONG").is_some() { 200 } else { 12 };
        let (first, _) = receivers::gateway(&["202 Accepted"]).await;
        let node = many::node_with(&app, &first).await;
        many::confirm_number(&app, &node, &first, "ana", app.fixture.ana).await;
        let count = kills * 6;
        let (mut tx, now) = (app.state.db.write().await.expect("a transaction"), app.state.clock.now());
        for _ in 0..count {
            let about = About {
                kind: MessageKind::Receipt,
                subject: uuid::Uuid::now_v7(),
                clinic: app.fixture.north,
                at: None,
                expires: None,
                needed_by: None,
                link: "/portal".to_owned(),
                call: false,
            };
            assert_eq!(queue(&mut tx, app.fixture.ana, &about, now).await, Ok(1));
        }
        tx.commit().await.expect("committed");

        let mut gateway = StepGateway::open().await;
        let mut killed = BTreeMap::new();
        for step in 0..kills {
            gateway.moment.store(step % MOMENTS.len(), Ordering::SeqCst);
            while gateway.reached.try_recv().is_ok() {}
            let mut process = start(&app, &gateway.url, app.state.clock.now());
            let is_there = tokio::time::timeout(std::time::Duration::from_mins(1), gateway.reached.recv()).await;
            assert!(matches!(is_there, Ok(Some(()))), "the sender calls the gateway: step {step}");
            // SIGKILL on this system.
            process.kill().expect("killed");
            let _ = process.wait();
            *killed.entry(format!("{:?}", MOMENTS[step % MOMENTS.len()])).or_insert(0) += 1;
            // The lease of the dead one ends.
            app.state.clock.advance(chrono::Duration::minutes(3));
        }
        // A good gateway takes the rest.
        gateway.moment.store(3, Ordering::SeqCst);
        let left = sql("SELECT count(*) FROM messages WHERE kind = 'receipt' AND state IN ('due', 'sending', 'failed')");
        while number(&app, left.clone()).await > 0 {
            deliver(&app, &sender_with("log", &gateway.url)).await;
            app.state.clock.advance(chrono::Duration::minutes(3));
        }
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        for id in gateway.taken.lock().expect("ids").iter() {
            *times.entry(id.clone()).or_default() += 1;
        }
        let again: usize = times.values().map(|times| times - 1).sum();
        let counted = number(&app, sql("SELECT CAST(coalesce(sum(repeats), 0) AS BIGINT) FROM messages")).await;
        println!(
            "{}: {kills} kills ({killed:?}), {count} short messages, none lost; {again} came again under the same id, {counted} repeats are on record",
            app.state.db.engine().as_str()
        );
        assert_eq!(times.len(), count, "each message has one id, and none is lost");
        assert_eq!(number(&app, sql("SELECT count(*) FROM messages WHERE kind = 'receipt' AND state = 'sent'")).await, i64::try_from(count).expect("small"));
        assert!(i64::try_from(again).is_ok_and(|again| again <= counted), "each repeat is on record: {again}, {counted}");
        node.end().await;
        app.assert_sound().await;
    })
    .await;
}
