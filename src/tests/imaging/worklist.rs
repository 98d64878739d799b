//! The modality worklist: a device of DICOM, written with the other half of the same library, asks for the studies that are booked.

use std::net::SocketAddr;

use axum::http::StatusCode;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR, dicom_value, value::DataSetSequence};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;
use dicom_transfer_syntax_registry::entries::IMPLICIT_VR_LITTLE_ENDIAN;
use dicom_ul::{
    association::client::ClientAssociationOptions,
    pdu::{PDataValue, PDataValueType, Pdu},
};
use tokio::net::TcpListener;

use super::{Radiology, fields, id, number, ok, text};
use crate::{
    core::ImagingStationId,
    db::sql,
    imaging::serve_worklist,
    tests::{TestApp, on_both_engines},
};

/// Adds a device in a room.
async fn add_station(app: &TestApp, radiology: &Radiology, title: &str, room: &str) -> String {
    let key = ImagingStationId::new().to_string();
    let room = id(app, sql("SELECT id FROM imaging_rooms WHERE name = ").push_bind(room)).await;
    let form = [("key", key.as_str()), ("version", "0"), ("room", &room), ("ae_title", title), ("peers", "127.0.0.1")];
    ok(&radiology.radiologist.post("/api/imaging/save_station", &form).await);
    key
}

async fn listener(app: &TestApp) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(serve_worklist(listener, app.state.clone()));
    address
}

fn key(tag: Tag, vr: VR, value: &str) -> DataElement<InMemDicomObject> {
    DataElement::new(tag, vr, PrimitiveValue::from(value))
}

fn plain(object: &InMemDicomObject, tag: Tag) -> String {
    object.get(tag).and_then(|element| element.to_str().ok()).unwrap_or_default().trim_matches([' ', '\0']).to_owned()
}

/// Asks for the worklist as the device does: returns the answers and the final status; `None` when the association is rejected.
async fn find(
    address: SocketAddr,
    title: &str,
    study: &[(Tag, VR, &str)],
    step: &[(Tag, VR, &str)],
) -> Option<(Vec<InMemDicomObject>, u16)> {
    let class = uids::MODALITY_WORKLIST_INFORMATION_MODEL_FIND;
    let options = ClientAssociationOptions::new()
        .calling_ae_title(title.to_owned())
        .called_ae_title("INFIRMARY")
        .with_presentation_context(class, vec![uids::IMPLICIT_VR_LITTLE_ENDIAN]);
    let mut association = options.establish_async(address).await.ok()?;
    let context = association.presentation_contexts()[0].id;
    let syntax = IMPLICIT_VR_LITTLE_ENDIAN.erased();
    let command = InMemDicomObject::command_from_element_iter([
        key(tags::AFFECTED_SOP_CLASS_UID, VR::UI, class),
        DataElement::new(tags::COMMAND_FIELD, VR::US, dicom_value!(U16, [0x0020])),
        DataElement::new(tags::MESSAGE_ID, VR::US, dicom_value!(U16, [7])),
        DataElement::new(tags::PRIORITY, VR::US, dicom_value!(U16, [0])),
        DataElement::new(tags::COMMAND_DATA_SET_TYPE, VR::US, dicom_value!(U16, [1])),
    ]);
    let asked_step = InMemDicomObject::from_element_iter(step.iter().map(|(tag, vr, value)| key(*tag, *vr, value)));
    let mut query = InMemDicomObject::from_element_iter(study.iter().map(|(tag, vr, value)| key(*tag, *vr, value)));
    query.put(key(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192"));
    query.put(DataElement::new(tags::SCHEDULED_PROCEDURE_STEP_SEQUENCE, VR::SQ, DataSetSequence::from(vec![asked_step])));
    for (kind, object) in [(PDataValueType::Command, &command), (PDataValueType::Data, &query)] {
        let mut data = Vec::new();
        object.write_dataset_with_ts(&mut data, &syntax).expect("written");
        let value = PDataValue { presentation_context_id: context, value_type: kind, is_last: true, data };
        association.send(&Pdu::PData { data: vec![value] }).await.expect("sent");
    }
    let (mut found, mut status) = (Vec::new(), 0xff00);
    while status == 0xff00 {
        let Pdu::PData { data } = association.receive().await.expect("an answer") else { panic!("another packet") };
        for value in data {
            let object = InMemDicomObject::read_dataset_with_ts(&value.data[..], &syntax).expect("read");
            match value.value_type {
                PDataValueType::Command => status = object.get(tags::STATUS).and_then(|element| element.to_int().ok()).expect("a status"),
                PDataValueType::Data => found.push(object),
            }
        }
    }
    association.release().await.expect("released");
    Some((found, status))
}

const NAME: (Tag, VR, &str) = (tags::PATIENT_NAME, VR::PN, "");
const ACCESSION: (Tag, VR, &str) = (tags::ACCESSION_NUMBER, VR::SH, "");
const UID: (Tag, VR, &str) = (tags::STUDY_INSTANCE_UID, VR::UI, "");

#[tokio::test]
async fn a_known_device_reads_what_is_booked_and_a_stranger_does_not() {
    on_both_engines(|app| async move {
        let radiology = Radiology::open(&app).await;
        let station = add_station(&app, &radiology, "XRAY1", "CR").await;
        add_station(&app, &radiology, "CT1", "CT").await;
        let address = listener(&app).await;
        let (found, status) = find(address, "XRAY1", &[NAME], &[]).await.expect("known");
        assert_eq!((found.len(), status), (0, 0), "nothing is booked");
        ok(&radiology.order("xr-chest", &[]).await);
        ok(&radiology.book(&app, "CR", 60).await);
        let step = [(tags::SCHEDULED_STATION_AE_TITLE, VR::AE, ""), (tags::MODALITY, VR::CS, "CR")];
        let (found, status) = find(address, "XRAY1", &[NAME, ACCESSION, UID], &step).await.expect("known");
        assert_eq!((found.len(), status), (1, 0));
        let item = &found[0];
        assert_eq!(plain(item, tags::PATIENT_NAME), "Núñez^Ana María", "in ISO_IR 192");
        assert_eq!(plain(item, tags::ACCESSION_NUMBER), text(&app, sql("SELECT accession FROM imaging_orders")).await);
        let uid = plain(item, tags::STUDY_INSTANCE_UID);
        assert!(uid.starts_with("2.25.") && uid == text(&app, sql("SELECT study_uid FROM imaging_orders")).await, "{uid}");
        assert!(item.get(tags::PATIENT_BIRTH_DATE).is_none(), "only what was asked for");
        let steps = item.get(tags::SCHEDULED_PROCEDURE_STEP_SEQUENCE).and_then(|element| element.items()).expect("a step");
        assert_eq!(plain(&steps[0], tags::SCHEDULED_STATION_AE_TITLE), "XRAY1");

        let day = text(&app, sql("SELECT substr(CAST(starts_at AS TEXT), 1, 10) FROM imaging_orders")).await.replace('-', "");
        let mrn = text(&app, sql("SELECT mrn FROM patients WHERE id = ").push_bind(radiology.patient)).await;
        for (study, step, expected) in [
            (vec![(tags::PATIENT_ID, VR::LO, mrn.as_str())], vec![], 1),
            (vec![(tags::PATIENT_ID, VR::LO, "other")], vec![], 0),
            (vec![(tags::PATIENT_NAME, VR::PN, "núñ*")], vec![], 1),
            (vec![], vec![(tags::MODALITY, VR::CS, "CT")], 0),
            (vec![], vec![(tags::SCHEDULED_STATION_AE_TITLE, VR::AE, "XRAY1")], 1),
            (vec![], vec![(tags::SCHEDULED_STATION_AE_TITLE, VR::AE, "CT1")], 0),
            (vec![], vec![(tags::SCHEDULED_PROCEDURE_STEP_START_DATE, VR::DA, day.as_str())], 1),
            (vec![], vec![(tags::SCHEDULED_PROCEDURE_STEP_START_DATE, VR::DA, "20200101-20200131")], 0),
        ] {
            let (found, _) = find(address, "CT1", &study, &step).await.expect("known");
            assert_eq!(found.len(), expected, "{study:?} {step:?}");
        }
        let (_, status) = find(address, "CT1", &[], &[(tags::SCHEDULED_PROCEDURE_STEP_START_DATE, VR::DA, "soon")]).await.expect("known");
        assert_eq!(status, 0xc001, "a key that cannot be read");
        assert!(find(address, "STRANGER", &[NAME], &[]).await.is_none(), "an unknown title");
        let page = radiology.technologist.get("/imaging/stations").await.body;
        assert!(page.contains("XRAY1") && page.contains("last asked") && page.contains("worklist_address is empty"), "{page}");
        // A study that was made is not listed, and a device that was retired is a stranger.
        ok(&radiology.act(&app, &radiology.technologist, "arrive", &[]).await);
        ok(&radiology.answer(&app, &[("pregnancy", "no")]).await);
        ok(&radiology.act(&app, &radiology.technologist, "start", &[]).await);
        ok(&radiology.act(&app, &radiology.technologist, "acquire", &[]).await);
        assert_eq!(find(address, "CT1", &[NAME], &[]).await.expect("known").0.len(), 0);
        let retire = [("imaging_station_id", station.as_str()), ("version", "1"), ("retired", "true")];
        ok(&radiology.radiologist.post("/api/imaging/retire_station", &retire).await);
        assert!(find(address, "XRAY1", &[NAME], &[]).await.is_none(), "retired");
        app.assert_sound().await;
        app.state.reads.finish().await;
        let seen = sql("SELECT count(*) FROM audit_log WHERE what = 'imaging_lists' AND action = 'read' AND user_id = ");
        assert!(number(&app, seen.push_bind(crate::core::UserId::SYSTEM)).await > 0, "the answer is audited");
    })
    .await;
}

#[tokio::test]
async fn devices_are_set_up_in_pages() {
    on_both_engines(|app| async move {
        let radiology = Radiology::open(&app).await;
        add_station(&app, &radiology, "XRAY1", "CR").await;
        let room = id(&app, sql("SELECT id FROM imaging_rooms WHERE name = 'CT'")).await;
        let save = async |title: &str, peers: &str| {
            let key = ImagingStationId::new().to_string();
            let form = [("key", key.as_str()), ("version", "0"), ("room", room.as_str()), ("ae_title", title), ("peers", peers)];
            radiology.radiologist.post("/api/imaging/save_station", &form).await
        };
        assert_eq!(fields(&save("XRAY1", "10.0.0.1").await), ["ae_title"], "once in the hospital");
        assert_eq!(fields(&save("A TITLE", "nowhere").await), ["ae_title", "peers"]);
        let form = [("key", "x"), ("version", "0")];
        assert_eq!(radiology.technologist.post("/api/imaging/save_station", &form).await.status, StatusCode::FORBIDDEN);
        for (guard, query) in [
            ("imaging_stations_kept", "DELETE FROM imaging_stations"),
            ("imaging_stations_fixed", "UPDATE imaging_stations SET ae_title = 'OTHER'"),
        ] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let error = tx.execute(sql(query)).await.expect_err("the database refuses");
            assert!(error.violates(guard), "{guard}: {error}");
        }
        let mut tx = app.state.db.write().await.expect("a transaction");
        let elsewhere = sql("UPDATE imaging_stations SET room_id = ").push_bind(ImagingStationId::new());
        assert!(tx.execute(elsewhere).await.expect_err("no room").violates("imaging_stations_room"));
    })
    .await;
}

#[tokio::test]
async fn procedures_go_out_as_a_file_and_come_in_with_a_preview() {
    on_both_engines(|app| async move {
        let radiology = Radiology::open(&app).await;
        let head = &radiology.radiologist;
        let file = head.get("/imaging/catalogue/export").await.body;
        assert!(file.starts_with("code,name_en,") && file.contains("xr-chest,"), "{}", file.chars().take(200).collect::<String>());
        assert_eq!(fields(&head.post("/api/imaging/import_procedures", &[("text", &file)]).await), ["seen"], "the user looks first");
        let shown = head.submit("/imaging/catalogue/import", "/api/imaging/import_procedures", &[("text", &file)]).await.body;
        assert!(shown.contains("0 new, 0 changed"), "{shown}");
        let more = "code;name_en;name_es;modality;contrast;minutes;portal_rule\nxr-toe;X-ray of a toe;Radiografía de un dedo;CR;none;10;at_once\n\
                    xr-chest;X-ray of the thorax;;;;;\n";
        let wrong = more.replace(";10;", ";1;");
        assert_eq!(fields(&head.post("/api/imaging/import_procedures", &[("text", &wrong)]).await), ["text"]);
        let shown = head.submit("/imaging/catalogue/import", "/api/imaging/import_procedures", &[("text", more)]).await.body;
        assert!(shown.contains("1 new, 1 changed"), "{shown}");
        let digest = shown.split("name=\"seen\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a digest").to_owned();
        ok(&head.post("/api/imaging/import_procedures", &[("text", more), ("seen", &digest)]).await);
        assert_eq!(text(&app, sql("SELECT name_en FROM imaging_procedures WHERE code = 'xr-chest'")).await, "X-ray of the thorax");
        assert_eq!(number(&app, sql("SELECT count(*) FROM imaging_procedures WHERE code = 'xr-toe' AND confirmed_at IS NULL")).await, 1);
        assert_eq!(
            radiology.technologist.post("/api/imaging/import_procedures", &[("text", more)]).await.status,
            StatusCode::FORBIDDEN
        );
    })
    .await;
}
