//! Buttons, links that look like buttons, and forms that consist of one button.

use leptos::prelude::*;

use super::{Glyph, Icon};

/// The prominence of a button. A screen has one `Primary`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonTone {
    /// The next step.
    Primary,
    /// Any other step.
    #[default]
    Secondary,
    /// Removes something; the label says what.
    Danger,
    /// For rows and toolbars.
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

/// A submit button by default; in an island, pass `kind="button"` and `on:click`.
#[component]
pub fn Button(
    #[prop(into)] label: String,
    #[prop(optional)] tone: ButtonTone,
    #[prop(optional)] glyph: Option<Glyph>,
    /// `submit` (default) or `button`.
    #[prop(default = "submit")]
    kind: &'static str,
    /// The key that presses the button, shown at its right: `Enter`.
    #[prop(optional, into)]
    key: Option<String>,
    /// The button's own name and value, for forms with several submit buttons.
    #[prop(optional, into)]
    name: Option<String>,
    #[prop(optional, into)] value: Option<String>,
    /// The page that the button opens with what was typed, instead of posting it: a preview.
    #[prop(optional, into)]
    previews: Option<String>,
    #[prop(optional)] disabled: bool,
) -> impl IntoView {
    let method = previews.is_some().then_some("get");
    view! {
        <button
            class=tone.class()
            type=kind
            name=name
            value=value
            disabled=disabled
            formmethod=method
            formaction=previews
            aria-keyshortcuts=key
        >
            {glyph.map(|glyph| view! { <Icon glyph/> })}
            {label}
            {key.clone().map(|key| view! { <kbd aria-hidden="true">{key}</kbd> })}
        </button>
    }
}

/// A link that looks like a button: it opens a page and changes nothing.
#[component]
pub fn LinkButton(
    #[prop(into)] href: String,
    #[prop(into)] label: String,
    #[prop(optional)] tone: ButtonTone,
    #[prop(optional)] glyph: Option<Glyph>,
    #[prop(optional, into)] key: Option<String>,
    /// The text that a screen reader reads after the label, to distinguish the same link in many rows.
    #[prop(optional_no_strip)]
    about: Option<String>,
    /// Whether this is the next action on the page: it then has the focus when the page opens.
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

/// A form that is one button: it posts its hidden values to `action`. Works without scripts.
#[component]
pub fn PostButton(
    #[prop(into)] action: String,
    #[prop(into)] label: String,
    #[prop(optional)] hidden: Vec<(&'static str, String)>,
    #[prop(optional)] tone: ButtonTone,
    #[prop(optional)] glyph: Option<Glyph>,
    #[prop(optional, into)] key: Option<String>,
    /// The text that a screen reader reads after the label, to distinguish the same button in many rows: the patient's
    /// name.
    #[prop(optional, into)]
    about: Option<String>,
    /// Shows only the icon; screen readers still read the label, and it appears as a tooltip.
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
