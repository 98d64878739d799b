//! Live updates in the browser: one connection to `/events` for the page, which `public/live.js` keeps.
//!
//! A hint says that something changed, never what: a [`Live`] part is rendered by the server again, an island asks again ([`follow`]). Both
//! ask after every reconnect too, and on the first connection when something happened since the page was made, so nothing is missed. The
//! server is heard at least every five seconds; when it is not, the page says so ([`LineState`]) until it is heard again. A page to which
//! somebody comes back after a while, or whose machine wakes, asks again.

use leptos::{prelude::*, task::spawn_local};

use super::tr;
use crate::core::Error;

/// What the page says about its connection, and before it signs somebody out who is not there: nothing, as long as all is well.
#[component]
pub fn LineState(
    /// Whether the page is of somebody signed in, who may be signed out meanwhile.
    signed_in: bool,
    /// The seconds without anybody at the desk after which the session ends.
    idle: u32,
    /// The page's address.
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

/// A part of the page that the server renders again after a hint about one of the topics, in the place of an island: for what only shows.
/// `public/live.js` fetches `from`, where the department answers with a [`Part`](crate::server::Part) of the same children, and morphs it into
/// the page. An answer to an older question is dropped. Rows are told apart by `data-key`: none moves under the pointer or an open menu. An
/// open menu, the focus and typed text stay. The element itself has no box.
#[component]
pub fn Live(
    /// Their names, with spaces between: `queue billing`.
    #[prop(into)]
    topics: String,
    /// The address of the part.
    #[prop(into)]
    from: String,
    children: Children,
) -> impl IntoView {
    view! { <div data-live=topics data-from=from>{children()}</div> }
}

/// Numbers the questions that an island asks the server, so that an answer which arrives late never replaces a newer one.
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
    /// The number of a question that is asked now.
    pub fn ask(self) -> u64 {
        self.asked
            .try_update_value(|asked| {
                *asked += 1;
                *asked
            })
            .unwrap_or_default()
    }

    /// Whether the answer to this question is shown: no answer to a later one was. From here on no older one is.
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

/// Follows topics: asks the server after each hint about one of them and shows the answer, unless a newer one is shown. The result asks at
/// once, after an act of one's own. A failed question leaves what is shown; the next hint asks again.
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

/// Listens to the hints that `public/live.js` hears, until the owner is gone. What was told before the island was alive is asked for now.
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

/// Puts a part of the page that no island keeps, as the server renders it by now, in its place. `html` is a view's, never a text.
#[cfg(feature = "hydrate")]
pub fn show_again(place: &str, html: &str) {
    use wasm_bindgen::JsCast as _;

    let window = window();
    let put = js_sys::Reflect::get(&window, &"__showAgain".into()).ok().and_then(|put| put.dyn_into::<js_sys::Function>().ok());
    if let Some(Err(error)) = put.map(|put| put.call2(&window, &place.into(), &html.into())) {
        leptos::logging::warn!("{error:?}");
    }
}

/// On the server nothing is shown again.
#[cfg(not(feature = "hydrate"))]
pub const fn show_again(_place: &str, _html: &str) {}

/// Seconds by the browser's clock, for telling how long ago something was; 0 on the server.
#[cfg(feature = "hydrate")]
#[expect(clippy::cast_possible_truncation, reason = "seconds since 1970 are far below 2^52")]
pub fn seconds() -> i64 {
    (js_sys::Date::now() / 1000.0) as i64
}

/// Seconds by the browser's clock, for telling how long ago something was; 0 on the server.
#[cfg(not(feature = "hydrate"))]
pub const fn seconds() -> i64 {
    0
}
