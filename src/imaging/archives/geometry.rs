//! The size of an image and of its pixels, from which a length is measured in millimetres.
//!
//! The standard distinguishes two spacings (DICOM PS3.3 10.7.1.3). Pixel Spacing (0028,0030) is a distance in the patient, between the centres of two
//! pixels: of adjacent rows first, of adjacent columns second. Imager Pixel Spacing (0018,1164) is the same on the front of the detector of a
//! projection image, where the body appears larger than it is. Without either there are no millimetres.

use super::dicomweb::{ArchiveClient, Element, ImageAt, text};

/// The modalities whose images are planes of the body (DICOM PS3.3 C.7.3.1.1.1). Those of others are projections, or their kind is not known.
const PLANES: [&str; 5] = ["CT", "MR", "PT", "NM", "US"];
/// The side of the largest image, in pixels: (0028,0010) and (0028,0011) have the type US.
const LARGEST: i32 = 65_535;

/// The place where the spacing of the pixels holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpacingKind {
    /// Pixel Spacing of a plane of the body.
    Plane,
    /// Pixel Spacing of a projection that was calibrated: it differs from the detector's, or a calibration is named.
    Calibrated,
    /// Imager Pixel Spacing: on the detector, not corrected for the magnification of the body.
    Detector,
    /// Pixel Spacing of a projection that does not tell whether the magnification was corrected.
    Uncorrected,
}

/// The distances between the centres of two pixels, in millimetres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spacing {
    /// Between adjacent rows: down the image.
    pub rows: f64,
    /// Between adjacent columns: across the image.
    pub columns: f64,
    pub kind: SpacingKind,
}

impl Spacing {
    /// The length of a line in millimetres; the points are columns and rows of pixels.
    pub fn length(&self, from: (i32, i32), to: (i32, i32)) -> f64 {
        let (across, down) = (f64::from(to.0 - from.0) * self.columns, f64::from(to.1 - from.1) * self.rows);
        across.hypot(down)
    }
}

/// The size of an image in pixels, and of its pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geometry {
    pub rows: i32,
    pub columns: i32,
    /// `None`: not calibrated.
    pub spacing: Option<Spacing>,
}

/// Reads two numbers above zero.
fn pair(of: &Element, tag: &str) -> Option<(f64, f64)> {
    let mut numbers = text(of, tag).split(", ").map(|part| part.parse::<f64>().ok()).collect::<Option<Vec<f64>>>()?.into_iter();
    let (Some(first), Some(second), None) = (numbers.next(), numbers.next(), numbers.next()) else { return None };
    [first, second].iter().all(|number| number.is_finite() && *number > 0.0 && *number < 1_000.0).then_some((first, second))
}

/// The item of a sequence at a place.
fn item<'a>(of: &'a Element, tag: &str, at: usize) -> Option<&'a Element> {
    of.get(tag)?.get("Value")?.as_array()?.get(at)?.as_object()
}

/// Reads Pixel Spacing: of the image, of all frames (5200,9229), or of one frame (5200,9230) in the Pixel Measures Sequence (0028,9110).
fn pixel_spacing(of: &Element, frame: usize) -> Option<(f64, f64)> {
    let measures =
        |group: Option<&Element>| group.and_then(|group| item(group, "00289110", 0)).and_then(|measures| pair(measures, "00280030"));
    let own = || pair(of, "00280030");
    own().or_else(|| measures(item(of, "52009230", frame.saturating_sub(1)))).or_else(|| measures(item(of, "52009229", 0)))
}

/// Reads the geometry of a frame, counted from 1; `None` when the image has no size.
fn geometry(of: &Element, frame: usize) -> Option<Geometry> {
    let side = |tag: &str| text(of, tag).parse::<i32>().ok().filter(|side| (1..=LARGEST).contains(side));
    let (rows, columns) = (side("00280010")?, side("00280011")?);
    let (pixel, imager) = (pixel_spacing(of, frame), pair(of, "00181164"));
    let is_plane = PLANES.contains(&text(of, "00080060").as_str());
    // Pixel Spacing Calibration Type (0028,0A02): GEOMETRY or FIDUCIAL.
    let is_calibrated = !text(of, "00280A02").is_empty();
    let same = |one: (f64, f64), other: (f64, f64)| (one.0 - other.0).abs() < 1e-6 && (one.1 - other.1).abs() < 1e-6;
    let found = match (pixel, imager) {
        (Some(pixel), _) if is_plane => Some((pixel, SpacingKind::Plane)),
        (Some(pixel), _) if is_calibrated => Some((pixel, SpacingKind::Calibrated)),
        (Some(pixel), Some(imager)) if same(pixel, imager) => Some((pixel, SpacingKind::Detector)),
        (Some(pixel), Some(_)) => Some((pixel, SpacingKind::Calibrated)),
        (Some(pixel), None) => Some((pixel, SpacingKind::Uncorrected)),
        (None, Some(imager)) => Some((imager, SpacingKind::Detector)),
        (None, None) => None,
    };
    Some(Geometry { rows, columns, spacing: found.map(|((rows, columns), kind)| Spacing { rows, columns, kind }) })
}

impl ArchiveClient {
    /// Reads the geometry of an image; `None` when the archive does not tell its size.
    pub(super) async fn geometry(&self, study_uid: &str, series_uid: &str, image: &ImageAt) -> Result<Option<Geometry>, String> {
        let found = self.metadata(study_uid, series_uid, &image.instance).await?;
        Ok(found.and_then(|of| geometry(&of, usize::try_from(image.frame).unwrap_or(1))))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn image(modality: &str, more: Value) -> Element {
        let mut all = json!({ "00080060": { "Value": [modality] }, "00280010": { "Value": [512] }, "00280011": { "Value": [400] } });
        if let (Some(all), Value::Object(more)) = (all.as_object_mut(), more) {
            all.extend(more);
        }
        all.as_object().cloned().expect("an object")
    }

    fn spacing(modality: &str, more: Value) -> Option<(f64, f64, SpacingKind)> {
        let spacing = geometry(&image(modality, more), 2).expect("a size").spacing?;
        Some((spacing.rows, spacing.columns, spacing.kind))
    }

    #[test]
    fn the_two_spacings_are_told_apart() {
        let pixel = json!({ "00280030": { "Value": [0.5, 0.25] } });
        assert_eq!(spacing("CT", pixel.clone()), Some((0.5, 0.25, SpacingKind::Plane)));
        assert_eq!(spacing("CR", pixel.clone()), Some((0.5, 0.25, SpacingKind::Uncorrected)));
        assert_eq!(spacing("CR", json!({ "00181164": { "Value": ["0.2", "0.2"] } })), Some((0.2, 0.2, SpacingKind::Detector)));
        let same = json!({ "00280030": { "Value": [0.2, 0.2] }, "00181164": { "Value": ["0.2", "0.2"] } });
        assert_eq!(spacing("DX", same), Some((0.2, 0.2, SpacingKind::Detector)));
        let corrected = json!({ "00280030": { "Value": [0.18, 0.18] }, "00181164": { "Value": ["0.2", "0.2"] } });
        assert_eq!(spacing("DX", corrected), Some((0.18, 0.18, SpacingKind::Calibrated)));
        let named = json!({ "00280030": { "Value": [0.2, 0.2] }, "00280A02": { "Value": ["FIDUCIAL"] } });
        assert_eq!(spacing("DX", named), Some((0.2, 0.2, SpacingKind::Calibrated)));
        for absent in
            [json!({}), json!({ "00280030": { "Value": [0.5] } }), json!({ "00280030": { "Value": [0, 0] } }), json!({ "00280030": {} })]
        {
            assert_eq!(spacing("CT", absent.clone()), None, "not calibrated: {absent}");
        }
        let shared = |rows: f64| json!([{ "00289110": { "Value": [{ "00280030": { "Value": [rows, 1.0] } }] } }]);
        assert_eq!(spacing("MR", json!({ "52009229": { "Value": shared(0.9) } })), Some((0.9, 1.0, SpacingKind::Plane)));
        let frames = json!({ "52009230": { "Value": [{}, shared(0.7)[0]] }, "52009229": { "Value": shared(0.9) } });
        assert_eq!(spacing("MR", frames), Some((0.7, 1.0, SpacingKind::Plane)), "the second frame has its own");
        assert_eq!(geometry(&Element::new(), 1), None, "an image without a size");
    }

    #[test]
    fn a_length_counts_rows_and_columns_apart() {
        let spacing = Spacing { rows: 0.5, columns: 0.25, kind: SpacingKind::Plane };
        let close = |length: f64, expected: f64| (length - expected).abs() < 1e-9;
        assert!(close(spacing.length((10, 10), (10, 110)), 50.0), "down: 100 rows of 0.5 mm");
        assert!(close(spacing.length((10, 10), (110, 10)), 25.0), "across: 100 columns of 0.25 mm");
        assert!(close(spacing.length((16, 0), (0, 6)), 5.0), "3-4-5");
        assert!(close(spacing.length((7, 7), (7, 7)), 0.0));
    }
}
