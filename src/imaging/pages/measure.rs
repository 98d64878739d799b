//! Measures a line on an image: the reader presses both ends on the picture, or types their columns and rows. The browser sends the place of a
//! press on a picture without a script.

use leptos::prelude::*;

use super::images::{ImagesQuery, Viewer};
use crate::{
    imaging::archives::{Geometry, Spacing, SpacingKind},
    lab::localised,
    tr,
    ui::{Glyph, LinkButton, NoticeBox, TextField, Tone},
};

/// The longest side of the picture on the screen, and the shortest that an image is enlarged to.
const LONGEST: i32 = 900;
const SHORTEST: i32 = 480;

type Point = (i32, i32);

/// The size of the picture on the screen: the whole image, with its longest side within the limits.
fn shown_size(of: Geometry) -> (i32, i32) {
    let longest = of.rows.max(of.columns);
    let wanted = longest.clamp(SHORTEST, LONGEST);
    let scale = |side: i32| (i64::from(side) * i64::from(wanted) / i64::from(longest)).max(1);
    (i32::try_from(scale(of.columns)).unwrap_or(LONGEST), i32::try_from(scale(of.rows)).unwrap_or(LONGEST))
}

/// Returns the pixel under a place of the picture on the screen.
fn pixel(of: Geometry, press: Point) -> Point {
    let (width, height) = shown_size(of);
    let along = |place: i32, side: i32, shown: i32| {
        let at = i64::from(place.max(0)) * i64::from(side) / i64::from(shown);
        i32::try_from(at).unwrap_or(side).min(side - 1)
    };
    (along(press.0, of.columns, width), along(press.1, of.rows, height))
}

/// Reads a point that lies on the image.
fn point(of: Geometry, x: &str, y: &str) -> Option<Point> {
    let place = |text: &str, side: i32| text.trim().parse::<i32>().ok().filter(|place| (0..side).contains(place));
    Some((place(x, of.columns)?, place(y, of.rows)?))
}

/// The ends of the line: a press sets the end that is missing, or begins a new line.
fn ends(of: Geometry, query: &ImagesQuery) -> (Option<Point>, Option<Point>) {
    let (first, second) = (point(of, &query.x1, &query.y1), point(of, &query.x2, &query.y2));
    let press = query.press_x.parse::<i32>().ok().zip(query.press_y.parse::<i32>().ok()).map(|press| pixel(of, press));
    match (press, first, second) {
        (None, first, second) => (first, second.filter(|_| first.is_some())),
        (Some(press), Some(first), None) => (Some(first), Some(press)),
        (Some(press), ..) => (Some(press), None),
    }
}

/// The place where the spacing holds, in words.
fn kind_words(kind: SpacingKind) -> &'static str {
    match kind {
        SpacingKind::Plane => tr!(imaging.spacing_plane),
        SpacingKind::Calibrated => tr!(imaging.spacing_calibrated),
        SpacingKind::Detector => tr!(imaging.spacing_detector),
        SpacingKind::Uncorrected => tr!(imaging.spacing_uncorrected),
    }
}

/// A length with its unit, as exact as the picture on the screen is.
fn length_words(of: Geometry, spacing: Spacing, from: Point, to: Point) -> String {
    let length = localised(&format!("{:.1}", spacing.length(from, to)));
    let (width, _) = shown_size(of);
    // One pixel of the screen, or of the image where it is enlarged.
    let step = (f64::from(of.columns) / f64::from(width)).max(1.0) * spacing.rows.max(spacing.columns);
    tr!(imaging.length_mm, length = length, step = localised(&format!("{step:.1}")))
}

/// The viewer while it measures.
pub(super) fn view(shown: &Viewer, (series, image): (usize, usize), src: &str, alt: &str) -> AnyView {
    let back = shown.query.url(&shown.base, series, image).href();
    let done = view! { <LinkButton href=back label=tr!(imaging.measure_end) glyph=Glyph::ChevronLeft/> };
    let Some(of) = shown.geometry else {
        return view! {
            <NoticeBox tone=Tone::Warning title=tr!(imaging.not_calibrated)><p>{tr!(imaging.no_size)}</p></NoticeBox>
            <p>{done}</p>
        }
        .into_any();
    };
    let (first, second) = ends(of, &shown.query);
    let Some(spacing) = of.spacing else {
        return view! {
            <NoticeBox tone=Tone::Warning title=tr!(imaging.not_calibrated)><p>{tr!(imaging.no_spacing)}</p></NoticeBox>
            <figure class="image-viewer"><img class="image-viewer__image" src=src.to_owned() alt=alt.to_owned()/></figure>
            <p>{done}</p>
        }
        .into_any();
    };
    let (width, height) = shown_size(of);
    let tone = if matches!(spacing.kind, SpacingKind::Plane | SpacingKind::Calibrated) { Tone::Done } else { Tone::Warning };
    let result = match (first, second) {
        (Some(from), Some(to)) => length_words(of, spacing, from, to),
        (Some(_), None) => tr!(imaging.press_second).to_owned(),
        _ => tr!(imaging.press_first).to_owned(),
    };
    let press =
        format!("{alt}. {}", if first.is_some() && second.is_none() { tr!(imaging.press_second) } else { tr!(imaging.press_first) });
    let kept = first.filter(|_| second.is_none()).map(|(x, y)| {
        view! { <input type="hidden" name="x1" value=x.to_string()/><input type="hidden" name="y1" value=y.to_string()/> }
    });
    view! {
        <NoticeBox tone title=kind_words(spacing.kind)><p><strong role="status">{result}</strong></p></NoticeBox>
        <form class="image-measure" method="get" action=shown.base.clone()>
            {hidden(shown, series, image)}
            {kept}
            <input type="image" name="press" class="image-measure__image" src=src.to_owned() alt=press width=width.to_string() height=height.to_string()/>
            {line(of, (width, height), first, second)}
        </form>
        {typed(shown, (series, image), first, second)}
        <p>{done}</p>
    }
    .into_any()
}

/// The fields that each form sends along.
fn hidden(shown: &Viewer, series: usize, image: usize) -> AnyView {
    let query = shown.query.fields(series, image);
    query.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view().into_any()
}

/// The line over the picture, with a mark at each end.
fn line(of: Geometry, (width, height): (i32, i32), first: Option<Point>, second: Option<Point>) -> AnyView {
    let view_box = format!("0 0 {} {}", of.columns, of.rows);
    let middle = |place: i32| format!("{place}.5");
    let radius = (of.rows.max(of.columns) / 150).max(1).to_string();
    let marks = [first, second]
        .into_iter()
        .flatten()
        .map(|(x, y)| view! { <circle class="image-measure__mark" cx=middle(x) cy=middle(y) r=radius.clone()></circle> })
        .collect_view();
    let drawn = first.zip(second).map(|(from, to)| {
        view! { <line class="image-measure__line" x1=middle(from.0) y1=middle(from.1) x2=middle(to.0) y2=middle(to.1)></line> }
    });
    view! {
        <svg class="image-measure__over" viewBox=view_box preserveAspectRatio="none" width=width.to_string() height=height.to_string() aria-hidden="true">
            {drawn}
            {marks}
        </svg>
    }
    .into_any()
}

/// The form for a keyboard: both ends as columns and rows of pixels, from the upper left corner.
fn typed(shown: &Viewer, (series, image): (usize, usize), first: Option<Point>, second: Option<Point>) -> AnyView {
    let number = |value: Option<i32>| value.map(|value| value.to_string()).unwrap_or_default();
    let ends = [
        ("x1", tr!(imaging.column_1), first.map(|end| end.0)),
        ("y1", tr!(imaging.row_1), first.map(|end| end.1)),
        ("x2", tr!(imaging.column_2), second.map(|end| end.0)),
        ("y2", tr!(imaging.row_2), second.map(|end| end.1)),
    ];
    view! {
        <form class="filter" method="get" action=shown.base.clone() aria-label=tr!(imaging.measure)>
            {hidden(shown, series, image)}
            {ends
                .into_iter()
                .map(|(name, label, value)| view! { <TextField name label value=number(value) inputmode="numeric" autocomplete="off" maxlength=5/> })
                .collect_view()}
            <button class="button" type="submit">{tr!(imaging.measure)}</button>
        </form>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CT: Geometry = Geometry { rows: 512, columns: 512, spacing: None };
    const CHEST: Geometry = Geometry { rows: 3_000, columns: 2_400, spacing: None };

    fn query(first: [&str; 2], second: [&str; 2], press: [&str; 2]) -> ImagesQuery {
        let own = |text: &str| text.to_owned();
        ImagesQuery {
            x1: own(first[0]),
            y1: own(first[1]),
            x2: own(second[0]),
            y2: own(second[1]),
            press_x: own(press[0]),
            press_y: own(press[1]),
            ..ImagesQuery::default()
        }
    }

    #[test]
    fn a_press_is_a_pixel_of_the_image() {
        assert_eq!((shown_size(CT), pixel(CT, (10, 20)), pixel(CT, (512, 9_999))), ((512, 512), (10, 20), (511, 511)));
        assert_eq!((shown_size(CHEST), pixel(CHEST, (360, 450))), ((720, 900), (1_200, 1_500)));
        let small = Geometry { rows: 64, columns: 128, spacing: None };
        assert_eq!((shown_size(small), pixel(small, (479, 239)), pixel(small, (-3, 0))), ((480, 240), (127, 63), (0, 0)));
    }

    #[test]
    fn two_presses_are_a_line_and_a_third_begins_again() {
        assert_eq!(ends(CT, &query(["", ""], ["", ""], ["", ""])), (None, None));
        assert_eq!(ends(CT, &query(["", ""], ["", ""], ["10", "20"])), (Some((10, 20)), None));
        assert_eq!(ends(CT, &query(["10", "20"], ["", ""], ["30", "40"])), (Some((10, 20)), Some((30, 40))));
        assert_eq!(ends(CT, &query(["10", "20"], ["30", "40"], ["50", "60"])), (Some((50, 60)), None));
        assert_eq!(ends(CT, &query(["10", "20"], ["30", "40"], ["", ""])), (Some((10, 20)), Some((30, 40))));
        assert_eq!(ends(CT, &query(["512", "20"], ["30", "40"], ["", ""])), (None, None), "beside the image");
    }

    #[test]
    fn a_length_has_its_unit_and_says_how_exact_it_is() {
        let spacing = Spacing { rows: 0.5, columns: 0.5, kind: SpacingKind::Plane };
        assert_eq!(length_words(CT, spacing, (0, 0), (30, 40)), "25.0 mm (one step on the screen is 0.5 mm)");
        let detector = Spacing { rows: 0.15, columns: 0.15, kind: SpacingKind::Detector };
        assert_eq!(length_words(CHEST, detector, (0, 0), (1_000, 0)), "150.0 mm (one step on the screen is 0.5 mm)");
    }
}
