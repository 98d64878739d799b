//! Live updates. An event is stored in the outbox within its transaction, announced to every node at the commit, and sent
//! to browsers as a server-sent event. The message names the kind of data that changed, never its content: a browser that
//! was disconnected loads everything again on the next connection, and is then up to date. A page carries the [`Mark`] of
//! the time when it was rendered, and the stream begins with the present mark: a page that missed an event in between
//! loads its data again at once.
//!
//! SQLite has one process: the hub is notified after the commit. PostgreSQL notifies all nodes with `NOTIFY`, which
//! delivers at commit, in the order of commits.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::State,
    response::sse::{Event as Sse, KeepAlive, Sse as SseResponse},
};
use futures::{Stream, StreamExt as _};
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, watch};
use tokio_stream::wrappers::{BroadcastStream, errors::BroadcastStreamRecvError};
use uuid::Uuid;

use crate::{
    core::{ClinicId, Error, PatientId, Result, UserId, time::Instant},
    db::{Database, Engine, Tx, sql},
    server::{ACCESS, AppState, Departments, HeardBy, Principal, Request, SETTINGS, Topic},
};

/// The address of the stream.
pub const PATH: &str = "/events";

/// The PostgreSQL channel.
const CHANNEL: &str = "infirmary_events";

/// A change that browsers are notified of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    #[serde(serialize_with = "by_name")]
    pub topic: &'static Topic,
    pub clinic: Option<ClinicId>,
    pub patient: Option<PatientId>,
    pub user: Option<UserId>,
    /// The row that it is about: a visit, an appointment, an invoice.
    pub subject: Option<Uuid>,
}

fn by_name<S: serde::Serializer>(topic: &'static Topic, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(topic.name)
}

/// An event as received from another node.
#[derive(Deserialize)]
struct Told {
    topic: String,
    clinic: Option<ClinicId>,
    patient: Option<PatientId>,
    user: Option<UserId>,
    subject: Option<Uuid>,
}

impl Told {
    /// Converts it to an event, if this program knows its topic.
    fn event(self, departments: Departments) -> Option<Event> {
        let Self { topic, clinic, patient, user, subject } = self;
        departments.topic(&topic).map(|topic| Event { topic, clinic, patient, user, subject })
    }
}

impl Event {
    /// Creates an event that names no clinic, patient, user or subject yet.
    pub const fn new(topic: &'static Topic) -> Self {
        Self { topic, clinic: None, patient: None, user: None, subject: None }
    }

    /// Sets the clinic.
    #[must_use]
    pub const fn at(mut self, clinic: ClinicId) -> Self {
        self.clinic = Some(clinic);
        self
    }

    /// Sets the patient, whose own browser then receives the event too.
    #[must_use]
    pub const fn of(mut self, patient: PatientId) -> Self {
        self.patient = Some(patient);
        self
    }

    /// Sets the user: only that user receives the event.
    #[must_use]
    pub const fn to(mut self, user: UserId) -> Self {
        self.user = Some(user);
        self
    }

    /// Sets the row that it is about.
    #[must_use]
    pub fn about(mut self, subject: impl Into<Uuid>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Whether this user may receive the event. A browser without a signed-in user receives only topics for all, such
    /// as the queue's changes, which the public board shows anyway.
    pub fn is_for(&self, who: Option<&Principal>) -> bool {
        let heard = self.topic.heard;
        if heard == HeardBy::Streams {
            return false;
        }
        let Some(who) = who else { return heard == HeardBy::All };
        if self.user.is_some() {
            return self.user == Some(who.user);
        }
        if self.patient.is_some_and(|patient| who.patients().any(|own| own == patient)) {
            return true;
        }
        match heard {
            HeardBy::All => true,
            HeardBy::ThoseWhoMay(permission) => self.clinic.map_or_else(|| who.may(permission), |clinic| who.may_at(permission, clinic)),
            HeardBy::TheNamed | HeardBy::Streams => false,
        }
    }

    /// Whether this event changes the access of this user.
    fn changes_access_of(&self, who: &Principal) -> bool {
        *self.topic == ACCESS && (self.user == Some(who.user) || self.patient.is_some() && self.patient == who.patient)
    }

    /// Builds the message for a browser: topic and clinic; the subject only for staff who may see it. Other readers learn
    /// that a queue changed, but not whose visit it was.
    fn hint(&self, who: Option<&Principal>) -> Hint {
        let works_there = who.is_some_and(|who| {
            who.staff.is_some() && self.topic.subject.is_none_or(|right| self.clinic.is_none_or(|clinic| who.may_at(right, clinic)))
        });
        Hint { topic: self.topic.name, clinic: self.clinic, subject: self.subject.filter(|_| works_there) }
    }
}

/// The message that is sent to the browser.
#[derive(Clone, Debug, Serialize)]
pub struct Hint {
    pub topic: &'static str,
    pub clinic: Option<ClinicId>,
    pub subject: Option<Uuid>,
}

/// The messages within the hub.
#[derive(Clone, Debug)]
enum News {
    Happened(Arc<Event>),
    /// An event may be missing: load all data again.
    LookAgain,
}

/// The number of events that a node had received when it rendered a page. Two marks are equal when nothing happened
/// between them.
pub type Mark = String;

/// Collects the events of this node and of the others.
#[derive(Debug)]
pub struct Hub {
    news: broadcast::Sender<News>,
    /// The number of messages so far. The node's id is part of each mark, so a mark of another node, or of the time
    /// before a restart, is never equal.
    count: AtomicU64,
    node: Uuid,
    /// Whether PostgreSQL delivers the events to this node, its own included.
    listening: watch::Sender<bool>,
    /// The number of open streams of each listener.
    listeners: Mutex<BTreeMap<Listener, usize>>,
}

impl Default for Hub {
    fn default() -> Self {
        Self {
            news: broadcast::channel(1024).0,
            count: AtomicU64::new(0),
            node: Uuid::new_v4(),
            listening: watch::Sender::new(false),
            listeners: Mutex::default(),
        }
    }
}

impl Hub {
    /// Stores the events in the outbox, within the transaction of the changes.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn store(&self, tx: &mut Tx, now: Instant, events: &[Event]) -> Result<()> {
        for event in events {
            store::put(tx, now, event).await?;
            if tx.engine() == Engine::Postgres {
                let text = serde_json::to_string(event).unwrap_or_default();
                store::notify(tx, CHANNEL, text).await?;
            }
        }
        Ok(())
    }

    /// Notifies this node's browsers, after the commit. With PostgreSQL the function `listen` does that.
    pub fn announce(&self, events: &[Event]) {
        if !*self.listening.borrow() {
            for event in events {
                self.send(News::Happened(Arc::new(event.clone())));
            }
        }
    }

    /// Stores and announces events that belong to no request's transaction.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn tell(&self, db: &Database, now: Instant, events: &[Event]) -> Result<()> {
        let mut tx = db.write().await?;
        self.store(&mut tx, now, events).await?;
        tx.commit().await?;
        self.announce(events);
        Ok(())
    }

    /// The number of open streams.
    pub fn streams(&self) -> usize {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }

    /// Makes every browser load all data again.
    pub fn look_again(&self) {
        self.send(News::LookAgain);
    }

    /// Returns the mark of the present.
    pub fn mark(&self) -> Mark {
        format!("{}-{}", self.node.simple(), self.count.load(Ordering::Acquire))
    }

    /// Waits until PostgreSQL delivers the events of other nodes, and the browsers of this one were told to load all data again.
    pub async fn until_listening(&self) {
        // This value owns the sender, so the wait ends only with `true`.
        let _ = self.listening.subscribe().wait_for(|listening| *listening).await;
    }

    fn send(&self, news: News) {
        self.count.fetch_add(1, Ordering::AcqRel);
        // An error means that there is no receiver: no browser is connected.
        let _ = self.news.send(news);
    }
}

/// With PostgreSQL: receives the events of every node until the program stops. It reconnects by itself; then all
/// browsers load their data again, because events may have been missed.
pub async fn listen(state: AppState) {
    let Some(pool) = state.db.postgres().cloned() else { return };
    while !state.stopping.is_cancelled() {
        match sqlx::postgres::PgListener::connect_with(&pool).await {
            Ok(mut listener) => match listener.listen(CHANNEL).await {
                Ok(()) => {
                    state.read_hospital_again().await;
                    // The browsers hear first: a stream that opens after `until_listening` gets no message of this connection any more.
                    // An event of this node that is committed until then is announced twice, which only makes a browser look twice.
                    state.hub.look_again();
                    state.hub.listening.send_replace(true);
                    loop {
                        let heard = tokio::select! {
                            heard = listener.try_recv() => heard,
                            () = state.stopping.cancelled() => return,
                        };
                        match heard {
                            Ok(Some(notice)) => match serde_json::from_str::<Told>(notice.payload()) {
                                Ok(told) => match told.event(state.departments) {
                                    Some(event) => {
                                        if *event.topic == SETTINGS {
                                            state.read_hospital_again().await;
                                        }
                                        state.hub.send(News::Happened(Arc::new(event)));
                                    }
                                    None => tracing::warn!("an event of another version: its topic is unknown"),
                                },
                                Err(error) => tracing::warn!(error = %error, "an event of another version"),
                            },
                            Ok(None) | Err(_) => break,
                        }
                    }
                    state.hub.listening.send_replace(false);
                }
                Err(error) => tracing::warn!(error = %error, "cannot listen"),
            },
            Err(error) => tracing::warn!(error = %error, "cannot connect to listen"),
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(500)) => {}
            () = state.stopping.cancelled() => return,
        }
    }
}

/// The longest time between two messages to a browser: a browser that receives nothing knows that the connection is
/// dead.
const BEAT: Duration = Duration::from_secs(5);
/// The time after which a browser connects again when its connection broke.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// The largest number of tabs of one user, and of streams of one address where no user is signed in (a hall full of boards): each
/// stream holds a connection for as long as it is open, and the number of connections is limited.
const TABS: usize = 100;
const BOARDS: usize = 2_000;

/// The owner of a stream.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Listener {
    User(UserId),
    Address(Option<IpAddr>),
}

/// The place of one open stream; dropping it frees the place.
#[derive(Debug)]
struct Seat(AppState, Listener);

impl Seat {
    /// Takes a place for `who`.
    ///
    /// # Errors
    /// [`Error::Busy`] when this listener already has the largest number of streams.
    fn take(state: &AppState, who: Listener) -> Result<Self> {
        let most = if matches!(who, Listener::User(_)) { TABS } else { BOARDS };
        let mut listeners = state.hub.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        let open = listeners.entry(who.clone()).or_default();
        if *open >= most {
            return Err(Error::Busy);
        }
        *open += 1;
        drop(listeners);
        Ok(Self(state.clone(), who))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut listeners = self.0.hub.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = listeners.get_mut(&self.1) {
            *open -= 1;
            if *open == 0 {
                listeners.remove(&self.1);
            }
        }
    }
}

/// `GET /events`: the messages for this browser. The first message is `who`, by which a page notices that its reader is
/// signed out; the second is `hello` with the present [`Mark`]. A page with another mark loads its data again, and so does
/// every page on every later `hello`.
///
/// # Errors
/// [`Error::Busy`] when too many streams are open already.
pub async fn stream(State(state): State<AppState>) -> Result<SseResponse<impl Stream<Item = Result<Sse, Infallible>>>> {
    let request = Request::current();
    let who = request.as_ref().and_then(|request| request.principal.clone());
    let address = request.as_ref().and_then(|request| request.caller.0);
    let seat = Seat::take(&state, who.as_ref().map_or(Listener::Address(address), |who| Listener::User(who.user)))?;
    let news = BroadcastStream::new(state.hub.news.subscribe());
    // The mark is read after subscribing: everything that happens from here on arrives as a message.
    let mark = state.hub.mark();
    let asks = if who.is_some() { "somebody" } else { "nobody" };
    let hello = Sse::default().event("hello").data(mark).retry(AGAIN_AFTER);
    let hello = futures::stream::iter([Sse::default().event("who").data(asks), hello]);
    let audience = Audience { who, request };
    let checks = if audience.who.is_some() {
        let every = tokio_stream::wrappers::IntervalStream::new(tokio::time::interval(CHECK)).skip(1);
        every.map(|_| Beat::Check).boxed()
    } else {
        futures::stream::pending().boxed()
    };
    let beats = futures::stream::select(news.map(Beat::News), checks);
    let hints = futures::stream::unfold((beats, audience), |(mut beats, mut audience)| async move {
        loop {
            match audience.hear(beats.next().await?).await {
                Heard::Hint(hint) => return Some((hint, (beats, audience))),
                Heard::Nothing => {}
                Heard::Over => return None,
            }
        }
    });
    let stopping = state.stopping.clone();
    let seated = move |word| {
        let _ = &seat;
        Ok(word)
    };
    let all = hello.chain(hints).map(seated).take_until(async move { stopping.cancelled().await });
    Ok(SseResponse::new(all).keep_alive(KeepAlive::new().interval(BEAT).event(Sse::default().event("beat").data("-"))))
}

/// How often a stream reads its user's access again.
const CHECK: Duration = Duration::from_secs(30);

enum Beat {
    News(std::result::Result<News, BroadcastStreamRecvError>),
    Check,
}

enum Heard {
    Hint(Sse),
    Nothing,
    /// The stream ends: the browser connects again, with the access that its user then has.
    Over,
}

/// The user of one stream, with the access that was last read from the database.
struct Audience {
    who: Option<Arc<Principal>>,
    request: Option<Request>,
}

impl Audience {
    async fn hear(&mut self, beat: Beat) -> Heard {
        match beat {
            // A database that does not answer ends no streams: all browsers would connect at the same time when it
            // returns.
            Beat::Check => match self.read_again().await {
                Ok(false) => Heard::Over,
                Ok(true) | Err(_) => Heard::Nothing,
            },
            Beat::News(Ok(News::Happened(event))) => self.hear_of(&event).await,
            Beat::News(Ok(News::LookAgain) | Err(BroadcastStreamRecvError::Lagged(_))) => {
                // A missed event may be a change of access.
                if self.read_again().await.unwrap_or(false) { Heard::Hint(look_again()) } else { Heard::Over }
            }
        }
    }

    async fn hear_of(&mut self, event: &Event) -> Heard {
        if self.who.as_ref().is_some_and(|who| event.changes_access_of(who)) {
            return if self.read_again().await.unwrap_or(false) { Heard::Nothing } else { Heard::Over };
        }
        if !event.is_for(self.who.as_deref()) {
            return Heard::Nothing;
        }
        // Acting for a person can also end on a date: the access is read again before each message about that patient.
        if event.patient.is_some_and(|patient| self.who.as_ref().is_some_and(|who| who.dependant(patient).is_some())) {
            if !self.read_again().await.unwrap_or(false) {
                return Heard::Over;
            }
            if !event.is_for(self.who.as_deref()) {
                return Heard::Nothing;
            }
        }
        let hint = event.hint(self.who.as_deref());
        Heard::Hint(Sse::default().event("hint").json_data(hint).unwrap_or_else(|_| look_again()))
    }

    /// Reads the user's access again; `false` when the session has ended or the user may no longer sign in.
    async fn read_again(&mut self) -> Result<bool> {
        let Some(request) = self.request.as_ref().filter(|_| self.who.is_some()) else { return Ok(true) };
        let (Some(id), Some(signed_in)) = (request.session.id(), &request.signed_in) else { return Ok(false) };
        if !crate::accounts::session_lives(&request.state, id).await? {
            return Ok(false);
        }
        self.who = crate::server::request::principal(&request.state, signed_in).await?;
        Ok(self.who.is_some())
    }
}

fn look_again() -> Sse {
    Sse::default().event("hello").data("again")
}

mod store {
    //! The SQL of the outbox.

    use super::{Event, Instant, Result, Tx, sql};

    pub async fn put(tx: &mut Tx, now: Instant, event: &Event) -> Result<()> {
        let query = sql("INSERT INTO events (at, topic, clinic_id, patient_id, user_id, subject_id) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(now)
            .bind(event.topic.name)
            .bind(event.clinic)
            .bind(event.patient)
            .bind(event.user)
            .bind(event.subject);
        tx.execute(query).await?;
        Ok(())
    }

    pub async fn notify(tx: &mut Tx, channel: &'static str, text: String) -> Result<()> {
        tx.execute(sql("SELECT pg_notify($1, $2)").bind(channel).bind(text)).await?;
        Ok(())
    }
}
