//! Live updates in the browser: one connection to `/events` per tab, shared by all islands of the page.
//!
//! A hint says that something changed, never what: the island looks again. After every reconnect it looks again too, and
//! on the first connection when something happened since the page was made, so nothing is missed.

#[cfg(feature = "hydrate")]
mod browser {
    use std::{cell::RefCell, time::Duration};

    use leptos::prelude::*;
    use wasm_bindgen::{JsCast as _, closure::Closure};
    use web_sys::{EventSource, MessageEvent};

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
    }

    /// Between two attempts to connect.
    const AGAIN_AFTER: Duration = Duration::from_secs(3);

    thread_local! {
        static CONNECTION: RefCell<Connection> = RefCell::new(Connection::default());
    }

    /// Calls `look_again` whenever one of the topics changed or the connection came back; until the owner is gone.
    pub fn on_change(topics: &'static [&'static str], look_again: impl Fn() + 'static) {
        let key = CONNECTION.with_borrow_mut(|connection| {
            connection.next_key += 1;
            let key = connection.next_key;
            connection.listeners.push(Listener { key, topics, look_again: Box::new(look_again) });
            if connection.source.is_none() {
                connection.source = open();
            }
            key
        });
        on_cleanup(move || CONNECTION.with_borrow_mut(|connection| connection.listeners.retain(|listener| listener.key != key)));
    }

    fn open() -> Option<EventSource> {
        let source = EventSource::new("/events").ok()?;
        let hello = Closure::<dyn Fn(MessageEvent)>::new(|event: MessageEvent| {
            let first = CONNECTION.with_borrow_mut(|connection| !std::mem::replace(&mut connection.greeted, true));
            if !first || event.data().as_string() != heard() {
                tell(None);
            }
        });
        let hint = Closure::<dyn Fn(MessageEvent)>::new(|event: MessageEvent| {
            let text = event.data().as_string().unwrap_or_default();
            let topic = serde_json::from_str::<serde_json::Value>(&text).ok();
            tell(topic.as_ref().and_then(|hint| hint.get("topic")).and_then(|topic| topic.as_str()));
        });
        source.add_event_listener_with_callback("hello", hello.as_ref().unchecked_ref()).ok()?;
        source.add_event_listener_with_callback("hint", hint.as_ref().unchecked_ref()).ok()?;
        // A dropped line the browser mends itself; a refused one (the server was just starting) is tried again from here.
        let lost = Closure::<dyn Fn()>::new({
            let source = source.clone();
            move || {
                if source.ready_state() == EventSource::CLOSED {
                    set_timeout(|| CONNECTION.with_borrow_mut(|connection| connection.source = open()), AGAIN_AFTER);
                }
            }
        });
        source.add_event_listener_with_callback("error", lost.as_ref().unchecked_ref()).ok()?;
        // They live as long as the page.
        hello.forget();
        hint.forget();
        lost.forget();
        Some(source)
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
