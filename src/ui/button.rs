//! Buttons, links that look like buttons, and forms of a single button.

use leptos::prelude::*;

use super::{Glyph, Icon};

/// How loud a button is. A screen has one `Primary`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonTone {
    /// The next step.
    Primary,
    /// Any other step.
    #[default]
    Secondary,
    /// Takes something away; say what.
    Danger,
    /// In rows and toolbars.
    Quiet,
}

impl ButtonTone {
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Primary => "button button--primary",
            Self::Secondary => "button",
            Self::Danger => "button button--danger",
            Self::Quiet => "button button--quiet",
        }
    }
}

/// A submit button by default; in an island give `kind="button"` and `on:click`.
#[component]
pub fn Button(
    #[prop(into)] label: String,
    #[prop(optional)] tone: ButtonTone,
    #[prop(optional)] glyph: Option<Glyph>,
    /// `submit` (default) or `button`.
    #[prop(default = "submit")]
    kind: &'static str,
    /// Shown at the right as the key that presses it: `Enter`.
    #[prop(optional, into)]
    key: Option<String>,
    /// A submit button's own name and value, for forms with several.
    #[prop(optional, into)]
    name: Option<String>,
    #[prop(optional, into)] value: Option<String>,
    #[prop(optional)] disabled: bool,
) -> impl IntoView {
    view! {
        <button class=tone.class() type=kind name=name value=value disabled=disabled aria-keyshortcuts=key>
            {glyph.map(|glyph| view! { <Icon glyph/> })}
            {label}
            {key.clone().map(|key| view! { <kbd aria-hidden="true">{key}</kbd> })}
        </button>
    }
}

/// A link that looks like a button: goes somewhere, changes nothing.
#[component]
pub fn LinkButton(
    #[prop(into)] href: String,
    #[prop(into)] label: String,
    #[prop(optional)] tone: ButtonTone,
    #[prop(optional)] glyph: Option<Glyph>,
    #[prop(optional, into)] key: Option<String>,
    /// Read aloud after the label, to tell apart the same link of many rows.
    #[prop(optional_no_strip)]
    about: Option<String>,
    /// The next act on the page: it has the focus when the page opens.
    #[prop(optional)]
    autofocus: bool,
) -> impl IntoView {
    view! {
        <a class=tone.class() href=href aria-keyshortcuts=key autofocus=autofocus>
            {glyph.map(|glyph| view! { <Icon glyph/> })}
            {label}
            {about.map(|about| view! { <span class="visually-hidden">" "{about}</span> })}
            {key.clone().map(|key| view! { <kbd aria-hidden="true">{key}</kbd> })}
        </a>
    }
}

/// A whole form in one button: posts its hidden values to `action`. Works with scripts off.
#[component]
pub fn PostButton(
    #[prop(into)] action: String,
    #[prop(into)] label: String,
    #[prop(optional)] hidden: Vec<(&'static str, String)>,
    #[prop(optional)] tone: ButtonTone,
    #[prop(optional)] glyph: Option<Glyph>,
    #[prop(optional, into)] key: Option<String>,
    /// Read aloud after the label, to tell apart the same button of many rows: the patient's name.
    #[prop(optional, into)]
    about: Option<String>,
    /// Only the icon is seen; the label is still said aloud and shown as a hint.
    #[prop(optional)]
    icon_only: bool,
) -> impl IntoView {
    let class = if icon_only { format!("{} button--icon", tone.class()) } else { tone.class().to_owned() };
    let title = icon_only.then(|| label.clone());
    view! {
        <form method="post" action=action class="post-button">
            {super::form::hidden_inputs(hidden)}
            <button class=class type="submit" title=title aria-keyshortcuts=key>
                {glyph.map(|glyph| view! { <Icon glyph/> })}
                <span class=if icon_only { "visually-hidden" } else { "" }>{label}</span>
                {about.map(|about| view! { <span class="visually-hidden">" "{about}</span> })}
                {key.clone().map(|key| view! { <kbd aria-hidden="true">{key}</kbd> })}
            </button>
        </form>
    }
}
