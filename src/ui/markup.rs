//! HTML that is written at once, for what one page shows hundreds of times: the doses of a round, the beds of a board. A view boxes each
//! element, attribute and text before it becomes text; here it is text from the beginning. It holds nothing that reacts. What a caller
//! passes is escaped; only names of elements and attributes, and shapes of icons, are written as they are, and they stand in the program.

use leptos::{prelude::*, tachys::html::InertElement};

/// HTML to which elements and texts are added.
#[derive(Debug, Default)]
pub struct Markup(String);

impl Markup {
    /// Returns the view of one element, which the closure writes.
    pub fn view(write: impl FnOnce(&mut Self)) -> AnyView {
        let mut markup = Self::default();
        write(&mut markup);
        InertElement::new(markup.0).into_any()
    }

    /// Adds an element with its attributes and what it contains.
    pub fn element<'a>(
        &mut self,
        tag: &'static str,
        attributes: impl IntoIterator<Item = (&'static str, &'a str)>,
        inside: impl FnOnce(&mut Self),
    ) {
        self.void(tag, attributes);
        inside(self);
        self.0.push_str("</");
        self.0.push_str(tag);
        self.0.push('>');
    }

    /// Adds an element that contains nothing and has no end: `br`, `input`.
    pub fn void<'a>(&mut self, tag: &'static str, attributes: impl IntoIterator<Item = (&'static str, &'a str)>) {
        self.0.push('<');
        self.0.push_str(tag);
        for (name, value) in attributes {
            self.0.push(' ');
            self.0.push_str(name);
            self.0.push_str("=\"");
            self.escaped(value, true);
            self.0.push('"');
        }
        self.0.push('>');
    }

    /// Adds text.
    pub fn text(&mut self, text: &str) {
        self.escaped(text, false);
    }

    /// Adds an element with one class that contains only text.
    pub fn words(&mut self, tag: &'static str, class: &str, text: &str) {
        self.element(tag, [("class", class)], |element| element.text(text));
    }

    /// Adds HTML that stands in the program.
    pub(super) fn fixed(&mut self, html: &'static str) {
        self.0.push_str(html);
    }

    fn escaped(&mut self, text: &str, quoted: bool) {
        if !text.bytes().any(|byte| matches!(byte, b'&' | b'<' | b'>' | b'"')) {
            self.0.push_str(text);
            return;
        }
        for letter in text.chars() {
            match letter {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' if quoted => self.0.push_str("&quot;"),
                other => self.0.push(other),
            }
        }
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::ui::{ButtonTone, Glyph, Icon, PostForm, StatusBadge, Tone};

    fn html(write: impl FnOnce(&mut Markup)) -> String {
        Owner::new().with(|| Markup::view(write).to_html())
    }

    #[test]
    fn what_a_person_typed_brings_no_markup() {
        let html = html(|html| {
            html.element("p", [("title", "\"><script>&")], |p| {
                p.text("<b>\"Núñez\" & sons</b>");
                p.void("br", []);
            });
        });
        assert_eq!(html, "<p title=\"&quot;&gt;&lt;script&gt;&amp;\">&lt;b&gt;\"Núñez\" &amp; sons&lt;/b&gt;<br></p>");
    }

    #[test]
    fn a_component_and_its_markup_are_the_same() {
        let component = |view: fn() -> AnyView| Owner::new().with(|| view().to_html());
        let badge = component(|| view! { <StatusBadge tone=Tone::Warning label="<late>"/> }.into_any());
        assert_eq!(badge, html(|html| html.badge(Tone::Warning, "<late>", None)));
        assert!(badge.starts_with("<span class=\"badge is-warning\"><svg") && badge.ends_with("</svg>&lt;late&gt;</span>"), "{badge}");
        let icon = component(|| view! { <Icon glyph=Glyph::Bed label="Bed" class="icon--large"/> }.into_any());
        assert!(icon.contains("role=\"img\" aria-label=\"Bed\" class=\"icon icon--large\"") && !icon.contains("aria-hidden"), "{icon}");
    }

    #[test]
    fn a_form_of_one_button() {
        let hidden = [("dose_id", "7\"".to_owned())];
        let form = PostForm {
            action: "/api/x",
            label: "Given",
            hidden: &hidden,
            tone: ButtonTone::Primary,
            about: Some("Núñez"),
            ..PostForm::default()
        };
        let html = html(|html| html.post_button(&form));
        assert_eq!(
            html,
            "<form method=\"post\" action=\"/api/x\" class=\"post-button\"><input type=\"hidden\" name=\"dose_id\" value=\"7&quot;\">\
             <button type=\"submit\" class=\"button button--primary\"><span>Given</span><span class=\"visually-hidden\"> Núñez</span></button></form>"
        );
    }
}
