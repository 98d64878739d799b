//! Lengths on images: in millimetres by the spacing that the archive tells, or "not calibrated" in words.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{
    Radiology,
    archives::{archived, ask, named, open},
    pacs::{Pacs, held},
};
use crate::tests::on_both_engines;

/// The attributes of a CT image of 400 columns and 512 rows.
fn image(more: Value) -> Value {
    let mut all = json!({ "00080060": { "Value": ["CR"] }, "00280010": { "Value": [512] }, "00280011": { "Value": [400] } });
    if let (Some(all), Value::Object(more)) = (all.as_object_mut(), more) {
        all.extend(more);
    }
    all
}

#[tokio::test]
async fn a_line_is_measured_with_its_unit_or_not_at_all() {
    on_both_engines(|app| async move {
        let (radiology, pacs) = (Radiology::open(&app).await, Pacs::default());
        let node = open(&app, &radiology, pacs.start().await).await;
        radiology.chest(&app).await;
        let [accession, _, mrn] = named(&app).await;
        pacs.hold(held("2.25.1", &accession, &mrn, "Núñez^Ana María"));
        assert_eq!(ask(&node).await, 1);
        let (study_id, _, _) = archived(&app, "2.25.1").await;
        let technologist = radiology.technologist.in_copy(&node);
        let viewer = technologist.get(&format!("/imaging/images/{study_id}")).await.body;
        assert!(viewer.contains("measure=yes"), "{viewer}");
        let measured = async |more: &str| {
            let answer = technologist.get(&format!("/imaging/images/{study_id}?measure=yes{more}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
            answer.body
        };
        let line = "&x1=10&y1=10&x2=40&y2=50";
        let unknown = measured(line).await;
        assert!(unknown.contains("Not calibrated") && unknown.contains("does not tell the size") && !unknown.contains(" mm"), "{unknown}");
        pacs.tell("2.25.711", image(json!({})));
        let absent = measured(line).await;
        assert!(absent.contains("Not calibrated") && absent.contains("no size of its pixels") && !absent.contains(" mm"), "{absent}");
        pacs.tell("2.25.711", image(json!({ "00181164": { "Value": ["0.2", "0.2"] } })));
        let detector = measured(line).await;
        assert!(detector.contains("10.0 mm") && detector.contains("Measured on the detector (Imager Pixel Spacing)"), "{detector}");
        pacs.tell("2.25.711", image(json!({ "00181164": { "Value": ["0.2", "0.2"] }, "00280030": { "Value": [0.1, 0.1] } })));
        let calibrated = measured(line).await;
        assert!(calibrated.contains("5.0 mm") && calibrated.contains("the image is calibrated (Pixel Spacing)"), "{calibrated}");

        // The first press is an end of the line, and the second the other; the picture is as large as the image.
        let first = measured("&press.x=10&press.y=10").await;
        assert!(first.contains("Press the second end") && first.contains("name=\"x1\" value=\"10\"") && !first.contains(" mm"), "{first}");
        let second = measured("&x1=10&y1=10&press.x=40&press.y=50").await;
        assert!(second.contains("5.0 mm") && second.contains("<line"), "{second}");
        let beside = measured("&x1=10&y1=10&x2=400&y2=50").await;
        assert!(!beside.contains(" mm"), "a point beside the image: {beside}");
        let record = format!("/patients/{}/images/{study_id}?measure=yes{line}", radiology.patient);
        let doctor = radiology.doctor.in_copy(&node).get(&record).await.body;
        assert!(doctor.contains("5.0 mm"), "{doctor}");
        app.assert_sound().await;
        node.end().await;
    })
    .await;
}
