//! A QR code, which a phone's camera reads.

use leptos::prelude::*;
use qrcodegen::{QrCode as Code, QrCodeEcc};

/// The white margin, in modules; with a smaller one, a camera does not find the code.
const QUIET: i32 = 4;

/// Renders the text as a QR code, always dark on light. Renders nothing when the text is too long.
#[component]
pub fn QrCode(
    #[prop(into)] text: String,
    /// The label for screen readers.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    Code::encode_text(&text, QrCodeEcc::Medium).ok().map(|code| {
        let side = code.size() + 2 * QUIET;
        view! {
            <svg class="qr" viewBox=format!("0 0 {side} {side}") shape-rendering="crispEdges" role="img" aria-label=label>
                <path d=squares(&code)></path>
            </svg>
        }
    })
}

/// Returns a path with a square for each dark module.
fn squares(code: &Code) -> String {
    let mut path = String::new();
    for (x, y) in (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y))).filter(|(x, y)| code.get_module(*x, *y)) {
        path.push_str(&format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_corners_are_where_a_camera_looks_for_them() {
        let code =
            Code::encode_text("otpauth://totp/Hospital:ana?secret=GEZDGNBVGY3TQOJQ&issuer=Hospital", QrCodeEcc::Medium).expect("short");
        let (path, far) = (squares(&code), code.size() - 1 + QUIET);
        for (x, y) in [(QUIET, QUIET), (far, QUIET), (QUIET, far)] {
            assert!(path.contains(&format!("M{x} {y}h")), "{x} {y}");
        }
        assert!(!path.contains(&format!("M{far} {far}h")) || code.get_module(far - QUIET, far - QUIET));
        assert!(!path.contains("M0 ") && !path.contains(&format!("M{} ", far + 1)), "it stands in white");
    }
}
