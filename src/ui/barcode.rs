//! Code 128: what a record number looks like to a scanner. Digits go two by two (set C), so that eight of them fit a label.

use leptos::prelude::*;

/// The widths of bars and gaps of each symbol, beginning with a bar.
const WIDTHS: &str = "\
212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222123122123221223211221132\
221231213212223112312131311222321122321221312212322112322211212123212321232121111323131123131321112313132113132311211313\
231113231311112133112331132131113123113321133121313121211331231131213113213311213131311123311321331121312113312311332111\
314111221411431111111224111422121124121421141122141221112214112412122114122411142112142211241211221114413111241112134111\
111242121142121241114212124112124211411212421112421211212141214121412121111143111341131141114113114311411113411311113141\
114131311141411131211412211214211232";
const STOP: &str = "2331112";

const TO_SET_B: usize = 100;
const START_B: usize = 104;
const START_C: usize = 105;

/// White on both sides, in modules; less and a scanner does not find the beginning.
const QUIET: usize = 10;

/// The symbols of a text with start and check; `None` when it is empty or has other than printable ASCII.
fn symbols(text: &str) -> Option<Vec<usize>> {
    let printable = |byte: &u8| (b' '..=b'~').contains(byte);
    if text.is_empty() || !text.as_bytes().iter().all(printable) {
        return None;
    }
    let in_b = |byte: u8| usize::from(byte - b' ');
    let mut symbols = Vec::new();
    if text.len() >= 4 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        symbols.push(START_C);
        let pairs = text.as_bytes().chunks(2);
        for pair in pairs {
            match pair {
                [tens, ones] => symbols.push(usize::from(tens - b'0') * 10 + usize::from(ones - b'0')),
                rest => symbols.extend(rest.iter().flat_map(|byte| [TO_SET_B, in_b(*byte)])),
            }
        }
    } else {
        symbols.push(START_B);
        symbols.extend(text.bytes().map(in_b));
    }
    let check = symbols.iter().enumerate().map(|(place, symbol)| place.max(1) * symbol).sum::<usize>() % 103;
    symbols.push(check);
    Some(symbols)
}

/// The widths of bars and gaps in turn.
fn widths(symbols: &[usize]) -> impl Iterator<Item = usize> {
    let digits = |text: &'static str| text.bytes().map(|digit| usize::from(digit - b'0'));
    symbols.iter().flat_map(move |symbol| digits(WIDTHS).skip(symbol * 6).take(6)).chain(digits(STOP))
}

/// The text as bars, with the text below. Nothing when it cannot be said in bars.
#[component]
pub fn Barcode(#[prop(into)] text: String) -> impl IntoView {
    symbols(&text).map(|symbols| {
        let (mut at, mut bars) = (QUIET, String::new());
        for (number, width) in widths(&symbols).enumerate() {
            if number % 2 == 0 {
                bars.push_str(&format!("M{at} 0h{width}v1h-{width}z"));
            }
            at += width;
        }
        let view_box = format!("0 0 {} 1", at + QUIET);
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
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_symbol_is_eleven_modules_wide_and_none_is_there_twice() {
        assert_eq!(WIDTHS.len(), 106 * 6);
        let all: Vec<&str> = (0..106).map(|symbol| &WIDTHS[symbol * 6..symbol * 6 + 6]).collect();
        for one in &all {
            let widths: Vec<usize> = one.bytes().map(|digit| usize::from(digit - b'0')).collect();
            let bars: usize = widths.iter().step_by(2).sum();
            assert!(widths.iter().sum::<usize>() == 11 && bars.is_multiple_of(2), "{one}");
        }
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 106);
    }

    #[test]
    fn the_check_symbol_follows_from_the_others() {
        // 105 + 1*12 + 2*34 + 3*56 + 4*78 = 665; 665 mod 103 = 47.
        assert_eq!(symbols("12345678"), Some(vec![START_C, 12, 34, 56, 78, 47]));
        // The last of an odd number of digits stands in set B: '7' is 23.
        assert_eq!(symbols("1234567").map(|all| all[1..6].to_vec()), Some(vec![12, 34, 56, TO_SET_B, 23]));
        assert_eq!(symbols("A-017").map(|all| all[..3].to_vec()), Some(vec![START_B, 33, 13]));
        assert_eq!(symbols("Nuñez"), None);
        assert_eq!(symbols(""), None);
    }
}
