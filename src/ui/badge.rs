//! Status: a colour, an icon and a word, always all three.

use leptos::prelude::*;

use super::{Glyph, Icon};

/// What a colour means. The words are the caller's; the meaning is fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Act now: danger to the patient, severe allergy.
    Critical,
    /// Look soon: late, nearly over a limit.
    Warning,
    /// Somebody waits.
    Waiting,
    /// Being dealt with at this moment.
    Progress,
    /// Finished, paid, available.
    Done,
    /// Kept for somebody.
    Reserved,
    /// Over, cancelled, retired, not recorded.
    Inactive,
}

impl Tone {
    /// Every tone, for the gallery.
    pub const ALL: [Self; 7] = [Self::Critical, Self::Warning, Self::Waiting, Self::Progress, Self::Done, Self::Reserved, Self::Inactive];

    /// The state class that colours rows, cards and tiles: `is-waiting`.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Critical => "is-critical",
            Self::Warning => "is-warning",
            Self::Waiting => "is-waiting",
            Self::Progress => "is-progress",
            Self::Done => "is-done",
            Self::Reserved => "is-reserved",
            Self::Inactive => "is-inactive",
        }
    }

    /// The icon that goes with the colour.
    pub const fn glyph(self) -> Glyph {
        match self {
            Self::Critical => Glyph::Critical,
            Self::Warning => Glyph::Warning,
            Self::Waiting => Glyph::Clock,
            Self::Progress => Glyph::Progress,
            Self::Done => Glyph::Done,
            Self::Reserved => Glyph::Reserved,
            Self::Inactive => Glyph::Inactive,
        }
    }
}

/// A small pill: icon and word in the colour of its meaning.
#[component]
pub fn StatusBadge(
    tone: Tone,
    #[prop(into)] label: String,
    /// Another icon where the usual one would mislead.
    #[prop(optional)]
    glyph: Option<Glyph>,
) -> impl IntoView {
    view! {
        <span class=format!("badge {}", tone.class())>
            <Icon glyph=glyph.unwrap_or(tone.glyph())/>
            {label}
        </span>
    }
}

/// A box with something the reader should know before going on.
#[component]
pub fn NoticeBox(tone: Tone, #[prop(optional, into)] title: Option<String>, children: Children) -> impl IntoView {
    view! {
        <div class=format!("notice {}", tone.class())>
            <Icon glyph=tone.glyph()/>
            <div class="notice__body">
                {title.map(|title| view! { <strong class="notice__title">{title}</strong> })}
                {children()}
            </div>
        </div>
    }
}
