//! The dose of a study in its archive: from a dose report (X-Ray Radiation Dose SR), otherwise from the attributes of the images.

use serde_json::Value;

use super::dicomweb::{ArchiveClient, Element, text, uid};
use crate::{imaging::studies::FoundDose, lab::millionths};

/// The SOP class of X-Ray Radiation Dose SR Storage (DICOM PS3.4 annex B.5).
const DOSE_REPORT: &str = "1.2.840.10008.5.1.4.1.1.88.67";
/// The dose reports of a study that are read, and the images without a report.
const REPORTS: usize = 4;
const IMAGES: usize = 16;
/// The depth to which a report is read.
const DEPTH: usize = 12;

/// A number of a dose report: its code in the terminology DCM, the unit that it must have (UCUM), and the factor to the unit that is stored.
struct Concept {
    code: &'static str,
    unit: &'static str,
    factor: f64,
}

/// (113830, DCM, "Mean CTDIvol") in mGy: DICOM PS3.16, TID 10013 CT Irradiation Event Data.
const MEAN_CTDI_VOL: Concept = Concept { code: "113830", unit: "mGy", factor: 1.0 };
/// (113813, DCM, "CT Dose Length Product Total") in mGy.cm: DICOM PS3.16, TID 10012 CT Accumulated Dose Data.
const DLP_TOTAL: Concept = Concept { code: "113813", unit: "mGy.cm", factor: 1.0 };
/// (113722, DCM, "Dose Area Product Total") in Gy.m2: DICOM PS3.16, TID 10002 Accumulated X-Ray Dose. 1 m² is 10⁴ cm².
const DAP_TOTAL: Concept = Concept { code: "113722", unit: "Gy.m2", factor: 10_000.0 };

/// CTDIvol (0018,9345) in mGy: DICOM PS3.3, CT Image Module and CT Exposure Macro.
const CTDI_VOL: &str = "00189345";
/// Image and Fluoroscopy Area Dose Product (0018,115E) in dGy·cm²: DICOM PS3.3, DX and XA images. 1 dGy is 0.1 Gy.
const AREA_DOSE_PRODUCT: &str = "0018115E";

/// Reads a number above zero as millionths; digits beyond are rounded.
fn number(value: &Value, factor: f64) -> Option<i64> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse::<f64>().ok()?,
        _ => return None,
    };
    let scaled = number * factor;
    if scaled.is_finite() && scaled > 0.0 { millionths(&format!("{scaled:.6}")).filter(|value| *value > 0) } else { None }
}

fn first<'a>(of: &'a Element, tag: &str) -> Option<&'a Value> {
    of.get(tag)?.get("Value")?.as_array()?.first()
}

/// The first item of a sequence.
fn item<'a>(of: &'a Element, tag: &str) -> Option<&'a Element> {
    first(of, tag)?.as_object()
}

/// Collects the values of a concept in a content item and below it.
fn values(of: &Element, wanted: &Concept, depth: usize, found: &mut Vec<i64>) {
    // Concept Name Code Sequence (0040,A043), Measured Value Sequence (0040,A300), Measurement Units Code Sequence (0040,08EA),
    // Numeric Value (0040,A30A), Content Sequence (0040,A730): DICOM PS3.3 C.17.3 and C.18.1.
    let is_wanted = item(of, "0040A043").is_some_and(|name| text(name, "00080100") == wanted.code && text(name, "00080102") == "DCM");
    if is_wanted
        && let Some(measured) = item(of, "0040A300")
        && item(measured, "004008EA").is_some_and(|unit| text(unit, "00080100") == wanted.unit)
        && let Some(value) = first(measured, "0040A30A").and_then(|value| number(value, wanted.factor))
    {
        found.push(value);
    }
    if depth == 0 {
        return;
    }
    let Some(Value::Array(items)) = of.get("0040A730").and_then(|element| element.get("Value")) else { return };
    for item in items.iter().filter_map(Value::as_object) {
        values(item, wanted, depth - 1, found);
    }
}

/// Returns the highest value; `None` without one.
fn highest(found: &[i64]) -> Option<i64> {
    found.iter().copied().max()
}

/// Returns the sum; `None` without a value.
fn sum(found: &[i64]) -> Option<i64> {
    (!found.is_empty()).then(|| found.iter().fold(0_i64, |all, one| all.saturating_add(*one)))
}

/// Reads the dose reports of a study: the highest CTDIvol of its scans, and the sums of the totals of its reports and planes.
fn of_reports(reports: &[Element]) -> FoundDose {
    let all = |concept: &Concept| {
        let mut found = Vec::new();
        for report in reports {
            values(report, concept, DEPTH, &mut found);
        }
        found
    };
    FoundDose { ctdi_vol: highest(&all(&MEAN_CTDI_VOL)), dlp: sum(&all(&DLP_TOTAL)), dap: sum(&all(&DAP_TOTAL)) }
}

/// Reads the images of a study without a dose report. `complete` tells whether they are all of its images: only then are their products added.
fn of_images(images: &[Element], complete: bool) -> FoundDose {
    let all = |tag: &str, factor: f64| -> Vec<i64> {
        images.iter().filter_map(|image| first(image, tag).and_then(|value| number(value, factor))).collect()
    };
    let products = all(AREA_DOSE_PRODUCT, 0.1);
    let dap = if complete && products.len() == images.len() { sum(&products) } else { None };
    FoundDose { ctdi_vol: highest(&all(CTDI_VOL, 1.0)), dlp: None, dap }
}

impl ArchiveClient {
    /// Reads the attributes of an instance.
    pub(super) async fn metadata(&self, study_uid: &str, series_uid: &str, instance_uid: &str) -> Result<Option<Element>, String> {
        let found = self.list(&format!("/studies/{study_uid}/series/{series_uid}/instances/{instance_uid}/metadata")).await?;
        Ok(found.into_iter().next())
    }

    /// Reads the dose of a study; the numbers that the archive does not hold are `None`.
    pub(super) async fn dose(&self, study_uid: &str) -> Result<FoundDose, String> {
        let instances = self.list(&format!("/studies/{study_uid}/instances")).await?;
        // SOP Class UID (0008,0016), Series and SOP Instance UID: each archive returns them (DICOM PS3.18, table 10.6.3-5).
        let named = |one: &Element| Some((text(one, "00080016"), uid(one, "0020000E")?, uid(one, "00080018")?));
        let all: Vec<(String, String, String)> = instances.iter().filter_map(named).collect();
        let mut reports = Vec::new();
        for (_, series, instance) in all.iter().filter(|(class, ..)| class == DOSE_REPORT).take(REPORTS) {
            reports.extend(self.metadata(study_uid, series, instance).await?);
        }
        let reported = of_reports(&reports);
        if reported != FoundDose::default() {
            return Ok(reported);
        }
        // Structured reports and key objects (PS3.4: 1.2.840.10008.5.1.4.1.1.88.*) are no images.
        let pictures: Vec<_> = all.iter().filter(|(class, ..)| !class.starts_with("1.2.840.10008.5.1.4.1.1.88.")).collect();
        let mut images = Vec::new();
        for (_, series, instance) in pictures.iter().take(IMAGES) {
            images.extend(self.metadata(study_uid, series, instance).await?);
        }
        Ok(of_images(&images, pictures.len() <= IMAGES && images.len() == pictures.len()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn element(value: Value) -> Element {
        value.as_object().cloned().expect("an object")
    }

    fn measured(code: &str, value: &Value, unit: &str) -> Value {
        json!({
            "0040A043": { "vr": "SQ", "Value": [{ "00080100": { "Value": [code] }, "00080102": { "Value": ["DCM"] } }] },
            "0040A300": { "vr": "SQ", "Value": [{ "0040A30A": { "vr": "DS", "Value": [value] },
                "004008EA": { "vr": "SQ", "Value": [{ "00080100": { "Value": [unit] } }] } }] },
        })
    }

    fn inside(items: &[Value]) -> Value {
        json!({ "0040A730": { "vr": "SQ", "Value": items } })
    }

    #[test]
    fn a_dose_report_is_read_by_codes_and_units() {
        let ct = element(inside(&[
            inside(&[measured("113813", &json!("410.25"), "mGy.cm")]),
            inside(&[inside(&[measured("113830", &json!(0.4), "mGy")])]),
            inside(&[inside(&[measured("113830", &json!("1.23E1"), "mGy")])]),
        ]));
        let expected = FoundDose { ctdi_vol: Some(12_300_000), dlp: Some(410_250_000), dap: None };
        assert_eq!(of_reports(std::slice::from_ref(&ct)), expected, "the highest CTDIvol, the total DLP");
        assert_eq!(of_reports(&[ct.clone(), ct]).dlp, Some(820_500_000), "two reports of one study");
        let planes = element(inside(&[measured("113722", &json!("1.5E-5"), "Gy.m2"), measured("113722", &json!(0.000_005), "Gy.m2")]));
        assert_eq!(of_reports(&[planes]).dap, Some(200_000), "both planes, in Gy·cm²");
        for wrong in [
            measured("113813", &json!("410"), "mGy"),
            measured("113838", &json!("410"), "mGy.cm"),
            measured("113813", &json!("-1"), "mGy.cm"),
            measured("113813", &json!("NaN"), "mGy.cm"),
            measured("113813", &json!(null), "mGy.cm"),
        ] {
            assert_eq!(of_reports(&[element(inside(std::slice::from_ref(&wrong)))]), FoundDose::default(), "{wrong}");
        }
    }

    #[test]
    fn images_without_a_report_tell_the_dose_by_their_attributes() {
        let ct = |value: f64| element(json!({ "00189345": { "vr": "FD", "Value": [value] } }));
        assert_eq!(of_images(&[ct(3.5), ct(12.0)], false).ctdi_vol, Some(12_000_000));
        let plain = |value: &str| element(json!({ "0018115E": { "vr": "DS", "Value": [value] } }));
        assert_eq!(of_images(&[plain("0.8"), plain("0.4")], true).dap, Some(120_000), "dGy·cm² of all images");
        assert_eq!(of_images(&[plain("0.8"), plain("0.4")], false).dap, None, "not all images were read");
        assert_eq!(of_images(&[plain("0.8"), element(json!({}))], true).dap, None, "an image without a number");
        assert_eq!(of_images(&[], true), FoundDose::default());
    }
}
