//! Delays the updates of a list while a person points at it or has one of its menus open, so that no row moves under the
//! pointer.
//!
//! The row under the pointer belongs to the same patient until the pointer rests or leaves. An update that arrives meanwhile is
//! kept and shown afterwards. After the user's own action, the update is shown once the second click of a double click is over.

use leptos::{html, prelude::*, web_sys::HtmlElement};

/// Milliseconds after the last movement of the pointer, or the last key, until rows may move.
const AFTER_TOUCH: i64 = 3_000;
/// Milliseconds until rows may move while a menu is open.
const WITH_MENU: i64 = 20_000;
/// Milliseconds after the user's own action until rows may move: longer than a double click takes.
const AFTER_ACT: i64 = 800;
/// Milliseconds after the user's own action during which it lets updates through.
const OWN_ACT: i64 = 5_000;

/// Whether an update must wait, from the milliseconds since the list was last touched and since the last action on it.
const fn waits(menu_is_open: bool, since_touch: i64, since_act: i64) -> bool {
    if since_act < OWN_ACT {
        return since_act < AFTER_ACT;
    }
    since_touch < AFTER_TOUCH || (menu_is_open && since_touch < WITH_MENU)
}

/// A list that an island shows, and the update that waits.
#[derive(Debug)]
pub struct ListHold<T: Send + Sync + 'static> {
    shown: RwSignal<T>,
    waiting: StoredValue<Option<T>>,
    /// Returns the ids of the rows in their order: an update that does not change them moves no row.
    rows: fn(&T) -> Vec<String>,
    /// The element around the list.
    pub frame: NodeRef<html::Div>,
    touched_at: StoredValue<i64>,
    acted_at: StoredValue<i64>,
}

impl<T: Send + Sync + 'static> Clone for ListHold<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for ListHold<T> {}

impl<T: Send + Sync + 'static> ListHold<T> {
    /// Delays the updates of `shown`. Starts to watch the pointer once [`ListHold::frame`] is in the page.
    pub fn new(shown: RwSignal<T>, rows: fn(&T) -> Vec<String>) -> Self {
        let hold = Self {
            shown,
            waiting: StoredValue::new(None),
            rows,
            frame: NodeRef::new(),
            touched_at: StoredValue::new(-WITH_MENU),
            acted_at: StoredValue::new(-OWN_ACT),
        };
        Effect::new(move |_| {
            if let Some(frame) = hold.frame.get() {
                watch(hold, &frame);
            }
        });
        hold
    }

    /// Records that the user acts on a row.
    pub fn acts(self) {
        self.acted_at.try_set_value(milliseconds());
    }

    /// Shows the update at once, or later when it no longer moves a row under the pointer.
    pub fn update(self, fresh: T) {
        let moves = self.shown.try_with_untracked(|shown| (self.rows)(shown) != (self.rows)(&fresh));
        match moves {
            Some(true) if self.waits() => {
                self.waiting.try_set_value(Some(fresh));
            }
            Some(_) => {
                self.waiting.try_set_value(None);
                self.shown.try_set(fresh);
            }
            // The island no longer exists.
            None => {}
        }
    }

    fn waits(self) -> bool {
        let now = milliseconds();
        let since = |at: StoredValue<i64>| now - at.try_get_value().unwrap_or_default();
        waits(has_open_menu(self), since(self.touched_at), since(self.acted_at))
    }
}

#[cfg(feature = "hydrate")]
fn has_open_menu<T: Send + Sync + 'static>(hold: ListHold<T>) -> bool {
    hold.frame.get_untracked().is_some_and(|frame| frame.query_selector("details[open]").ok().flatten().is_some())
}

#[cfg(not(feature = "hydrate"))]
const fn has_open_menu<T: Send + Sync + 'static>(_hold: ListHold<T>) -> bool {
    false
}

/// Watches the pointer and the keys on the list, and shows a waiting update when they rest.
#[cfg(feature = "hydrate")]
fn watch<T: Send + Sync + 'static>(hold: ListHold<T>, frame: &HtmlElement) {
    use core::{cell::Cell, time::Duration};
    use std::rc::Rc;

    use leptos::{
        ev::{Event, MouseEvent},
        leptos_dom::helpers::set_interval_with_handle,
        wasm_bindgen::{JsCast as _, closure::Closure},
    };

    /// Milliseconds after rows moved in which a click at the same position is ignored, because it was not meant for the row
    /// that is there now.
    const AFTER_MOVE: i64 = 700;
    /// The largest number of pixels that a hand moves a mouse between the clicks of a double click.
    const STEADY: i32 = 8;

    // The time of the last move of rows, and the pointer's position then.
    let moved_at = Rc::new(Cell::new(-AFTER_MOVE));
    let (moved_under, last) = (Rc::new(Cell::new((0, 0))), Rc::new(Cell::new((0, 0))));
    let place = |event: &Event| event.dyn_ref::<MouseEvent>().map(|event| (event.client_x(), event.client_y()));
    let touched = Closure::<dyn Fn(Event)>::new({
        let last = Rc::clone(&last);
        move |event: Event| {
            if let Some(at) = place(&event) {
                // A browser reports a resting pointer again when the element under it changed.
                if event.type_() == "pointermove" && at == last.get() {
                    return;
                }
                last.set(at);
            }
            hold.touched_at.try_set_value(milliseconds());
        }
    });
    let left = Closure::<dyn Fn(Event)>::new(move |_| {
        hold.touched_at.try_set_value(milliseconds() - AFTER_TOUCH);
    });
    let pressed = Closure::<dyn Fn(Event)>::new({
        let (moved_at, moved_under) = (Rc::clone(&moved_at), Rc::clone(&moved_under));
        move |event: Event| {
            let Some((x, y)) = place(&event) else { return };
            let (was_x, was_y) = moved_under.get();
            let steady = (x - was_x).abs() < STEADY && (y - was_y).abs() < STEADY;
            // A click by the keyboard has a detail of 0.
            let by_pointer = event.dyn_ref::<MouseEvent>().is_some_and(|event| event.detail() > 0);
            if by_pointer && steady && milliseconds() - moved_at.get() < AFTER_MOVE {
                event.prevent_default();
                event.stop_propagation();
            }
        }
    });
    let mut done = Ok(());
    for (name, listener) in [("pointermove", &touched), ("pointerdown", &touched), ("keydown", &touched), ("pointerleave", &left)] {
        done = done.and(frame.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref()));
    }
    done = done.and(frame.add_event_listener_with_callback_and_bool("click", pressed.as_ref().unchecked_ref(), true));
    if let Err(error) = done {
        leptos::logging::warn!("{error:?}");
    }
    // The listeners live as long as the page.
    touched.forget();
    left.forget();
    pressed.forget();
    let show = move || {
        if hold.waiting.try_with_value(Option::is_some) == Some(true) && !hold.waits() {
            let Some(Some(fresh)) = hold.waiting.try_update_value(Option::take) else { return };
            moved_at.set(milliseconds());
            moved_under.set(last.get());
            hold.shown.try_set(fresh);
        }
    };
    if let Ok(timer) = set_interval_with_handle(show, Duration::from_millis(200)) {
        on_cleanup(move || timer.clear());
    }
}

#[cfg(not(feature = "hydrate"))]
const fn watch<T: Send + Sync + 'static>(_hold: ListHold<T>, _frame: &HtmlElement) {}

/// Milliseconds by the browser's clock; 0 on the server.
#[cfg(feature = "hydrate")]
#[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 are far below 2^52")]
fn milliseconds() -> i64 {
    js_sys::Date::now() as i64
}

#[cfg(not(feature = "hydrate"))]
const fn milliseconds() -> i64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG_AGO: i64 = 1_000_000;

    #[test]
    fn nothing_moves_under_the_pointer_or_an_open_menu() {
        assert!(waits(false, 0, LONG_AGO), "the pointer moves over the list");
        assert!(waits(false, AFTER_TOUCH - 1, LONG_AGO));
        assert!(!waits(false, AFTER_TOUCH, LONG_AGO), "the pointer rests");
        assert!(waits(true, AFTER_TOUCH, LONG_AGO), "somebody reads the menu");
        assert!(!waits(true, WITH_MENU, LONG_AGO), "somebody went away from an open menu");
    }

    #[test]
    fn a_double_click_is_over_before_the_list_moves() {
        assert!(waits(false, 0, 0) && waits(false, 0, AFTER_ACT - 1));
        assert!(!waits(false, 0, AFTER_ACT), "one's own act is shown though the pointer moves on");
        assert!(!waits(true, 0, AFTER_ACT));
        assert!(waits(false, 0, OWN_ACT), "later changes are other people's");
    }
}
