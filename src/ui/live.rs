//! Live updates in the browser: one connection to `/events` per tab, shared by all islands of the page.
//!
//! A hint says that something changed, never what: the island looks again. After every reconnect it looks again too, and
//! on the first connection when something happened since the page was made, so nothing is missed. The server is heard at least
//! every five seconds; when it is not, the page says so ([`LineState`]) until it is heard again. Whoever comes back to the
//! page after a while, or wakes the machine, sees it looked at again.

use leptos::prelude::*;

use super::tr;

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

#[cfg(feature = "hydrate")]
mod browser {
    use std::{cell::RefCell, time::Duration};

    use leptos::{leptos_dom::helpers::set_interval, prelude::*};
    use wasm_bindgen::{JsCast as _, closure::Closure};
    use web_sys::{EventSource, HtmlElement, MessageEvent};

    use super::seconds;

    /// Who wants to know, and of what topic.
    struct Listener {
        key: u64,
        topics: &'static [&'static str],
        look_again: Box<dyn Fn()>,
    }

    #[derive(Default)]
    struct Connection {
        source: Option<EventSource>,
        listeners: Vec<Listener>,
        next_key: u64,
        greeted: bool,
        /// When the server was heard last, and since when it is not.
        heard_at: i64,
        lost_at: Option<i64>,
        /// Since when nobody looks at the page.
        hidden_at: Option<i64>,
        signed_out: bool,
    }

    /// Between two attempts to connect.
    const AGAIN_AFTER: Duration = Duration::from_secs(3);
    /// Seconds without a word from the server, who says one every five.
    const SILENCE: i64 = 12;
    /// Seconds that a reconnect may take before it is worth a word.
    const HICCUP: i64 = 2;
    /// Seconds after which whoever comes back to the page sees it looked at again.
    const AWAY: i64 = 10;

    thread_local! {
        static CONNECTION: RefCell<Connection> = RefCell::new(Connection::default());
    }

    /// Calls `look_again` whenever one of the topics changed or the connection came back; until the owner is gone.
    pub fn on_change(topics: &'static [&'static str], look_again: impl Fn() + 'static) {
        let (key, first) = CONNECTION.with_borrow_mut(|connection| {
            connection.next_key += 1;
            let key = connection.next_key;
            connection.listeners.push(Listener { key, topics, look_again: Box::new(look_again) });
            (key, connection.source.is_none())
        });
        if first {
            connect();
            if key == 1 {
                keep_watch();
            }
        }
        on_cleanup(move || CONNECTION.with_borrow_mut(|connection| connection.listeners.retain(|listener| listener.key != key)));
    }

    /// A new connection instead of the old one.
    fn connect() {
        let source = open();
        CONNECTION.with_borrow_mut(|connection| {
            connection.heard_at = seconds();
            if let Some(old) = std::mem::replace(&mut connection.source, source) {
                old.close();
            }
        });
    }

    fn open() -> Option<EventSource> {
        let source = EventSource::new("/events").ok()?;
        let hello = Closure::<dyn Fn(MessageEvent)>::new(|event: MessageEvent| {
            heard_now();
            let first = CONNECTION.with_borrow_mut(|connection| !std::mem::replace(&mut connection.greeted, true));
            if !first || event.data().as_string() != heard() {
                tell(None);
            }
        });
        let hint = Closure::<dyn Fn(MessageEvent)>::new(|event: MessageEvent| {
            heard_now();
            let text = event.data().as_string().unwrap_or_default();
            let topic = serde_json::from_str::<serde_json::Value>(&text).ok();
            tell(topic.as_ref().and_then(|hint| hint.get("topic")).and_then(|topic| topic.as_str()));
        });
        let beat = Closure::<dyn Fn()>::new(heard_now);
        let who = Closure::<dyn Fn(MessageEvent)>::new(|event: MessageEvent| {
            let signed_out = event.data().as_string().is_some_and(|who| who == "nobody");
            CONNECTION.with_borrow_mut(|connection| connection.signed_out = signed_out);
        });
        // A dropped line the browser mends itself; a refused one (the server was just starting) is tried again from here.
        let lost = Closure::<dyn Fn()>::new({
            let source = source.clone();
            move || {
                CONNECTION.with_borrow_mut(|connection| connection.lost_at = connection.lost_at.or(Some(seconds())));
                if source.ready_state() == EventSource::CLOSED {
                    set_timeout(connect, AGAIN_AFTER);
                }
            }
        });
        for (name, heard) in [("who", &who), ("hello", &hello), ("hint", &hint)] {
            source.add_event_listener_with_callback(name, heard.as_ref().unchecked_ref()).ok()?;
        }
        source.add_event_listener_with_callback("beat", beat.as_ref().unchecked_ref()).ok()?;
        source.add_event_listener_with_callback("error", lost.as_ref().unchecked_ref()).ok()?;
        // They live as long as the page.
        who.forget();
        hello.forget();
        hint.forget();
        beat.forget();
        lost.forget();
        Some(source)
    }

    fn heard_now() {
        CONNECTION.with_borrow_mut(|connection| {
            connection.heard_at = seconds();
            connection.lost_at = None;
        });
        say();
    }

    /// Looks at the connection every second, and when somebody comes back to the page.
    fn keep_watch() {
        let tick = || {
            let now = seconds();
            let silent = CONNECTION.with_borrow_mut(|connection| {
                let silent = now - connection.heard_at >= SILENCE;
                if silent {
                    connection.lost_at = connection.lost_at.or(Some(now - SILENCE));
                }
                silent
            });
            if silent {
                connect();
            }
            say();
        };
        set_interval(tick, Duration::from_secs(1));
        let back = || {
            let now = seconds();
            let (away, deaf) = CONNECTION.with_borrow_mut(|connection| {
                if document().hidden() {
                    connection.hidden_at = Some(now);
                    return (false, false);
                }
                let away = connection.hidden_at.take().is_some_and(|since| now - since >= AWAY);
                (away, connection.signed_out || connection.lost_at.is_some() || now - connection.heard_at > SILENCE / 2)
            });
            if deaf {
                // Its greeting makes everybody look again.
                connect();
            } else if away {
                tell(None);
            }
        };
        // For as long as the page lives.
        for event in ["visibilitychange", "online", "pageshow"] {
            drop(window_event_listener_untyped(event, move |_| back()));
        }
        let offline = || {
            CONNECTION.with_borrow_mut(|connection| connection.lost_at = connection.lost_at.or(Some(seconds() - HICCUP)));
            say();
        };
        drop(window_event_listener_untyped("offline", move |_| offline()));
    }

    /// Shows what there is to say about the connection. Without a network it is lost, though an old stream may still be heard.
    fn say() {
        let offline = !window().navigator().on_line();
        let (lost, signed_out) = CONNECTION.with_borrow(|connection| {
            let lost = offline || connection.lost_at.is_some_and(|since| seconds() - since >= HICCUP);
            (lost, connection.signed_out && connection.lost_at.is_none())
        });
        for (name, shown) in [("lost", lost), ("signed-out", signed_out)] {
            let found = document().query_selector(&format!("[data-line={name}]")).ok().flatten();
            if let Some(words) = found.and_then(|words| words.dyn_into::<HtmlElement>().ok())
                && words.hidden() == shown
            {
                words.set_hidden(!shown);
            }
        }
    }

    /// What the server had heard when it made the page.
    fn heard() -> Option<String> {
        document().query_selector("meta[name=heard]").ok().flatten()?.get_attribute("content")
    }

    fn tell(topic: Option<&str>) {
        CONNECTION.with_borrow(|connection| {
            for listener in connection.listeners.iter().filter(|listener| topic.is_none_or(|topic| listener.topics.contains(&topic))) {
                (listener.look_again)();
            }
        });
    }
}

#[cfg(feature = "hydrate")]
pub use browser::on_change;

/// On the server nothing changes while a page is rendered.
#[cfg(not(feature = "hydrate"))]
pub fn on_change(_topics: &'static [&'static str], _look_again: impl Fn() + 'static) {}

/// Puts a part of the page that no island keeps, as the server renders it by now, in its place. `html` is a view's, never a text.
#[cfg(feature = "hydrate")]
pub fn show_again(place: &str, html: &str) {
    if let Some(place) = leptos::prelude::document().query_selector(place).ok().flatten() {
        place.set_inner_html(html);
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
