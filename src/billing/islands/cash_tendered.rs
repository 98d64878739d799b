//! Shows the change in large figures while the cashier types the amount handed over.
//!
//! The island is beside the field and follows it, so that the form is a plain one and works without the island.

use leptos::prelude::*;

use crate::{
    core::{Currency, Money, locale},
    tr,
};

/// Shows the change for the value in `field`, and buttons for the usual amounts.
#[island]
pub fn CashTendered(
    /// The field's id.
    field: String,
    /// The due amount, in minor units.
    due: Money,
    /// Whether the field already contains the due amount; otherwise it is empty.
    proposed: bool,
    currency: Currency,
) -> impl IntoView {
    let tendered = RwSignal::new(proposed.then_some(due));
    let known_field = field.clone();
    Effect::new(move || follow(&known_field, tendered, currency));
    let words = move || match tendered.get() {
        Some(given) if given > due => tr!(billing.change),
        Some(given) if given < due => tr!(billing.stays_due),
        Some(_) => tr!(billing.exact),
        None => tr!(billing.change),
    };
    let figure = move || match tendered.get() {
        Some(given) if given >= due => currency.show(given - due),
        Some(given) => currency.show(due - given),
        None => "–".to_owned(),
    };
    let short = move || tendered.get().is_none_or(|given| given < due);
    let notes = usual(due, currency)
        .into_iter()
        .map(move |note| {
            let field = field.clone();
            let shown = currency.plain(note, locale::current());
            let typed = shown.clone();
            view! { <button class="button" type="button" on:click=move |_| put(&field, &typed, tendered, note)>{shown}</button> }
        })
        .collect_view();
    view! {
        <div class="pay__notes" role="group" aria-label=tr!(billing.usual_amounts)>{notes}</div>
        <p class="pay__change" class:is-short=short role="status">
            <small>{words}</small>
            <span class="amount">{figure}</span>
        </p>
    }
}

/// Returns the exact amount and the next round sums above it.
fn usual(due: Money, currency: Currency) -> Vec<Money> {
    let unit = 10_i64.pow(currency.decimals());
    let mut sums = vec![due];
    for note in [5, 10, 20, 50, 100] {
        let step = note * unit;
        let above = Money((due.0 + step - 1) / step * step);
        if !sums.contains(&above) && sums.len() < 5 {
            sums.push(above);
        }
    }
    sums
}

#[cfg(feature = "hydrate")]
fn input(id: &str) -> Option<web_sys::HtmlInputElement> {
    use wasm_bindgen::JsCast as _;
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// Follows the typed text, and selects the field's content, so that typing replaces it.
#[cfg(feature = "hydrate")]
fn follow(id: &str, tendered: RwSignal<Option<Money>>, currency: Currency) {
    use leptos::{ev, leptos_dom::helpers::window_event_listener};
    let Some(field) = input(id) else { return };
    let read = {
        let field = field.clone();
        move || currency.parse("tendered", &field.value()).ok()
    };
    tendered.set(read());
    field.select();
    let watched = id.to_owned();
    let handle = window_event_listener(ev::input, move |event| {
        use wasm_bindgen::JsCast as _;
        let ours =
            event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()).is_some_and(|target| target.id() == watched);
        if ours {
            tendered.set(read());
        }
    });
    on_cleanup(move || handle.remove());
}

#[cfg(not(feature = "hydrate"))]
fn follow(_id: &str, _tendered: RwSignal<Option<Money>>, _currency: Currency) {}

#[cfg(feature = "hydrate")]
fn put(id: &str, typed: &str, tendered: RwSignal<Option<Money>>, amount: Money) {
    if let Some(field) = input(id) {
        field.set_value(typed);
        let _ = field.focus();
        tendered.set(Some(amount));
    }
}

#[cfg(not(feature = "hydrate"))]
fn put(_id: &str, _typed: &str, _tendered: RwSignal<Option<Money>>, _amount: Money) {}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn the_notes_one_is_given() {
        assert_eq!(usual(Money(3_600), Currency::USD), [3_600, 4_000, 5_000, 10_000].map(Money));
        assert_eq!(usual(Money(12_000), Currency::USD), [12_000, 15_000, 20_000].map(Money));
    }
}
