//! Tests that text is readable: every pair of colour tokens used for text has a contrast of at least 4.5:1, in the
//! light and the dark theme.

use std::collections::HashMap;
use std::path::Path;

/// Lightness, chroma, hue.
type Colour = [f64; 3];

fn tokens() -> HashMap<String, [Colour; 2]> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("style/tokens/colour.css");
    let css = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    // Only the first block: the later ones are for readers who chose more contrast.
    let block = css.split("\n}").next().unwrap_or_default();
    block.split(';').filter_map(token).collect()
}

fn token(declaration: &str) -> Option<(String, [Colour; 2])> {
    let (name, value) = declaration.rsplit_once("--")?.1.split_once(':')?;
    let mut colours = value.trim().strip_prefix("light-dark(")?.split("oklch(").skip(1).map(colour);
    Some((name.to_owned(), [colours.next()??, colours.next()??]))
}

fn colour(text: &str) -> Option<Colour> {
    let mut numbers = text.split(')').next()?.split_whitespace();
    let lightness: f64 = numbers.next()?.strip_suffix('%')?.parse().ok()?;
    Some([lightness / 100.0, numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?])
}

/// Returns the relative luminance as WCAG defines it; converts OKLCH with Ottosson's matrices to linear sRGB, clipped
/// to the gamut.
fn luminance([lightness, chroma, hue]: Colour) -> f64 {
    let (sin, cos) = hue.to_radians().sin_cos();
    let (a, b) = (chroma * cos, chroma * sin);
    let long = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let medium = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let short = (lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
    let red = 4.076_741_662_1 * long - 3.307_711_591_3 * medium + 0.230_969_929_2 * short;
    let green = -1.268_438_004_6 * long + 2.609_757_401_1 * medium - 0.341_319_396_5 * short;
    let blue = -0.004_196_086_3 * long - 0.703_418_614_7 * medium + 1.707_614_701_0 * short;
    0.2126 * red.clamp(0.0, 1.0) + 0.7152 * green.clamp(0.0, 1.0) + 0.0722 * blue.clamp(0.0, 1.0)
}

fn contrast(one: Colour, other: Colour) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn pairs() -> Vec<(String, String, f64)> {
    const TEXT: f64 = 4.5;
    const SHAPE: f64 = 3.0;
    let grounds = ["canvas", "surface", "raised", "sunken"];
    let mut pairs = Vec::new();
    let mut pair = |one: &str, other: &str, bar: f64| pairs.push((one.to_owned(), other.to_owned(), bar));
    for ground in grounds {
        pair("text", ground, TEXT);
        pair("text-muted", ground, TEXT);
        pair("accent", ground, TEXT);
        pair("line-strong", ground, SHAPE);
    }
    for text in ["text", "text-muted", "accent", "accent-strong"] {
        pair(text, "accent-soft", TEXT);
    }
    pair("on-accent", "accent", TEXT);
    pair("on-accent", "accent-strong", TEXT);
    pair("on-critical", "critical", TEXT);
    pair("on-severe", "severe", TEXT);
    pair("rail-text", "rail", TEXT);
    pair("rail-text", "rail-current", TEXT);
    pair("on-rail-current", "rail-current", TEXT);
    pair("on-rail-current", "rail", TEXT);
    for tone in ["critical", "warning", "waiting", "progress", "done", "reserved", "inactive"] {
        for ground in grounds {
            pair(&format!("{tone}-text"), ground, TEXT);
        }
        pair(&format!("{tone}-text"), &format!("{tone}-soft"), TEXT);
        pair("text", &format!("{tone}-soft"), TEXT);
        pair("text-muted", &format!("{tone}-soft"), TEXT);
    }
    pairs
}

#[test]
fn text_is_readable_in_light_and_dark() {
    let tokens = tokens();
    let find = |name: &str| tokens.get(name).unwrap_or_else(|| panic!("no token --{name}"));
    let mut faults = Vec::new();
    for (one, other, bar) in pairs() {
        for (theme, name) in ["light", "dark"].into_iter().enumerate() {
            let ratio = contrast(find(&one)[theme], find(&other)[theme]);
            if ratio < bar {
                faults.push(format!("{one} on {other}, {name}: {ratio:.2}, wanted {bar}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_measure_is_right() {
    let (black, white, grey) = ([0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.599_87, 0.0, 0.0]);
    assert!((contrast(black, white) - 21.0).abs() < 0.01);
    // #808080
    assert!((luminance(grey) - 0.2159).abs() < 0.001);
}
