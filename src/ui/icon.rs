//! Icons in one style: one grid (24), one stroke width. An icon is never alone: a word is beside it or in `aria-label`.

use std::{borrow::Cow, iter};

use leptos::prelude::*;

use super::Markup;

macro_rules! glyphs {
    ($($(#[$doc:meta])* $name:ident => $path:literal,)*) => {
        /// The picture of an icon.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Glyph { $($(#[$doc])* $name,)* }

        impl Glyph {
            /// All icons, for the gallery.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            const fn shapes(self) -> &'static str {
                match self { $(Self::$name => $path,)* }
            }
        }
    };
}

glyphs! {
    Home => r#"<path d="M4 11.2 12 4.5l8 6.7V19a1 1 0 0 1-1 1h-4.5v-5.5h-5V20H5a1 1 0 0 1-1-1z"/>"#,
    Calendar => r#"<rect x="4" y="5.5" width="16" height="14.5" rx="2"/><path d="M4 10h16M8.5 3.5v4M15.5 3.5v4"/>"#,
    Queue => r#"<circle cx="6" cy="7" r="2"/><circle cx="6" cy="17" r="2"/><path d="M11 7h9M11 12h9M11 17h9M4.5 12h3"/>"#,
    Patients => r#"<circle cx="9" cy="8.5" r="3.5"/><path d="M3 19.5c.4-3.6 2.8-5.5 6-5.5s5.6 1.9 6 5.5M15.5 5.3a3.5 3.5 0 0 1 0 6.4M17.5 14.4c2 .8 3.2 2.5 3.5 5.1"/>"#,
    User => r#"<circle cx="12" cy="8.5" r="4"/><path d="M4.5 20c.6-3.9 3.5-6 7.5-6s6.9 2.1 7.5 6"/>"#,
    Bed => r#"<path d="M3.5 5.5V19M3.5 16h17v3M20.5 16v-2.5a3 3 0 0 0-3-3H11V16"/><circle cx="7.25" cy="11.5" r="1.75"/>"#,
    Money => r#"<rect x="3" y="6" width="18" height="12" rx="2"/><circle cx="12" cy="12" r="2.75"/><path d="M6.5 9.5v.01M17.5 14.5v.01"/>"#,
    Receipt => r#"<path d="M6 3.5h12v17l-2.4-1.7-2 1.7-1.6-1.7-1.6 1.7-2-1.7L6 20.5zM9.5 8.5h5M9.5 12.5h5"/>"#,
    Bell => r#"<path d="M6.5 10.5a5.5 5.5 0 0 1 11 0c0 4 1.5 5 2 6.5h-15c.5-1.5 2-2.5 2-6.5zM10 20c.5.6 1.2 1 2 1s1.5-.4 2-1"/>"#,
    Search => r#"<circle cx="10.5" cy="10.5" r="6"/><path d="m15 15 5.5 5.5"/>"#,
    Check => r#"<path d="m5 12.5 4.5 4.5L19 7"/>"#,
    Done => r#"<circle cx="12" cy="12" r="8.5"/><path d="m8.2 12.3 2.6 2.6 5-5.4"/>"#,
    Warning => r#"<path d="M12 4 2.8 19.5h18.4zM12 10v4.5M12 17v.01"/>"#,
    Critical => r#"<path d="M8.3 3.5h7.4l4.8 4.8v7.4l-4.8 4.8H8.3l-4.8-4.8V8.3zM12 7.8v5M12 16v.01"/>"#,
    Info => r#"<circle cx="12" cy="12" r="8.5"/><path d="M12 11.5v4.5M12 8v.01"/>"#,
    Clock => r#"<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5.2l3.5 2"/>"#,
    Progress => r#"<circle cx="12" cy="12" r="8.5"/><path d="M12 3.5a8.5 8.5 0 0 1 0 17z" fill="currentColor"/>"#,
    Reserved => r#"<path d="M7 3.5h10v17l-5-4-5 4z"/>"#,
    Inactive => r#"<circle cx="12" cy="12" r="8.5"/><path d="M8.5 12h7"/>"#,
    Repeat => r#"<path d="M5 11V9.5A3.5 3.5 0 0 1 8.5 6H19M16 3l3 3-3 3M19 13v1.5a3.5 3.5 0 0 1-3.5 3.5H5M8 21l-3-3 3-3"/>"#,
    Undo => r#"<path d="M8.5 5 4.5 9l4 4M4.5 9H14a5.5 5.5 0 0 1 0 11h-4"/>"#,
    Phone => r#"<path d="M5 4h3.7l1.6 4.3-2.1 1.5a12 12 0 0 0 5.9 5.9l1.6-2.1L20 15.2V19a1.5 1.5 0 0 1-1.6 1.5A15.6 15.6 0 0 1 3.5 5.6 1.5 1.5 0 0 1 5 4z"/>"#,
    Print => r#"<path d="M7 9V4h10v5M7 17H5a1.5 1.5 0 0 1-1.5-1.5v-5A1.5 1.5 0 0 1 5 9h14a1.5 1.5 0 0 1 1.5 1.5v5A1.5 1.5 0 0 1 19 17h-2"/><path d="M7 14h10v6H7z"/>"#,
    Plus => r#"<path d="M12 5v14M5 12h14"/>"#,
    Close => r#"<path d="m6 6 12 12M18 6 6 18"/>"#,
    ChevronDown => r#"<path d="m6 9.5 6 6 6-6"/>"#,
    ChevronLeft => r#"<path d="m14.5 6-6 6 6 6"/>"#,
    ChevronRight => r#"<path d="m9.5 6 6 6-6 6"/>"#,
    Vitals => r#"<path d="M2.5 12.5h4.3L9.3 6l4.2 12 2.9-7.5 1 2h4.1"/>"#,
    Pill => r#"<rect x="2.7" y="8.2" width="18.6" height="7.6" rx="3.8" transform="rotate(-45 12 12)"/><path d="m9.3 9.3 5.4 5.4"/>"#,
    Note => r#"<path d="M6 3.5h8.5L19 8v12.5H6zM14 3.5V8.5h5M9 12.5h7M9 16.5h5"/>"#,
    Allergy => r#"<path d="M12 3.5c3.8 0 6.5 2.6 6.5 6 0 2.1-.9 3.4-2 4.5v3.5H14v3h-4v-3H7.5V14c-1.1-1.1-2-2.4-2-4.5 0-3.4 2.7-6 6.5-6zM9.5 10.5v.01M14.5 10.5v.01"/>"#,
    Keyboard => r#"<rect x="2.5" y="6" width="19" height="12" rx="2"/><path d="M6.5 10v.01M10 10v.01M14 10v.01M17.5 10v.01M8 14.5h8"/>"#,
    Settings => r#"<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2"/><circle cx="9" cy="17" r="2"/>"#,
    Menu => r#"<path d="M4 7h16M4 12h16M4 17h16"/>"#,
    More => r#"<path d="M5.5 12v.01M12 12v.01M18.5 12v.01" stroke-width="2.6"/>"#,
    SignOut => r#"<path d="M13.5 4H6a1.5 1.5 0 0 0-1.5 1.5v13A1.5 1.5 0 0 0 6 20h7.5M10 12h10.5M17 8l4 4-4 4"/>"#,
    Board => r#"<rect x="3" y="4.5" width="18" height="12" rx="2"/><path d="M8.5 20.5h7M12 16.5v4M7 8.5h4M7 12.5h7"/>"#,
    CallNext => r#"<path d="M4 9.5v5h3.5l5 4V5.5l-5 4zM16 9a4.2 4.2 0 0 1 0 6M18.5 6.5a7.8 7.8 0 0 1 0 11"/>"#,
    Skip => r#"<path d="M5 5.5v13l9-6.5zM18.5 5.5v13"/>"#,
    Transfer => r#"<path d="M4 8.5h15M15.5 5 19 8.5 15.5 12M20 15.5H5M8.5 12 5 15.5 8.5 19"/>"#,
    Arrive => r#"<path d="M14 4h5.5v16H14M3.5 12H14M10 8l4 4-4 4"/>"#,
    Lock => r#"<rect x="5" y="10.5" width="14" height="9.5" rx="2"/><path d="M8 10.5V8a4 4 0 0 1 8 0v2.5M12 14.5v2"/>"#,
    Shield => r#"<path d="M12 3.5 19 6v5.5c0 4.3-2.7 7.3-7 9-4.3-1.7-7-4.7-7-9V6z"/>"#,
    Edit => r#"<path d="M4.5 19.5 5.5 15 15.5 5l3.5 3.5-10 10zM13.5 7l3.5 3.5"/>"#,
    Filter => r#"<path d="M4 5.5h16L14 13v6.5l-4-2V13z"/>"#,
    Download => r#"<path d="M12 4v11M7.5 11l4.5 4.5 4.5-4.5M4.5 19.5h15"/>"#,
    Sign => r#"<path d="M3.5 20h17M5 15.5C8 7 11 3.5 12.5 5s-4 9.5-2 10.5 3-4.5 4.5-4 .5 3 2 3.5 2.2-.4 3-1"/>"#,
    Stethoscope => r#"<path d="M6 3.5H4.5v5a4.5 4.5 0 0 0 9 0v-5H12M9 13v2.5a5 5 0 0 0 10 0v-2"/><circle cx="19" cy="11.5" r="2"/>"#,
    Building => r#"<path d="M5 20.5v-16h14v16M3 20.5h18M12 7.5v5M9.5 10h5M10 20.5V16h4v4.5"/>"#,
    Family => r#"<circle cx="8" cy="7.5" r="3"/><circle cx="16.5" cy="11" r="2.3"/><path d="M3 19.5c.3-4 2.1-6.5 5-6.5 1.7 0 3 .8 3.9 2.2M12.5 19.5c.2-2.7 1.6-4.2 4-4.2s3.8 1.5 4 4.2"/>"#,
    Pin => r#"<path d="M12 21c-4.3-4.6-6.5-8-6.5-11a6.5 6.5 0 0 1 13 0c0 3-2.2 6.4-6.5 11z"/><circle cx="12" cy="10" r="2.3"/>"#,
    ArrowUp => r#"<path d="M12 19V5M6.5 10.5 12 5l5.5 5.5"/>"#,
    ArrowDown => r#"<path d="M12 5v14M6.5 13.5 12 19l5.5-5.5"/>"#,
    ArrowRight => r#"<path d="M5 12h14M13.5 6.5 19 12l-5.5 5.5"/>"#,
    Flask => r#"<path d="M9 3.5h6M10 3.5v6L4.8 18a1.7 1.7 0 0 0 1.5 2.5h11.4a1.7 1.7 0 0 0 1.5-2.5L14 9.5v-6M7.5 14.5h9"/>"#,
    Chart => r#"<path d="M4 4v16h16M8 15.5l3.5-4.5 3 2.5L19 7"/>"#,
}

/// An icon in the size of the text. Hidden from screen readers unless it has a `label`.
#[component]
pub fn Icon(
    glyph: Glyph,
    /// The text for screen readers when no word is beside the icon.
    #[prop(optional, into)]
    label: Option<String>,
    /// Extra classes: `icon--large`.
    #[prop(optional)]
    class: &'static str,
) -> impl IntoView {
    Markup::view(|html| html.drawing(glyph, label.as_deref(), class))
}

impl Markup {
    /// Adds an icon beside which a word stands.
    pub fn icon(&mut self, glyph: Glyph) {
        self.drawing(glyph, None, "");
    }

    fn drawing(&mut self, glyph: Glyph, label: Option<&str>, more: &str) {
        let class = if more.is_empty() { Cow::Borrowed("icon") } else { Cow::Owned(format!("icon {more}")) };
        let hidden = label.is_none().then_some(("aria-hidden", "true"));
        let said = label.into_iter().flat_map(|label| [("role", "img"), ("aria-label", label)]);
        let attributes = iter::once(("viewBox", "0 0 24 24")).chain(hidden).chain(said).chain(iter::once(("class", &*class)));
        self.element("svg", attributes, |svg| svg.fixed(glyph.shapes()));
    }
}
