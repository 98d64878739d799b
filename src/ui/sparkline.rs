//! A trend: a line, the band of normal values, and the last value as text. It unfolds to a larger line and all values.

use core::fmt::Write as _;

use leptos::prelude::*;

use super::{Icon, Tone, tr};

/// One measurement. Its texts are ready for display; the number only places the point.
#[derive(Clone, Debug)]
pub struct Reading {
    pub when: String,
    pub text: String,
    pub value: f64,
}

const WIDTH: f64 = 160.0;
const HEIGHT: f64 = 36.0;
const MARGIN: f64 = 4.0;

/// A small chart for one kind of measurement; several charts form a column.
#[component]
pub fn Sparkline(
    #[prop(into)] label: String,
    #[prop(into)] unit: String,
    /// The measurements, oldest first, evenly spaced.
    readings: Vec<Reading>,
    /// The low and the high end of the normal range.
    #[prop(optional_no_strip)]
    band: Option<(f64, f64)>,
    /// The meaning of the last value, when it is not normal.
    #[prop(optional_no_strip)]
    tone: Option<Tone>,
) -> impl IntoView {
    let last = readings.last().cloned();
    // A single value shows no trend.
    let several = readings.len() > 1;
    let shapes = if several { shapes(&readings, band) } else { String::new() };
    let rows =
        readings.into_iter().map(|Reading { when, text, .. }| view! { <tr><th scope="row">{when}</th><td>{text}</td></tr> }).collect_view();
    let class = tone.map_or_else(|| "trend".to_owned(), |tone| format!("trend {}", tone.class()));
    let value = match last {
        Some(Reading { when, text, .. }) => view! {
            <span class="trend__last">
                {tone.map(|tone| view! { <Icon glyph=tone.glyph()/> })}
                <strong>{text}</strong>" "<span class="trend__unit">{unit}</span>
                <span class="trend__when">{when}</span>
            </span>
        }
        .into_any(),
        None => view! { <span class="trend__last trend__when">{tr!(ui.not_recorded)}</span> }.into_any(),
    };
    let label_shown = view! { <span class="trend__label">{label.clone()}</span> };
    if !several {
        return view! { <div class=class><div class="trend__head">{label_shown}{value}</div></div> }.into_any();
    }
    view! {
        <details class=class>
            <summary class="trend__head" title=tr!(ui.all_values)>
                {label_shown}
                <svg class="trend__line" viewBox=format!("0 0 {WIDTH} {HEIGHT}") aria-hidden="true" inner_html=shapes></svg>
                {value}
            </summary>
            <table class="trend__values">
                <caption class="visually-hidden">{label}</caption>
                <tbody>{rows}</tbody>
            </table>
        </details>
    }
    .into_any()
}

/// Draws band, line and last point, in the coordinates of the view box. It writes only numbers, so nothing needs
/// escaping.
#[expect(clippy::cast_precision_loss, reason = "a chart has dozens of points")]
fn shapes(readings: &[Reading], band: Option<(f64, f64)>) -> String {
    let values = readings.iter().map(|reading| reading.value).filter(|value| value.is_finite());
    let ends = band.map(|(low, high)| [low, high]).into_iter().flatten();
    let (low, high) = values.chain(ends).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if low > high {
        return String::new();
    }
    let span = if high - low > f64::EPSILON { high - low } else { 1.0 };
    let y = |value: f64| HEIGHT - MARGIN - (value - low) / span * (HEIGHT - 2.0 * MARGIN);
    let step = (WIDTH - 2.0 * MARGIN) / (readings.len().saturating_sub(1).max(1) as f64);
    let mut svg = String::new();
    // Writing to a string cannot fail.
    if let Some((low, high)) = band {
        let (top, height) = (y(high), y(low) - y(high));
        let _ = write!(svg, r#"<rect class="trend__band" x="0" y="{top:.1}" width="{WIDTH}" height="{height:.1}"/>"#);
    }
    let mut points = String::new();
    let mut end = None;
    for (index, reading) in readings.iter().enumerate().filter(|(_, reading)| reading.value.is_finite()) {
        let point = (MARGIN + step * index as f64, y(reading.value));
        let _ = write!(points, "{:.1},{:.1} ", point.0, point.1);
        end = Some(point);
    }
    if let Some((x, y)) = end {
        let points = points.trim_end();
        let _ =
            write!(svg, r#"<polyline class="trend__path" points="{points}"/><circle class="trend__dot" cx="{x:.1}" cy="{y:.1}" r="2.8"/>"#);
    }
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(values: &[f64]) -> Vec<Reading> {
        values.iter().map(|value| Reading { when: String::new(), text: String::new(), value: *value }).collect()
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn one_value_is_no_trend() {
        let page = |values: &'static [f64]| {
            Owner::new().with(|| view! { <Sparkline label="Pulse" unit="/min" readings=readings(values)/> }.to_html())
        };
        assert!(!page(&[72.0]).contains("<svg"), "the value alone");
        let several = page(&[72.0, 80.0]);
        assert!(several.contains("<summary") && several.contains("<svg") && several.contains("<table"), "{several}");
    }

    #[test]
    fn draws_nothing_out_of_nothing() {
        assert_eq!(shapes(&[], None), "");
        assert_eq!(shapes(&readings(&[f64::NAN]), None), "");
    }

    #[test]
    fn higher_values_are_higher_up() {
        let svg = shapes(&readings(&[60.0, 100.0]), Some((50.0, 110.0)));
        assert!(svg.contains(r#"points="4.0,27.3 156.0,8.7""#), "{svg}");
    }

    #[test]
    fn a_flat_line_is_drawn() {
        assert!(shapes(&readings(&[5.0, 5.0]), None).contains("polyline"));
    }
}
