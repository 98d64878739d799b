//! A row of figures that summarise the day.

use leptos::prelude::*;

use super::{Icon, Tone};

/// One figure.
#[derive(Clone, Debug)]
pub struct Stat {
    pub label: String,
    pub value: String,
    /// The tone that colours the figure and gives its icon.
    pub tone: Option<Tone>,
    pub href: Option<String>,
}

impl Stat {
    /// Creates a figure with its label.
    pub fn new(label: impl Into<String>, value: impl ToString) -> Self {
        Self { label: label.into(), value: value.to_string(), tone: None, href: None }
    }

    /// Sets the tone.
    #[must_use]
    pub const fn tone(mut self, tone: Tone) -> Self {
        self.tone = Some(tone);
        self
    }

    /// Links to the list behind the figure.
    #[must_use]
    pub fn href(mut self, href: impl Into<String>) -> Self {
        self.href = Some(href.into());
        self
    }
}

/// A row of figures.
#[component]
pub fn StatStrip(stats: Vec<Stat>) -> impl IntoView {
    let stats = stats
        .into_iter()
        .map(|Stat { label, value, tone, href }| {
            let class = tone.map_or_else(|| "stat".to_owned(), |tone| format!("stat {}", tone.class()));
            let label = match href {
                Some(href) => view! { <a class="row-link" href=href>{label}</a> }.into_any(),
                None => label.into_any(),
            };
            view! {
                <div class=class>
                    <dt>{label}</dt>
                    <dd>{tone.map(|tone| view! { <Icon glyph=tone.glyph()/> })}{value}</dd>
                </div>
            }
        })
        .collect_view();
    view! { <dl class="stats">{stats}</dl> }
}
