//! The bell in the top bar. It shows the number of unread notifications, and the newest ones when it is opened. It
//! updates by itself.

use leptos::prelude::*;

use crate::{
    tr,
    ui::{Glyph, Icon, Live},
};

/// The address of the bell as a live part.
pub(super) const BELL_PART: &str = "/notifications/live";

/// One notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub id: String,
    pub text: String,
    /// The time: `12 min`, `09:31`, `24 Nov 2026`.
    pub when: String,
    pub unread: bool,
}

/// Renders the bell of a page. The browser requests the newest notifications when the bell is opened; without scripts its panel
/// links to the page with all of them.
#[component]
pub fn Bell(
    /// The number of unread notifications when the page was rendered.
    unread: i64,
) -> impl IntoView {
    view! { <Live topics="notifications" from=BELL_PART>{bell(unread, None)}</Live> }
}

/// Renders the bell; `lines` are the newest notifications, or `None` before the browser has requested them.
pub(super) fn bell(unread: i64, lines: Option<Vec<Line>>) -> impl IntoView {
    let class = |class: &'static str, is_empty: bool| if is_empty { format!("{class} is-empty") } else { class.to_owned() };
    let none = lines.as_ref().is_some_and(Vec::is_empty).then(|| view! { <p class="bell__none">{tr!(notifications.none)}</p> });
    let lines = lines.unwrap_or_default().into_iter().map(line).collect_view();
    view! {
        <details class="menu bell" name="menu" data-asks="">
            <summary class="menu__button bell__button">
                <Icon glyph=Glyph::Bell/>
                <span class="visually-hidden">{tr!(notifications.title)}</span>
                <span class=class("bell__count", unread == 0)>
                    <span aria-hidden="true">{if unread > 99 { "99+".to_owned() } else { unread.to_string() }}</span>
                    <span class="visually-hidden">{tr!(notifications.unread, count = unread)}</span>
                </span>
            </summary>
            <div class="menu__panel bell__panel">
                <div class="bell__head">
                    <strong>{tr!(notifications.title)}</strong>
                    <form method="post" action="/api/notifications/read_all" class=class("post-button", unread == 0) data-quiet="">
                        <button class="link" type="submit">{tr!(notifications.read_all)}</button>
                    </form>
                </div>
                <ul class="bell__list" aria-live="polite">{lines}</ul>
                {none}
                <a class="menu__item" href="/notifications">{tr!(notifications.all)}</a>
            </div>
        </details>
    }
}

fn line(line: Line) -> impl IntoView {
    let Line { id, text, when, unread } = line;
    let key = id.clone();
    view! {
        <li data-key=key>
            <form method="post" action="/api/notifications/open">
                <input type="hidden" name="notification_id" value=id/>
                <button class=if unread { "menu__item bell__line is-unread" } else { "menu__item bell__line" } type="submit">
                    <span>{text}</span>
                    <small>{when}{unread.then(|| format!(" · {}", tr!(notifications.new)))}</small>
                </button>
            </form>
        </li>
    }
}
