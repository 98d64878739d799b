//! A Levey-Jennings chart: the deviations of a control from its mean, within four standard deviations.

use core::fmt::Write as _;

use leptos::prelude::*;

/// One point of the chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ControlMark {
    /// The deviation in standard deviations.
    pub z: f64,
    /// No rule counts it: it is drawn hollow, and the line passes it by.
    pub is_excluded: bool,
    /// Its run was rejected.
    pub is_rejected: bool,
}

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 180.0;
const LEFT: f64 = 36.0;
const MARGIN: f64 = 10.0;
const MOST: f64 = 4.0;

/// A chart of one lot. A table with the same values stands beside it, so that readers of screens need no picture.
#[component]
pub fn LeveyJennings(
    /// The points, oldest first, evenly spaced.
    marks: Vec<ControlMark>,
) -> impl IntoView {
    let shapes = shapes(&marks);
    view! { <svg class="levey" viewBox=format!("0 0 {WIDTH} {HEIGHT}") aria-hidden="true" inner_html=shapes></svg> }
}

/// Draws the lines of the deviations, the line of the points and the points. It writes only numbers, so nothing needs escaping.
#[expect(clippy::cast_precision_loss, reason = "a chart has dozens of points")]
fn shapes(marks: &[ControlMark]) -> String {
    let y = |z: f64| MARGIN + (MOST - z.clamp(-MOST, MOST)) / (2.0 * MOST) * (HEIGHT - 2.0 * MARGIN);
    let step = (WIDTH - LEFT - MARGIN) / marks.len().saturating_sub(1).max(1) as f64;
    let x = |index: usize| LEFT + step * index as f64;
    let mut svg = String::new();
    // Writing to a string cannot fail.
    for sd in -3_i32..=3 {
        let (class, at) = (if sd == 0 { "levey__mean" } else { "levey__sd" }, y(f64::from(sd)));
        let _ = write!(svg, r#"<line class="{class}" x1="{LEFT}" y1="{at:.1}" x2="{WIDTH}" y2="{at:.1}"/>"#);
        let name = if sd == 0 { "0".to_owned() } else { format!("{sd:+}") };
        let _ = write!(svg, r#"<text class="levey__text" x="2" y="{:.1}">{name}</text>"#, at + 4.0);
    }
    let counted = marks.iter().enumerate().filter(|(_, mark)| !mark.is_excluded);
    let line = counted.map(|(index, mark)| format!("{:.1},{:.1}", x(index), y(mark.z))).collect::<Vec<_>>().join(" ");
    let _ = write!(svg, r#"<polyline class="trend__path" points="{line}"/>"#);
    for (index, mark) in marks.iter().enumerate() {
        let class = match (mark.is_excluded, mark.is_rejected) {
            (true, _) => "levey__hollow",
            (false, true) => "levey__rejected",
            (false, false) => "trend__dot",
        };
        let _ = write!(svg, r#"<circle class="{class}" cx="{:.1}" cy="{:.1}" r="4"/>"#, x(index), y(mark.z));
    }
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_stand_within_the_chart() {
        let mark = |z: f64| ControlMark { z, is_excluded: false, is_rejected: false };
        let drawn = shapes(&[mark(0.0), mark(9.0), ControlMark { is_excluded: true, ..mark(-1.0) }]);
        assert!(drawn.contains(r#"cy="90.0""#) && drawn.contains(r#"cy="10.0""#) && drawn.contains("levey__hollow"), "{drawn}");
        assert!(drawn.contains("points=\"36.0,90.0 333.0,10.0\""), "the line passes an excluded point by: {drawn}");
        assert!(shapes(&[]).contains("levey__mean"));
    }
}
