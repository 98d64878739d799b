//! Shows the reader's position in a sequence of questions.

use leptos::prelude::*;

use super::{Glyph, Icon, tr};

/// The steps of the sequence. A finished step with an address is a link back.
#[component]
pub fn Steps(
    /// The label of each step and, for finished steps, the page for changing the answer.
    steps: Vec<(String, Option<String>)>,
    /// The number of the present step, from 1.
    current: usize,
) -> impl IntoView {
    let total = steps.len();
    let items = steps
        .into_iter()
        .enumerate()
        .map(|(index, (label, href))| {
            let number = index + 1;
            let done = number < current;
            let class = match number.cmp(&current) {
                core::cmp::Ordering::Less => "steps__step is-done",
                core::cmp::Ordering::Equal => "steps__step is-current",
                core::cmp::Ordering::Greater => "steps__step",
            };
            let mark = if done { view! { <Icon glyph=Glyph::Check label=tr!(ui.done)/> }.into_any() } else { number.into_any() };
            let words = match href.filter(|_| done) {
                Some(href) => view! { <a href=href>{label}</a> }.into_any(),
                None => view! { <span>{label}</span> }.into_any(),
            };
            view! {
                <li class=class aria-current=(number == current).then_some("step")>
                    <span class="steps__mark">{mark}</span>
                    {words}
                </li>
            }
        })
        .collect_view();
    view! {
        <nav class="steps" aria-label=tr!(ui.steps)>
            <p class="steps__where">{tr!(ui.step_of, step = current, total = total)}</p>
            <ol>{items}</ol>
        </nav>
    }
}
