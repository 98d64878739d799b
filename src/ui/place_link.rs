//! An address as a link that opens the map application of the reader's own choice.

use leptos::prelude::*;

use super::encoded;

/// The place as a `geo:` link. RFC 5870 leaves the application to the device; `0,0?q=` is its form for an address without
/// coordinates. The text is the address itself, so that a device without such an application, and paper, lose nothing.
#[component]
pub fn PlaceLink(
    /// The name and the address in one line.
    #[prop(into)]
    place: String,
    /// Latitude and longitude with a comma between them, where they are known.
    #[prop(optional)]
    position: String,
) -> impl IntoView {
    let href = geo(&place, &position);
    view! { <a class="phone-link" href=href>{place}</a> }
}

fn geo(place: &str, position: &str) -> String {
    let position = if position.is_empty() { "0,0" } else { position };
    format!("geo:{position}?q={}", encoded(place))
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_sought_as_people_write_it() {
        assert_eq!(geo("North Clinic, 12 Elm St & Co", ""), "geo:0,0?q=North%20Clinic%2C%2012%20Elm%20St%20%26%20Co");
        assert_eq!(geo("North", "19.2,-96.138"), "geo:19.2,-96.138?q=North");
    }
}
