//! Live updates in the browser: `public/live.js` keeps one connection to `/events` for the page.
//!
//! A message only says that something changed. The page then requests each [`Live`] part from the server again, and an island loads its
//! data again ([`follow`]). Both also happen after every reconnect, and on the first connection when something happened since the page was
//! rendered, so no change is missed. The server sends at least one message every five seconds; when none arrives, the page says so
//! ([`LineState`]) until one arrives again. When a user returns to the page after a while, or wakes the computer, everything is loaded
//! again.

use leptos::{prelude::*, task::spawn_local};

use super::tr;
use crate::core::Error;

/// Shows messages about the connection, and a warning before the server signs out an absent user; shows nothing as long as all
/// is well.
#[component]
pub fn LineState(
    /// Whether a user is signed in on this page, who may be signed out meanwhile.
    signed_in: bool,
    /// The seconds without any activity of the user after which the session ends.
    idle: u32,
    /// The address of the page.
    page: String,
) -> impl IntoView {
    let signed_out = signed_in.then(|| {
        view! { <p hidden data-line="signed-out">{tr!(ui.line_signed_out)}" "<a href="/sign-in" target="_blank">{tr!(ui.line_sign_in)}</a></p> }
    });
    let idle = signed_in.then(|| {
        view! {
            <form hidden method="post" action="/api/accounts/stay" data-idle=idle.to_string()>
                <p>{tr!(ui.idle)}</p>
                <input type="hidden" name="next" value=page/>
                <button class="button" type="submit">{tr!(ui.idle_stay)}</button>
            </form>
        }
    });
    view! {
        <div class="line-state" role="status">
            <p hidden data-line="lost">{tr!(ui.line_lost)}</p>
            {signed_out}
            {idle}
        </div>
    }
}

/// A part of the page that the server renders again after a message about one of the topics. It replaces an island where the page only
/// displays data. `public/live.js` fetches `from`, where the department answers with a [`Part`](crate::server::Part) of the same children,
/// and morphs it into the page. It ignores an answer to an older request than the one shown. `data-key` identifies the rows: no row moves
/// under the pointer or an open menu. An open menu, the focus and typed text stay. The element itself has no box.
#[component]
pub fn Live(
    /// The names of the topics, separated by spaces: `queue billing`.
    #[prop(into)]
    topics: String,
    /// The address of the part.
    #[prop(into)]
    from: String,
    /// Whether the part is requested again each minute, because it shows how long somebody waits.
    #[prop(optional)]
    each_minute: bool,
    children: Children,
) -> impl IntoView {
    view! { <div data-live=topics data-from=from data-minute=each_minute>{children()}</div> }
}

/// Numbers an island's requests to the server, so that an answer which arrives late never replaces a newer one.
#[derive(Clone, Copy, Debug)]
pub struct Turns {
    asked: StoredValue<u64>,
    shown: StoredValue<u64>,
}

impl Default for Turns {
    fn default() -> Self {
        Self { asked: StoredValue::new(0), shown: StoredValue::new(0) }
    }
}

impl Turns {
    /// Returns the number of a new request.
    pub fn ask(self) -> u64 {
        self.asked
            .try_update_value(|asked| {
                *asked += 1;
                *asked
            })
            .unwrap_or_default()
    }

    /// Whether the answer to this request is shown: only if no answer to a later request was shown before. From then on
    /// no older answer is shown.
    pub fn is_newest(self, number: u64) -> bool {
        self.shown
            .try_update_value(|shown| {
                let newer = number >= *shown;
                *shown = number.max(*shown);
                newer
            })
            .unwrap_or_default()
    }
}

/// Follows topics: after each message about one of them it sends a request to the server and shows the answer, unless a newer answer is
/// shown. The returned callback sends the request at once; an island calls it after the user's own act. When a request fails, the present
/// content stays; the next message causes a new request.
pub fn follow<T, A>(
    topics: &'static [&'static str],
    turns: Turns,
    ask: impl Fn() -> A + Send + Sync + 'static,
    show: impl Fn(T) + Clone + Send + Sync + 'static,
) -> Callback<()>
where
    T: 'static,
    A: Future<Output = Result<T, Error>> + 'static,
{
    let look = Callback::new(move |()| {
        let (number, answer, show) = (turns.ask(), ask(), show.clone());
        spawn_local(async move {
            if let Ok(fresh) = answer.await
                && turns.is_newest(number)
            {
                show(fresh);
            }
        });
    });
    Effect::new(move |_| on_hint(topics, look));
    look
}

/// Listens to the messages that `public/live.js` receives, until the reactive owner is disposed. If messages arrived before the island
/// was hydrated, the island loads its data at once.
#[cfg(feature = "hydrate")]
fn on_hint(topics: &'static [&'static str], look: Callback<()>) {
    use wasm_bindgen::JsCast as _;
    use web_sys::{Event, MessageEvent};

    let handle = window_event_listener_untyped("hint", move |event| {
        let told = event.dyn_ref::<MessageEvent>().and_then(|event| event.data().as_string()).unwrap_or_default();
        if told.is_empty() || told.split(' ').any(|topic| topics.contains(&topic)) {
            look.run(());
        }
    });
    on_cleanup(move || handle.remove());
    if let Ok(event) = Event::new("follow") {
        let _ = window().dispatch_event(&event);
    }
    if document().document_element().is_some_and(|root| root.has_attribute("data-hinted")) {
        look.run(());
    }
}

/// On the server nothing changes while a page is rendered.
#[cfg(not(feature = "hydrate"))]
const fn on_hint(_topics: &'static [&'static str], _look: Callback<()>) {}

/// Replaces a part of the page that belongs to no island with the server's present rendering. `html` comes from a view, never
/// from a text.
#[cfg(feature = "hydrate")]
pub fn show_again(place: &str, html: &str) {
    use wasm_bindgen::JsCast as _;

    let window = window();
    let put = js_sys::Reflect::get(&window, &"__showAgain".into()).ok().and_then(|put| put.dyn_into::<js_sys::Function>().ok());
    if let Some(Err(error)) = put.map(|put| put.call2(&window, &place.into(), &html.into())) {
        leptos::logging::warn!("{error:?}");
    }
}

/// Does nothing on the server.
#[cfg(not(feature = "hydrate"))]
pub const fn show_again(_place: &str, _html: &str) {}

/// Seconds by the browser's clock, for measuring elapsed time; 0 on the server.
#[cfg(feature = "hydrate")]
#[expect(clippy::cast_possible_truncation, reason = "seconds since 1970 are far below 2^52")]
pub fn seconds() -> i64 {
    (js_sys::Date::now() / 1000.0) as i64
}

/// Seconds by the browser's clock, for measuring elapsed time; 0 on the server.
#[cfg(not(feature = "hydrate"))]
pub const fn seconds() -> i64 {
    0
}
