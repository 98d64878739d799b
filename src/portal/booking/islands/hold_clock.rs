//! How long a time is still kept.

use leptos::prelude::*;

use crate::tr;

/// Counts down. Without scripts the clock time beside it says the same.
#[island]
pub fn HoldClock(
    /// Seconds left when the page was made.
    seconds: i64,
) -> impl IntoView {
    let left = RwSignal::new(seconds);
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        // By the browser's clock: a tab that slept shows the right time when it wakes.
        let end = js_sys::Date::now() + milliseconds(seconds);
        let tick = move || {
            #[expect(clippy::cast_possible_truncation, reason = "minutes in milliseconds")]
            let now_left = ((end - js_sys::Date::now()) / 1000.0).max(0.0) as i64;
            left.set(now_left);
        };
        if let Ok(handle) = set_interval_with_handle(tick, core::time::Duration::from_secs(1)) {
            on_cleanup(move || handle.clear());
        }
    });
    view! {
        <span class="hold__time" role="timer">
            {move || match left.get() {
                0 => tr!(booking.hold_over).to_owned(),
                left => tr!(booking.left, time = format!("{:02}:{:02}", left / 60, left % 60)),
            }}
        </span>
    }
}

#[cfg(feature = "hydrate")]
fn milliseconds(seconds: i64) -> f64 {
    f64::from(i32::try_from(seconds).unwrap_or(0)) * 1000.0
}
