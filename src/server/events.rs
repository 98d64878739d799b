//! Live updates: what happened is put into the outbox within its transaction, told to every node when it commits, and
//! reaches browsers as server-sent hints. A hint says what to look at again, never what it looks like now: who missed
//! some while away looks at everything again on the next connection, and is right. A page carries the [`Mark`] of when it
//! was made, and the stream's first word the mark of now: a page that missed something on its way looks again at once.
//!
//! SQLite has one process: the hub is told after the commit. PostgreSQL tells all nodes by `NOTIFY`, which delivers
//! at commit, in the order of commits.

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

/// Something that happened, as a hint to look again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    #[serde(serialize_with = "by_name")]
    pub topic: &'static Topic,
    pub clinic: Option<ClinicId>,
    pub patient: Option<PatientId>,
    pub user: Option<UserId>,
    /// What it is about: a visit, an appointment, an invoice.
    pub subject: Option<Uuid>,
}

fn by_name<S: serde::Serializer>(topic: &'static Topic, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(topic.name)
}

/// An event as another node told it.
#[derive(Deserialize)]
struct Told {
    topic: String,
    clinic: Option<ClinicId>,
    patient: Option<PatientId>,
    user: Option<UserId>,
    subject: Option<Uuid>,
}

impl Told {
    /// The event, if this program knows its topic.
    fn event(self, departments: Departments) -> Option<Event> {
        let Self { topic, clinic, patient, user, subject } = self;
        departments.topic(&topic).map(|topic| Event { topic, clinic, patient, user, subject })
    }
}

impl Event {
    /// About nobody in particular yet.
    pub const fn new(topic: &'static Topic) -> Self {
        Self { topic, clinic: None, patient: None, user: None, subject: None }
    }

    /// At a clinic.
    #[must_use]
    pub const fn at(mut self, clinic: ClinicId) -> Self {
        self.clinic = Some(clinic);
        self
    }

    /// About a patient: that patient's own browser hears of it too.
    #[must_use]
    pub const fn of(mut self, patient: PatientId) -> Self {
        self.patient = Some(patient);
        self
    }

    /// For one user.
    #[must_use]
    pub const fn to(mut self, user: UserId) -> Self {
        self.user = Some(user);
        self
    }

    /// What it is about.
    #[must_use]
    pub fn about(mut self, subject: impl Into<Uuid>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Whether it is for these eyes. Nobody signed in: only that some queue moved, which the public board shows anyway.
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

    /// Whether what this user may hear has changed.
    fn changes_access_of(&self, who: &Principal) -> bool {
        *self.topic == ACCESS && (self.user == Some(who.user) || self.patient.is_some() && self.patient == who.patient)
    }

    /// What a browser hears: topic and clinic; the subject only who works there. To everybody else a queue has moved, but
    /// not whose visit.
    fn hint(&self, who: Option<&Principal>) -> Hint {
        let works_there = who.is_some_and(|who| {
            who.staff.is_some() && self.topic.subject.is_none_or(|right| self.clinic.is_none_or(|clinic| who.may_at(right, clinic)))
        });
        Hint { topic: self.topic.name, clinic: self.clinic, subject: self.subject.filter(|_| works_there) }
    }
}

/// What travels to the browser.
#[derive(Clone, Debug, Serialize)]
pub struct Hint {
    pub topic: &'static str,
    pub clinic: Option<ClinicId>,
    pub subject: Option<Uuid>,
}

/// What runs through the hub.
#[derive(Clone, Debug)]
enum News {
    Happened(Arc<Event>),
    /// Something may have been missed: look at everything again.
    LookAgain,
}

/// How much a node had heard when a page was made. Two marks are equal when nothing happened between them.
pub type Mark = String;

/// Where events of this node and the others come together.
#[derive(Debug)]
pub struct Hub {
    news: broadcast::Sender<News>,
    /// How many news there were, and whose count that is: another node's, or one of before the start, is never equal.
    count: AtomicU64,
    node: Uuid,
    /// Whether PostgreSQL brings the events back to us, our own included.
    listening: watch::Sender<bool>,
    /// How many streams each has open.
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
    /// Puts the events into the outbox, within the transaction of what they tell.
    ///
    /// # Errors
    /// What the database refused.
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

    /// Tells this node's browsers, after the commit. With PostgreSQL the listener does that.
    pub fn announce(&self, events: &[Event]) {
        if !*self.listening.borrow() {
            for event in events {
                self.send(News::Happened(Arc::new(event.clone())));
            }
        }
    }

    /// Stores and announces events that no request's transaction carries.
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

    /// Tells every browser to look at everything again.
    pub fn look_again(&self) {
        self.send(News::LookAgain);
    }

    /// How much was heard until now.
    pub fn mark(&self) -> Mark {
        format!("{}-{}", self.node.simple(), self.count.load(Ordering::Acquire))
    }

    /// Waits until PostgreSQL brings what other nodes do.
    pub async fn until_listening(&self) {
        // The sender is ours, so this ends with `true` only.
        let _ = self.listening.subscribe().wait_for(|listening| *listening).await;
    }

    fn send(&self, news: News) {
        self.count.fetch_add(1, Ordering::AcqRel);
        // No receiver: nobody is looking.
        let _ = self.news.send(news);
    }
}

/// With PostgreSQL: hears what every node did, until the program stops. Reconnects by itself; what was missed
/// meanwhile is made up for by looking again.
pub async fn listen(state: AppState) {
    let Some(pool) = state.db.postgres().cloned() else { return };
    while !state.stopping.is_cancelled() {
        match sqlx::postgres::PgListener::connect_with(&pool).await {
            Ok(mut listener) => match listener.listen(CHANNEL).await {
                Ok(()) => {
                    state.hub.listening.send_replace(true);
                    state.read_hospital_again().await;
                    state.hub.look_again();
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

/// A word to every browser at least this often: one that hears nothing knows that the line is dead.
const BEAT: Duration = Duration::from_secs(5);
/// How soon a browser whose line broke tries again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// So many tabs one user may have open, and so many one address where nobody is signed in (a hall full of boards): a stream costs
/// a connection for as long as it is open, and of those there is an end.
const TABS: usize = 100;
const BOARDS: usize = 2_000;

/// Whose a stream is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Listener {
    User(UserId),
    Address(Option<IpAddr>),
}

/// A place among those who listen, given back when the stream ends.
#[derive(Debug)]
struct Seat(AppState, Listener);

impl Seat {
    /// # Errors
    /// [`Error::Busy`] when this listener has as many as there are for one.
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

/// `GET /events`: the hints for whoever asks. The first words are `who`, so that a page knows when its reader is signed out,
/// and `hello` with the [`Mark`] of now; a page of another mark looks again, and so does every page on every later `hello`.
///
/// # Errors
/// [`Error::Busy`] when too many are open already.
pub async fn stream(State(state): State<AppState>) -> Result<SseResponse<impl Stream<Item = Result<Sse, Infallible>>>> {
    let request = Request::current();
    let who = request.as_ref().and_then(|request| request.principal.clone());
    let address = request.as_ref().and_then(|request| request.caller.0);
    let seat = Seat::take(&state, who.as_ref().map_or(Listener::Address(address), |who| Listener::User(who.user)))?;
    let news = BroadcastStream::new(state.hub.news.subscribe());
    // After subscribing: what happens from here on comes as a hint.
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

/// How often a stream reads again who listens.
const CHECK: Duration = Duration::from_secs(30);

enum Beat {
    News(std::result::Result<News, BroadcastStreamRecvError>),
    Check,
}

enum Heard {
    Hint(Sse),
    Nothing,
    /// The stream ends: the browser connects again, and is then whoever it may be.
    Over,
}

/// The user of one stream, with what the user may hear as last read from the database.
struct Audience {
    who: Option<Arc<Principal>>,
    request: Option<Request>,
}

impl Audience {
    async fn hear(&mut self, beat: Beat) -> Heard {
        match beat {
            // A database that does not answer now ends no streams: that would be a flood of connections when it returns.
            Beat::Check => match self.read_again().await {
                Ok(false) => Heard::Over,
                Ok(true) | Err(_) => Heard::Nothing,
            },
            Beat::News(Ok(News::Happened(event))) => self.hear_of(&event).await,
            Beat::News(Ok(News::LookAgain) | Err(BroadcastStreamRecvError::Lagged(_))) => {
                // A change of access may be among what was missed.
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
        // Acting for somebody also ends by the calendar: it is read again before each hint about that patient.
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
    //! The outbox's own SQL.

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
