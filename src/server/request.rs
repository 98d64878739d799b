//! The request being served: its user, language and nonce. A task-local holds it, for pages and server functions alike.

use std::sync::{Arc, OnceLock};

use axum::{
    extract::{Request as HttpRequest, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse as _, Redirect, Response},
};
use tower_sessions::Session;

use crate::{
    accounts::{
        LONGEST_AGENT,
        scope::{self, Dependant},
    },
    core::{
        ClinicId, PatientId, Permission, Result, Role, StaffId, UserId,
        form::FormState,
        locale::{LOCALE, Locale},
        time::Instant,
    },
    organisation::Clinic,
    server::{AppState, address::Caller, choices::remembered, events::Mark, session::session_error},
};

pub use super::session::{BegunPasskey, HALF_SIGNED_IN, HalfSignedIn, SIGNED_IN, SignedIn};

tokio::task_local! {
    static REQUEST: Request;
}

/// The cookie that remembers a language chosen before signing in.
pub const LANGUAGE_COOKIE: &str = "language";

/// The user of a request.
#[derive(Clone, Debug)]
pub struct Principal {
    pub user: UserId,
    /// The user's present version number: a session with another one has ended.
    pub version: i64,
    pub login: String,
    pub name: String,
    pub language: Option<Locale>,
    /// The roles, each at one clinic or (`None`) at all clinics.
    pub roles: Vec<(Role, Option<ClinicId>)>,
    /// The staff member this user is.
    pub staff: Option<StaffId>,
    /// The patient whose record this user may see in the portal.
    pub patient: Option<PatientId>,
    /// Whether the user signs in with a second factor.
    pub second_factor: bool,
    /// Whether the user has a role that requires a second factor.
    pub needs_second_factor: bool,
    /// Whether the user signed in with a passkey, which is both factors.
    pub by_passkey: bool,
    /// The patients for whom this user acts today, as a parent for a child.
    pub dependants: Vec<Dependant>,
    /// The records that were merged into those that this user may read in the portal.
    pub joined: Vec<PatientId>,
    /// The dependant whose portal is open now; `None` for the user's own portal.
    pub acting_for: Option<PatientId>,
}

impl Principal {
    /// Whether the user must set up a second factor before anything else.
    pub const fn owes_second_factor(&self) -> bool {
        self.needs_second_factor && !self.second_factor && !self.by_passkey
    }

    /// Whether any role, at any clinic, gives the permission.
    pub fn may(&self, permission: Permission) -> bool {
        self.roles.iter().any(|(role, _)| role.may(permission))
    }

    /// Whether a role at this clinic, or at all clinics, gives the permission.
    pub fn may_at(&self, permission: Permission, clinic: ClinicId) -> bool {
        self.roles.iter().any(|(role, at)| role.may(permission) && at.is_none_or(|at| at == clinic))
    }

    /// Returns the patient's entry, if the user acts for this patient now.
    pub fn dependant(&self, patient: PatientId) -> Option<&Dependant> {
        self.dependants.iter().find(|one| one.patient == patient)
    }

    /// The name of the patient for whom the user acts now; `None` in the user's own portal.
    pub fn acts_for(&self) -> Option<&str> {
        self.acting_for.and_then(|patient| self.dependant(patient)).map(|one| one.name.as_str())
    }

    /// The patients of the user's portal: the user's own, those for whom the user acts, and the records merged into one of these.
    pub fn patients(&self) -> impl Iterator<Item = PatientId> {
        self.patient.into_iter().chain(self.dependants.iter().map(|one| one.patient)).chain(self.joined.iter().copied())
    }

    /// Whether the user has the role at any clinic.
    pub fn is(&self, role: Role) -> bool {
        self.roles.iter().any(|(held, _)| *held == role)
    }

    /// Whether the user is staff; other users are patients and the people who act for them.
    pub fn works_here(&self) -> bool {
        self.roles.iter().any(|(held, _)| *held != Role::Patient)
    }

    /// The names of the roles, for the audit log.
    pub fn role_words(&self) -> String {
        let mut words: Vec<_> = self.roles.iter().map(|(role, _)| role.as_str()).collect();
        words.dedup();
        words.join(",")
    }
}

/// The request being served. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Request(pub(super) Arc<Inner>);

/// The fields of [`Request`].
#[derive(Debug)]
pub struct Inner {
    pub state: AppState,
    pub id: String,
    pub nonce: String,
    pub locale: Locale,
    pub path: String,
    pub query: String,
    /// Whether a browser requests a page, and not a program data.
    pub wants_html: bool,
    /// The address that the request came from.
    pub caller: Caller,
    /// The same address as text, for the audit log.
    pub address: String,
    /// The name that the browser sends in `User-Agent`.
    pub agent: String,
    pub session: Session,
    pub signed_in: Option<SignedIn>,
    pub principal: Option<Arc<Principal>>,
    /// The number of the user's unread notifications; counted for pages only.
    pub unread: i64,
    /// The mark of this node before the page read any data.
    pub heard: Mark,
    /// The refused form with which this page is rendered again.
    pub form: Option<FormState>,
    /// The user's clinic, once [`Ctx`](crate::server::Ctx) has read it.
    pub clinic: OnceLock<Clinic>,
    pub rail_counts: OnceLock<Vec<(&'static str, i64)>>,
    /// Set when the user proves her identity again in this request.
    pub confirmed: OnceLock<()>,
}

impl std::ops::Deref for Request {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Request {
    /// The request being served; `None` in jobs and commands.
    pub fn current() -> Option<Self> {
        REQUEST.try_with(Clone::clone).ok()
    }
}

/// The middleware that creates the [`Request`]: session, user, language, nonce.
///
/// # Errors
/// When the session or the user cannot be read.
pub async fn with_request(State(state): State<AppState>, session: Session, request: HttpRequest, next: Next) -> Result<Response> {
    let now = state.clock.now();
    let heard = state.hub.mark();
    let signed_in = still_signed_in(&session, &state, request.uri().path(), now).await?;
    let headers = request.headers();
    let accepts_html = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|accept| accept.contains("text/html"));
    let wants_html = accepts_html || (request.method() == Method::GET && headers.get(header::ACCEPT).is_none());
    let is_page = wants_html && request.method() == Method::GET;
    let (principal, unread) = match &signed_in {
        None => (None, 0),
        Some(who) => who_asks(&state, who, is_page, now).await?,
    };
    let locale = principal
        .as_ref()
        .and_then(|who| who.language)
        .or_else(|| remembered(&state.config, headers, LANGUAGE_COOKIE).and_then(|word| word.parse().ok()))
        .or_else(|| accepted_language(headers))
        .unwrap_or_else(|| state.hospital().default_language);
    // A page that is rendered again for a refused form has the form's address.
    let peer = request.extensions().get::<axum::extract::ConnectInfo<std::net::SocketAddr>>().map(|info| info.0.ip());
    let caller = peer.map(|peer| state.proxies.caller(peer, headers)).or_else(|| request.extensions().get().copied()).unwrap_or_default();
    if state.proxies.are_missing(headers) {
        state.untrusted_proxy.call_once(|| {
            tracing::warn!(
                peer = peer.map(tracing::field::display),
                "a request names its caller as a proxy does, and no proxy is trusted: set `trusted_proxies`, or all visitors of that \
                 proxy count as one address when sign-ins and connections are limited"
            );
        });
    }
    // Anybody can create a portal account: only staff raise the limit of connections for their address.
    if let (true, Some(address)) = (principal.as_ref().is_some_and(|who| who.works_here()), caller.0) {
        state.limits.slots.note_signed_in(address);
    }
    let inner = Inner {
        id: crate::core::error::reference(),
        nonce: nonce(),
        locale,
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        wants_html,
        unread,
        heard,
        caller,
        agent: headers
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok())
            .map(|agent| agent.chars().take(LONGEST_AGENT).collect())
            .unwrap_or_default(),
        address: caller.to_string(),
        form: request.extensions().get::<FormState>().cloned(),
        signed_in: principal.as_ref().and(signed_in),
        principal,
        session,
        clinic: OnceLock::new(),
        rail_counts: OnceLock::new(),
        confirmed: OnceLock::new(),
        state,
    };
    let current = Request(Arc::new(inner));
    let nonce = current.nonce.clone();
    let id = current.id.clone();
    let owes =
        current.principal.as_ref().is_some_and(|who| who.owes_second_factor()) && !crate::accounts::open_without_factor(&current.path);
    let state = current.state.clone();
    let span = tracing::info_span!("request", id, method = %request.method(), route = tracing::field::Empty);
    let response = {
        use tracing::Instrument as _;
        let answer = async {
            match super::extract::without_nul(request.uri()) {
                Err(error) => error.into_response(),
                Ok(()) if owes => to_second_factor(&state, request, wants_html).await,
                Ok(()) => next.run(request).await,
            }
        };
        LOCALE.scope(locale, REQUEST.scope(current, answer)).instrument(span).await
    };
    Ok(crate::server::security::protect_page(response, &nonce, &id))
}

/// Returns the content of a valid session; ends one that was idle for too long or is too old.
async fn still_signed_in(session: &Session, state: &AppState, path: &str, now: Instant) -> Result<Option<SignedIn>> {
    let Some(mut who) = session.get::<SignedIn>(SIGNED_IN).await.map_err(session_error)? else { return Ok(None) };
    let idle = chrono::Duration::minutes(i64::from(state.config.session_idle_minutes));
    let longest = chrono::Duration::hours(i64::from(state.config.session_hours));
    if now - who.seen > idle || now - who.since > longest {
        session.flush().await.map_err(session_error)?;
        return Ok(None);
    }
    if now - who.seen > chrono::Duration::minutes(1) && path != crate::server::events::PATH {
        who.seen = now;
        session.insert(SIGNED_IN, &who).await.map_err(session_error)?;
    }
    Ok(Some(who))
}

/// Reads the user with the present roles and dependants, and for a page the number of unread notifications.
async fn who_asks(state: &AppState, who: &SignedIn, is_page: bool, now: Instant) -> Result<(Option<Arc<Principal>>, i64)> {
    let mut tx = state.db.read().await.map_err(crate::core::Error::from)?;
    let unread = if is_page { crate::notifications::unread(&mut tx, who.user).await? } else { 0 };
    // The session row stays: the request that raised the version number may be about to store it.
    let mut principal = crate::accounts::principal(&mut tx, who.user).await?.filter(|found| found.version == who.version);
    if let Some(found) = principal.as_mut() {
        found.by_passkey = who.by_passkey;
    }
    if let Some((found, own)) = principal.as_mut().and_then(|found| found.patient.map(|own| (found, own))) {
        found.dependants = scope::dependants(&mut tx, own, now).await?;
        found.joined = scope::joined(&mut tx, found.patients().collect::<Vec<_>>()).await?;
        found.acting_for = who.acting_for.filter(|chosen| found.dependants.iter().any(|one| one.patient == *chosen));
    }
    Ok((principal.map(Arc::new), unread))
}

/// Returns the session's user with the present roles and dependants; `None` when there is no such user who may sign in.
///
/// # Errors
/// When the database refuses.
pub(super) async fn principal(state: &AppState, who: &SignedIn) -> Result<Option<Arc<Principal>>> {
    Ok(who_asks(state, who, false, state.clock.now()).await?.0)
}

/// Redirects a user without a required second factor to its setup. A posted form is not executed, because a stolen session could
/// otherwise go on working, but the answering page holds its values.
async fn to_second_factor(state: &AppState, request: HttpRequest, wants_html: bool) -> Response {
    if !wants_html {
        return crate::core::Error::Forbidden.into_response();
    }
    match crate::server::forms::kept(state, request).await {
        Some(page) => page,
        None => Redirect::to("/account/second-factor").into_response(),
    }
}

/// Returns 128 random bits for the content security policy.
fn nonce() -> String {
    let mut bytes = [0_u8; 16];
    if getrandom::fill(&mut bytes).is_err() {
        // Without randomness no script may run: this nonce matches none.
        return "none".to_owned();
    }
    data_encoding::HEXLOWER.encode(&bytes)
}

/// Returns the first language of `Accept-Language` that the program has.
pub(super) fn accepted_language(headers: &HeaderMap) -> Option<Locale> {
    headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .and_then(|list| list.split(',').find_map(|tag| tag.trim().get(..2)?.to_ascii_lowercase().parse().ok()))
}
