//! The bell: how many are unread, and the newest when it is opened. Without scripts its panel leads to the page of all.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::{
    notifications::{Line, api},
    tr,
    ui::{Glyph, Icon, ListHold, live},
};

/// The bell in the top bar. It rings by itself: the count follows the hospital's events.
#[island]
pub fn Bell(
    /// How many were unread when the page was made.
    unread: i64,
) -> impl IntoView {
    let (unread, lines) = (RwSignal::new(unread), RwSignal::new(Vec::<Line>::new()));
    let hold = ListHold::new(lines, |lines| lines.iter().map(|line| line.id.clone()).collect());
    let looked = RwSignal::new(false);
    let look = move || {
        spawn_local(async move {
            // A failed look leaves what is shown; the next event or opening looks again.
            if let Ok(now) = api::bell().await {
                unread.try_set(now.unread);
                hold.update(now.lines);
                looked.try_set(true);
            }
        });
    };
    Effect::new(move || live::on_change(&["notifications"], look));
    let count = move || unread.get();
    let clear = move |_| {
        spawn_local(async move {
            if api::read_all().await.is_ok() {
                look();
            }
        });
    };
    view! {
        <details class="menu bell" name="menu" on:toggle=move |_| look()>
            <summary class="menu__button bell__button">
                <Icon glyph=Glyph::Bell/>
                <span class="visually-hidden">{tr!(notifications.title)}</span>
                <span class="bell__count" class:is-empty=move || count() == 0>
                    <span aria-hidden="true">{move || if count() > 99 { "99+".to_owned() } else { count().to_string() }}</span>
                    <span class="visually-hidden">{move || tr!(notifications.unread, count = count())}</span>
                </span>
            </summary>
            <div class="menu__panel bell__panel">
                <div class="bell__head">
                    <strong>{tr!(notifications.title)}</strong>
                    <button class="link" type="button" class:is-empty=move || count() == 0 on:click=clear>{tr!(notifications.read_all)}</button>
                </div>
                <div node_ref=hold.frame>
                    <ul class="bell__list" aria-live="polite">
                        <For each=move || lines.get() key=Line::clone children=line/>
                    </ul>
                </div>
                <p class="bell__none" class:is-empty=move || !looked.get() || lines.with(|lines| !lines.is_empty())>{tr!(notifications.none)}</p>
                <a class="menu__item" href="/notifications">{tr!(notifications.all)}</a>
            </div>
        </details>
    }
}

fn line(line: Line) -> impl IntoView {
    let Line { id, text, when, unread } = line;
    view! {
        <li>
            <form method="post" action="/api/notifications/open">
                <input type="hidden" name="notification_id" value=id/>
                <button class="menu__item bell__line" class:is-unread=unread type="submit">
                    <span>{text}</span>
                    <small>{when}{unread.then(|| format!(" · {}", tr!(notifications.new)))}</small>
                </button>
            </form>
        </li>
    }
}
