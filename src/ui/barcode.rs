//! Renders a record number as a Code 128 barcode. Digits are encoded in pairs (set C), so that eight of them fit a label.

use barcoders::sym::code128::Code128;
use leptos::prelude::*;

/// The library's characters for switching to set B and to set C.
const SET_B: char = '\u{181}';
const SET_C: char = '\u{106}';

/// The white margin on both sides, in modules; with a smaller one, a scanner does not find the beginning.
const QUIET: usize = 10;

/// Returns the modules of a text from left to right, true where a bar is; `None` when it is empty or has characters other
/// than printable ASCII.
fn modules(text: &str) -> Option<Vec<bool>> {
    if text.is_empty() || !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return None;
    }
    let symbols = if text.len() >= 4 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let (pairs, last) = text.split_at(text.len() / 2 * 2);
        if last.is_empty() { format!("{SET_C}{pairs}") } else { format!("{SET_C}{pairs}{SET_B}{last}") }
    } else {
        format!("{SET_B}{text}")
    };
    let bars = Code128::new(symbols).ok()?.encode();
    Some(bars.into_iter().map(|module| module == 1).collect())
}

/// Returns the bars as a path in an SVG that is one unit high: adjacent bar modules form one bar.
fn path(modules: &[bool]) -> String {
    let mut at = QUIET;
    modules
        .chunk_by(|one, other| one == other)
        .filter_map(|run| {
            let from = at;
            at += run.len();
            run[0].then(|| format!("M{from} 0h{width}v1h-{width}z", width = run.len()))
        })
        .collect()
}

/// Renders the text as bars, with the text below. Renders nothing when the text cannot be encoded.
#[component]
pub fn Barcode(#[prop(into)] text: String) -> impl IntoView {
    modules(&text).map(|modules| {
        let bars = path(&modules);
        let view_box = format!("0 0 {} 1", modules.len() + 2 * QUIET);
        view! {
            <figure class="barcode">
                <svg class="barcode__bars" viewBox=view_box preserveAspectRatio="none" shape-rendering="crispEdges" aria-hidden="true">
                    <path d=bars></path>
                </svg>
                <figcaption class="barcode__text">{text}</figcaption>
            </figure>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns `1` for each module with a bar.
    fn bars(text: &str) -> Option<String> {
        modules(text).map(|modules| modules.into_iter().map(|bar| if bar { '1' } else { '0' }).collect())
    }

    #[test]
    fn symbols_are_those_of_the_standard() {
        // ISO/IEC 15417: start C, 12, 34, 56, 78, check symbol 47 (105 + 1*12 + 2*34 + 3*56 + 4*78 = 665; 665 mod 103), stop.
        let symbols = ["11010011100", "10110011100", "10001011000", "11100010110", "11000010100", "10001110110", "1100011101011"];
        assert_eq!(bars("12345678"), Some(symbols.concat()));
        // Start B, then the letter itself.
        assert!(bars("A-017").is_some_and(|bars| bars.starts_with("1101001000010100011000")));
        // The last of an odd number of digits is in set B: start C, 12, 34, 56, to set B, '7'.
        let odd = bars("1234567").expect("bars");
        assert!(odd.contains(&["11100010110", "10111101110", "11101101110"].concat()), "{odd}");
    }

    #[test]
    fn a_text_that_cannot_be_said_has_no_bars() {
        assert_eq!([bars(""), bars("Nu\u{f1}ez"), bars("\u{106}12")], [const { None }; 3]);
    }

    #[test]
    fn modules_that_touch_are_one_bar() {
        assert_eq!(path(&[true, true, false, true]), "M10 0h2v1h-2zM13 0h1v1h-1z");
    }
}
