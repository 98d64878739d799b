//! Shows a status with a colour, an icon and a word, always all three.

use leptos::prelude::*;

use super::{Glyph, Icon, Markup};

/// The meaning of a colour. The caller supplies the words; the meaning is fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Immediate action is needed: danger to the patient, severe allergy.
    Critical,
    /// Attention is needed soon: late, nearly over a limit.
    Warning,
    /// A person waits.
    Waiting,
    /// In progress at this moment.
    Progress,
    /// Finished, paid, available.
    Done,
    /// Reserved for a person.
    Reserved,
    /// Ended, cancelled, retired, not recorded.
    Inactive,
}

impl Tone {
    /// All tones, for the gallery.
    pub const ALL: [Self; 7] = [Self::Critical, Self::Warning, Self::Waiting, Self::Progress, Self::Done, Self::Reserved, Self::Inactive];

    /// Returns the state class that colours rows, cards and tiles: `is-waiting`.
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

    /// Returns the icon of the tone.
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

/// A small badge: icon and word in the colour of the tone.
#[component]
pub fn StatusBadge(
    tone: Tone,
    #[prop(into)] label: String,
    /// Another icon, where the usual one would mislead.
    #[prop(optional)]
    glyph: Option<Glyph>,
) -> impl IntoView {
    Markup::view(|html| html.badge(tone, &label, glyph))
}

impl Markup {
    /// Adds a [`StatusBadge`].
    pub fn badge(&mut self, tone: Tone, label: &str, glyph: Option<Glyph>) {
        let class = format!("badge {}", tone.class());
        self.element("span", [("class", class.as_str())], |badge| {
            badge.icon(glyph.unwrap_or(tone.glyph()));
            badge.text(label);
        });
    }
}

/// A box with information that the reader needs before the next step.
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
