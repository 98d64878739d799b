//! Buttons, links that look like buttons, and forms that consist of one button.

use std::{borrow::Cow, iter};

use leptos::prelude::*;

use super::{Glyph, Icon, Markup};

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
    let (key, about) = (key.as_deref(), about.as_deref());
    let form = PostForm { action: &action, label: &label, hidden: &hidden, tone, glyph, key, about, icon_only };
    Markup::view(|html| html.post_button(&form))
}

/// The parts of a [`PostButton`].
#[derive(Clone, Copy, Debug, Default)]
pub struct PostForm<'p> {
    pub action: &'p str,
    pub label: &'p str,
    pub hidden: &'p [(&'static str, String)],
    pub tone: ButtonTone,
    pub glyph: Option<Glyph>,
    pub key: Option<&'p str>,
    pub about: Option<&'p str>,
    pub icon_only: bool,
}

impl Markup {
    /// Adds a [`PostButton`].
    pub fn post_button(&mut self, parts: &PostForm<'_>) {
        let PostForm { action, label, hidden, tone, glyph, key, about, icon_only } = *parts;
        let class = if icon_only { Cow::Owned(format!("{} button--icon", tone.class())) } else { Cow::Borrowed(tone.class()) };
        self.element("form", [("method", "post"), ("action", action), ("class", "post-button")], |form| {
            for (name, value) in hidden {
                form.void("input", [("type", "hidden"), ("name", *name), ("value", value.as_str())]);
            }
            let title = icon_only.then_some(("title", label));
            let shortcut = key.map(|key| ("aria-keyshortcuts", key));
            let attributes = iter::once(("type", "submit")).chain(title).chain(shortcut).chain(iter::once(("class", &*class)));
            form.element("button", attributes, |button| {
                if let Some(glyph) = glyph {
                    button.icon(glyph);
                }
                button.element("span", icon_only.then_some(("class", "visually-hidden")), |span| span.text(label));
                if let Some(about) = about {
                    button.unseen(about);
                }
                if let Some(key) = key {
                    button.element("kbd", [("aria-hidden", "true")], |kbd| kbd.text(key));
                }
            });
        });
    }

    /// Adds a word for screen readers, which distinguishes the same label in many rows.
    pub fn unseen(&mut self, about: &str) {
        self.element("span", [("class", "visually-hidden")], |span| {
            span.text(" ");
            span.text(about);
        });
    }
}
