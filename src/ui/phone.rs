//! A telephone number as a link that starts a call.

use leptos::prelude::*;

/// The number as it was typed, as a `tel:` link (RFC 3966).
#[component]
pub fn PhoneLink(#[prop(into)] number: String) -> impl IntoView {
    let href = format!("tel:{}", dialled(&number));
    view! { <a class="phone-link" href=href>{number}</a> }
}

/// Returns the digits that a telephone dials. A zero in brackets after the country code is dialled only within the country; an
/// extension is spoken or typed later.
fn dialled(number: &str) -> String {
    let abroad = number.trim_start().starts_with('+');
    let number = if abroad { number.replace("(0)", "") } else { number.to_owned() };
    let number = number.split(|letter: char| letter.is_alphabetic() || matches!(letter, '#' | ';' | ',')).next().unwrap_or_default();
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    if abroad { format!("+{digits}") } else { digits }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_dialled_as_people_write_it() {
        let cases = [
            ("617-555-0142", "6175550142"),
            ("+44 (0)20 7946 0018", "+442079460018"),
            ("(020) 7946 0018", "02079460018"),
            ("+1 617 555 0142 ext. 7", "+16175550142"),
            ("617 555 0142 x12", "6175550142"),
        ];
        for (written, dialled_number) in cases {
            assert_eq!(dialled(written), dialled_number, "{written}");
        }
    }
}
