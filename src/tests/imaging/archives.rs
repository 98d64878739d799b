//! Archives of images: an imitated archive (DICOMweb) answers the program, which ties studies to orders and shows their images.

use std::net::SocketAddr;

use axum::http::{StatusCode, header};
use serde_json::json;

use super::{
    Radiology, fields, id, number, ok,
    pacs::{LOGIN, PASSWORD, Pacs, held},
    study, text,
};
use crate::{
    core::{ArchivedStudyId, ImagingArchiveId},
    db::{Engine, Sql, sql},
    imaging::ask_image_archives,
    server::config::Config,
    tests::{Browser, TestApp, all_at_once, on_both_engines, races_from, test_config},
};

/// A second node whose settings name the archive, and the archive in the pages.
pub async fn open(app: &TestApp, radiology: &Radiology, address: SocketAddr) -> TestApp {
    let node = app.another_node_with(Config { image_archives: format!("http://{address}"), ..test_config() }).await;
    ok(&save(&radiology.radiologist, &format!("http://{address}/dicom-web/"), PASSWORD).await);
    node
}

async fn save(browser: &Browser, url: &str, password: &str) -> crate::tests::Answer {
    let key = ImagingArchiveId::new().to_string();
    let form = [
        ("key", key.as_str()),
        ("version", "0"),
        ("name", url),
        ("base_url", url),
        ("archive_login", LOGIN),
        ("archive_password", password),
    ];
    browser.post("/api/imaging/save_archive", &form).await
}

/// Asks all archives as the job does; the number of studies that are new or have changed.
pub async fn ask(node: &TestApp) -> usize {
    ask_image_archives(&node.state).await.expect("asked")
}

/// The accession number, the UID and the record number of the newest order.
pub async fn named(app: &TestApp) -> [String; 3] {
    let newest = |column: &'static str| {
        sql("SELECT ").push(column).push(" FROM imaging_orders i JOIN patients p ON p.id = i.patient_id ORDER BY i.id DESC LIMIT 1")
    };
    [text(app, newest("i.accession")).await, text(app, newest("i.study_uid")).await, text(app, newest("p.mrn")).await]
}

/// The id, the version and the state of a study in the archive.
pub async fn archived(app: &TestApp, uid: &str) -> (String, String, String) {
    let of = |column: &'static str| sql("SELECT ").push(column).push(" FROM imaging_studies WHERE study_uid = ").push_bind(uid.to_owned());
    (id(app, of("id")).await, text(app, of("CAST(version AS TEXT)")).await, text(app, of("state || ' ' || reason")).await.trim().to_owned())
}

#[tokio::test]
async fn a_study_of_the_same_patient_is_tied_and_shown_through_the_program_alone() {
    on_both_engines(|app| async move {
        let (radiology, pacs) = (Radiology::open(&app).await, Pacs::default());
        let node = open(&app, &radiology, pacs.start().await).await;
        radiology.chest(&app).await;
        let [accession, _, mrn] = named(&app).await;
        assert_eq!(ask(&node).await, 0, "nothing is there yet");
        pacs.hold(held("2.25.1", &accession, &mrn, "Núñez^Ana María"));
        assert_eq!(ask(&node).await, 1);
        assert_eq!(ask(&node).await, 0, "the same again changes nothing");
        let (study_id, _, state) = archived(&app, "2.25.1").await;
        assert_eq!(state, "matched");
        let (order, _) = study(&app).await;
        let technologist = radiology.technologist.in_copy(&node);
        let page = technologist.get(&format!("/imaging/studies/{order}")).await.body;
        assert!(page.contains(&format!("/imaging/images/{study_id}")) && page.contains("Tied by number and patient"), "{page}");

        let viewer = technologist.get(&format!("/imaging/images/{study_id}?window=lung")).await;
        assert_eq!(viewer.status, StatusCode::OK, "{}", viewer.body);
        assert!(
            viewer.body.contains("Image 1 of 2") && viewer.body.contains("Series: 2") && viewer.body.contains("Lung"),
            "{}",
            viewer.body
        );
        let frame = technologist.get(&format!("/imaging/images/{study_id}/frame?series=1&image=2&window=lung")).await;
        assert_eq!(frame.status, StatusCode::OK);
        assert_eq!(frame.headers[header::CONTENT_TYPE], "image/jpeg", "the bytes tell the type");
        assert_eq!(frame.headers[header::CACHE_CONTROL], "no-store");
        assert!(frame.body.contains("/series/2.25.71/instances/2.25.712/frames/1/rendered?window=-600,1500,linear"), "{}", frame.body);
        let third = technologist.get(&format!("/imaging/images/{study_id}/frame?series=2&image=3&center=40&width=80&small=yes")).await.body;
        assert!(third.contains("/instances/2.25.721/frames/3/rendered?window=40,80,linear&viewport=160,160"), "{third}");
        for place in ["series=1&image=3", "series=3&image=1", "series=0&image=1"] {
            let beyond = technologist.get(&format!("/imaging/images/{study_id}/frame?{place}")).await;
            assert_eq!(beyond.status, StatusCode::NOT_FOUND, "{place}");
        }

        let patient = radiology.patient;
        let record = format!("/patients/{patient}/images/{study_id}");
        let doctor = radiology.doctor.in_copy(&node);
        assert!(doctor.get(&format!("/patients/{patient}/imaging")).await.body.contains(&record));
        assert!(doctor.get(&record).await.body.contains("Image 1 of 2"));
        assert_eq!(doctor.get(&format!("{record}/frame")).await.status, StatusCode::OK);
        let before = pacs.asked().len();
        for (login, path) in [
            ("doctor3", record.clone()),
            ("ana", record.clone()),
            ("cashier", record.clone()),
            ("doctor", format!("/imaging/images/{study_id}")),
        ] {
            let stranger = app.as_(login).await.in_copy(&node);
            for path in [path.clone(), format!("{path}/frame")] {
                // A doctor of another clinic is sent to the page that opens a record in an emergency.
                let status = stranger.get(&path).await.status;
                let refused = [StatusCode::FORBIDDEN, StatusCode::NOT_FOUND, StatusCode::SEE_OTHER];
                assert!(refused.contains(&status), "{login} {path}: {status}");
            }
        }
        let other = format!("/patients/{}/images/{study_id}/frame", app.fixture.ben);
        assert!(!doctor.get(&other).await.status.is_success(), "another patient's address");
        assert_eq!(pacs.asked().len(), before, "the archive is not asked for those who may not see it");
        node.state.reads.finish().await;
        for what in ["imaging_images", "imaging_frames"] {
            let seen = sql("SELECT count(*) FROM audit_log WHERE action = 'read' AND what = ")
                .push_bind(what)
                .push(" AND patient_id = ")
                .push_bind(patient);
            assert!(number(&app, seen).await > 0, "{what}");
        }
        app.assert_sound().await;
        node.end().await;
    })
    .await;
}

#[tokio::test]
async fn what_fits_no_order_waits_until_a_person_has_compared() {
    on_both_engines(|app| async move {
        let (radiology, pacs) = (Radiology::open(&app).await, Pacs::default());
        let node = open(&app, &radiology, pacs.start().await).await;
        radiology.chest(&app).await;
        let [accession, _, mrn] = named(&app).await;
        pacs.hold(held("2.25.1", &accession, "999", "Other^Person"));
        pacs.hold(held("2.25.2", "", &mrn, "Núñez^Ana María"));
        pacs.hold(held("2.25.3", "R000000000000", &mrn, "Núñez^Ana María"));
        assert_eq!(ask(&node).await, 3);
        for (uid, expected) in
            [("2.25.1", "unmatched other_patient"), ("2.25.2", "unmatched no_accession"), ("2.25.3", "unmatched unknown_accession")]
        {
            assert_eq!(archived(&app, uid).await.2, expected);
        }
        let technologist = radiology.technologist.in_copy(&node);
        let list = technologist.get("/imaging/unmatched").await.body;
        assert!(list.contains("Other, Person") && list.contains("Another patient") && list.contains("No accession number"), "{list}");
        let (other, version, _) = archived(&app, "2.25.1").await;
        let offered = technologist.get(&format!("/imaging/unmatched/{other}")).await.body;
        assert!(offered.contains(&accession) && offered.contains("Studies without images"), "{offered}");
        let beside = technologist.get(&format!("/imaging/unmatched/{other}?accession={accession}")).await.body;
        assert!(beside.contains("The patients differ") && beside.contains("Other, Person") && beside.contains("Núñez"), "{beside}");
        assert!(
            technologist
                .get(&format!("/imaging/unmatched/{other}?accession=R1"))
                .await
                .body
                .contains("no study with this accession number")
        );
        let (order, _) = study(&app).await;
        let tie = async |more: &[(&str, &str)]| {
            let form = [&[("archived_study_id", other.as_str()), ("imaging_order_id", &order), ("version", &version)], more].concat();
            technologist.post("/api/imaging/tie_study", &form).await
        };
        assert_eq!(fields(&tie(&[]).await), ["compared"]);
        assert_eq!(fields(&tie(&[("compared", "true")]).await), ["remark"], "another name needs a reason");
        assert_eq!(
            radiology.doctor.post("/api/imaging/tie_study", &[("archived_study_id", &other), ("imaging_order_id", &order)]).await.status,
            StatusCode::FORBIDDEN
        );
        ok(&tie(&[("compared", "true"), ("remark", "Registered under the wrong number at the device")]).await);
        assert_eq!(archived(&app, "2.25.1").await.2, "matched");
        assert_eq!(tie(&[("compared", "true"), ("remark", "Again")]).await.status, StatusCode::CONFLICT);
        assert_eq!(ask(&node).await, 0, "the job leaves what a person decided");

        let act = async |act: &str, uid: &str, reason: &str| {
            let (study, version, _) = archived(&app, uid).await;
            let form = [("archived_study_id", study.as_str()), ("version", &version), ("reason", reason)];
            technologist.post(&format!("/api/imaging/{act}"), &form).await
        };
        assert_eq!(fields(&act("untie_study", "2.25.1", "").await), ["reason"]);
        ok(&act("untie_study", "2.25.1", "Tied by mistake").await);
        pacs.hold(held("2.25.1", &accession, &mrn, "Núñez^Ana María"));
        assert_eq!(ask(&node).await, 1, "the archive was corrected");
        assert_eq!(archived(&app, "2.25.1").await.2, "unmatched untied", "a person decides again");
        assert_eq!(fields(&act("dismiss_study", "2.25.3", "").await), ["reason"]);
        ok(&act("dismiss_study", "2.25.3", "A test of the device").await);
        assert_eq!(act("dismiss_study", "2.25.3", "Again").await.status, StatusCode::CONFLICT);
        assert_eq!(ask(&node).await, 0);
        ok(&act("reopen_study", "2.25.3", "").await);
        // The device's number is corrected in the archive: the rule ties it.
        pacs.hold(held("2.25.3", &accession, &mrn, "Núñez^Ana María"));
        assert_eq!(ask(&node).await, 1);
        assert_eq!(archived(&app, "2.25.3").await.2, "matched");
        // And the archive says later that the images are another patient's.
        pacs.hold(held("2.25.3", &accession, "999", "Other^Person"));
        assert_eq!(ask(&node).await, 1);
        assert_eq!(archived(&app, "2.25.3").await.2, "unmatched changed");
        assert_eq!(ask(&node).await, 0);
        let south = app.as_("doctor3").await;
        assert!(!south.get(&format!("/imaging/unmatched/{other}")).await.status.is_success());
        app.assert_sound().await;
        node.end().await;
    })
    .await;
}

#[tokio::test]
async fn an_order_that_is_closed_or_old_is_found_by_its_numbers() {
    on_both_engines(|app| async move {
        let (radiology, pacs) = (Radiology::open(&app).await, Pacs::default());
        let node = open(&app, &radiology, pacs.start().await).await;
        ok(&radiology.order("us-abdomen", &[]).await);
        let [_, uid, mrn] = named(&app).await;
        pacs.hold(held(&uid, "", &mrn, "Núñez^Ana María"));
        assert_eq!(ask(&node).await, 1);
        assert_eq!(archived(&app, &uid).await.2, "unmatched closed", "no images are awaited before it is booked");
        radiology.images(&app, "US").await;
        assert_eq!(ask(&node).await, 1);
        assert_eq!(archived(&app, &uid).await.2, "matched", "by its UID");
        radiology.chest(&app).await;
        let [accession, _, mrn] = named(&app).await;
        let mut old = held("2.25.5", &accession, &mrn, "Núñez^Ana María");
        old["00080020"]["Value"][0] = json!("20200101");
        pacs.hold(old);
        assert_eq!(ask(&node).await, 1, "its device's clock was wrong");
        assert_eq!(archived(&app, "2.25.5").await.2, "matched");
        // An answer that is no picture does not reach a browser.
        pacs.hold(held("2.25.666", "", "1", "Evil^One"));
        assert_eq!(ask(&node).await, 1);
        let (evil, _, _) = archived(&app, "2.25.666").await;
        let frame = radiology.technologist.in_copy(&node).get(&format!("/imaging/images/{evil}/frame")).await;
        assert_eq!((frame.status, frame.body.as_str()), (StatusCode::FAILED_DEPENDENCY, ""));
        app.assert_sound().await;
        node.end().await;
    })
    .await;
}

#[tokio::test]
async fn only_archives_that_the_operator_names_get_the_password() {
    on_both_engines(|app| async move {
        let (radiology, pacs) = (Radiology::open(&app).await, Pacs::default());
        let address = pacs.start().await;
        let url = format!("http://{address}/dicom-web");
        ok(&save(&radiology.radiologist, &url, PASSWORD).await);
        ask_image_archives(&app.state).await.expect("asked");
        assert_eq!(pacs.asked(), Vec::<String>::new(), "the settings do not name it");
        let page = radiology.technologist.get("/imaging/archives").await.body;
        assert!(
            page.contains("image_archives is empty") && page.contains("does not name this address") && !page.contains(PASSWORD),
            "{page}"
        );
        let node = app.another_node_with(Config { image_archives: format!("http://{address}"), ..test_config() }).await;
        ask(&node).await;
        assert!(!pacs.asked().is_empty());
        let answered = || sql("SELECT count(*) FROM imaging_archives WHERE asked_at IS NOT NULL AND failed_at IS NULL");
        assert_eq!(number(&app, answered()).await, 1);

        let key = id(&app, sql("SELECT id FROM imaging_archives")).await;
        let change = async |version: &str, url: &str, password: &str| {
            let form = [
                ("key", key.as_str()),
                ("version", version),
                ("name", "PACS"),
                ("base_url", url),
                ("archive_login", LOGIN),
                ("archive_password", password),
            ];
            radiology.radiologist.post("/api/imaging/save_archive", &form).await
        };
        assert_eq!(fields(&change("1", "http://elsewhere.test/x", "").await), ["archive_password"], "it is not sent elsewhere");
        for wrong in ["elsewhere", "ftp://elsewhere.test/", "https://user@elsewhere.test/", "https://elsewhere.test/?a=b"] {
            assert_eq!(fields(&change("1", wrong, PASSWORD).await), ["base_url"], "{wrong}");
        }
        ok(&change("1", &url, "").await);
        ask(&node).await;
        assert_eq!(number(&app, answered()).await, 1, "the password stayed");
        assert_eq!(change("1", &url, "").await.status, StatusCode::CONFLICT);
        ok(&change("2", &url, "wrong").await);
        ask(&node).await;
        let failure = text(&app, sql("SELECT failure FROM imaging_archives")).await;
        assert!(failure.contains("401"), "{failure}");
        let page = radiology.technologist.in_copy(&node).get("/imaging/archives").await.body;
        assert!(page.contains("does not answer") && page.contains("401"), "{page}");
        let retire = [("imaging_archive_id", key.as_str()), ("version", "3"), ("retired", "true")];
        assert_eq!(radiology.technologist.post("/api/imaging/retire_archive", &retire).await.status, StatusCode::FORBIDDEN);
        assert_eq!(save(&radiology.technologist, &url, "").await.status, StatusCode::FORBIDDEN);
        ok(&radiology.radiologist.post("/api/imaging/retire_archive", &retire).await);
        let before = pacs.asked().len();
        ask(&node).await;
        assert_eq!(pacs.asked().len(), before, "a retired one is not asked");
        app.assert_sound().await;
        node.end().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_archives_and_their_studies() {
    on_both_engines(|app| async move {
        let (radiology, pacs) = (Radiology::open(&app).await, Pacs::default());
        let node = open(&app, &radiology, pacs.start().await).await;
        radiology.chest(&app).await;
        let [accession, _, mrn] = named(&app).await;
        pacs.hold(held("2.25.1", &accession, &mrn, "Núñez^Ana María"));
        pacs.hold(held("2.25.2", "", "1", "Other^Person"));
        assert_eq!(ask(&node).await, 2);
        let matched = || " WHERE study_uid = '2.25.1'";
        let refused: [(&str, Sql); 14] = [
            ("archives_kept", sql("DELETE FROM imaging_archives")),
            ("archives_fixed", sql("UPDATE imaging_archives SET clinic_id = ").push_bind(app.fixture.south)),
            ("archives_failed", sql("UPDATE imaging_archives SET failure = 'x'")),
            ("studies_kept", sql("DELETE FROM imaging_studies")),
            ("studies_fixed", sql("UPDATE imaging_studies SET study_uid = '2.25.9'")),
            ("studies_moves", sql("UPDATE imaging_studies SET state = 'dismissed', remark = 'x', imaging_id = NULL, patient_id = NULL, matched_at = NULL,
                matched_by = NULL, version = version + 1").push(matched())),
            ("studies_moves", sql("UPDATE imaging_studies SET state = 'unmatched', reason = 'untied', remark = 'x', imaging_id = NULL, patient_id = NULL,
                matched_at = NULL, matched_by = NULL").push(matched())),
            ("studies_matched", sql("UPDATE imaging_studies SET matched_at = NULL").push(matched())),
            ("studies_same_patient", sql("UPDATE imaging_studies SET patient_id = ").push_bind(app.fixture.ben).push(matched())),
            ("studies_reasoned", sql("UPDATE imaging_studies SET reason = ''").push(" WHERE study_uid = '2.25.2'")),
            ("studies_dismissed", sql("UPDATE imaging_studies SET state = 'dismissed', version = version + 1").push(" WHERE study_uid = '2.25.2'")),
            ("studies_untied", sql("UPDATE imaging_studies SET reason = 'untied'").push(" WHERE study_uid = '2.25.2'")),
            ("studies_matched", sql("UPDATE imaging_studies SET state = 'matched', version = version + 1").push(" WHERE study_uid = '2.25.2'")),
            ("studies_same_patient", sql("UPDATE imaging_studies SET state = 'matched', version = version + 1, matched_at = found_at, matched_by = updated_by,
                imaging_id = (SELECT i.id FROM imaging_orders i), patient_id = ").push_bind(app.fixture.ben).push(" WHERE study_uid = '2.25.2'")),
        ];
        let twice = sql("INSERT INTO imaging_studies (id, archive_id, clinic_id, study_uid, state, reason, remark, found_at, updated_at, updated_by,
            series_count, image_count, sealed) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", archive_id, clinic_id, study_uid, state, reason, remark, found_at, updated_at, updated_by, series_count, image_count, sealed
                FROM imaging_studies WHERE study_uid = '2.25.2'");
        let mut tx = app.state.db.write().await.expect("a transaction");
        let error = tx.execute(twice).await.expect_err("one row a study");
        let named = match app.state.db.engine() {
            Engine::Postgres => "studies_uid",
            Engine::Sqlite => "imaging_studies.archive_id, imaging_studies.study_uid",
        };
        assert!(error.violates(named), "{error}");
        drop(tx);
        for (guard, query) in refused {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let words = format!("{query:?}");
            let error = tx.execute(query).await.expect_err(&words);
            assert!(error.violates(guard), "{guard}: {error} for {words}");
        }
        let mut tx = app.state.db.write().await.expect("a transaction");
        let again = sql("INSERT INTO imaging_studies (id, archive_id, clinic_id, study_uid, series_count, image_count, sealed, state, reason, found_at, updated_at,
            updated_by) SELECT ").push_bind(ArchivedStudyId::new())
            .push(", archive_id, clinic_id, study_uid, 1, 1, sealed, 'unmatched', 'closed', found_at, updated_at, updated_by FROM imaging_studies
            WHERE study_uid = '2.25.1'");
        assert!(tx.execute(again).await.expect_err("twice").is_unique());
        drop(tx);
        node.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_tie_and_dismiss_a_study_one_does() {
    let prepare = async |app: &TestApp| {
        let (radiology, pacs) = (Radiology::open(app).await, Pacs::default());
        let node = open(app, &radiology, pacs.start().await).await;
        radiology.chest(app).await;
        let [_, _, mrn] = named(app).await;
        pacs.hold(held("2.25.1", "", &mrn, "Other^Person"));
        // Two nodes ask at once: the study is filed once.
        let asked = all_at_once((0..4).map(|_| {
            let state = node.state.clone();
            async move { ask_image_archives(&state).await.expect("asked") }
        }));
        assert_eq!(asked.await.into_iter().sum::<usize>(), 1);
        node.end().await;
        radiology
    };
    races_from(prepare, |app, radiology| async move {
        let (order, _) = study(&app).await;
        let (archived_id, version, _) = archived(&app, "2.25.1").await;
        let acts = (0..40).map(|nth| {
            let browser = radiology.technologist.in_copy(&app);
            let (order, study, version) = (order.clone(), archived_id.clone(), version.clone());
            async move {
                let mut form = vec![("archived_study_id", study.as_str()), ("version", &version)];
                let act = if nth % 2 == 0 { "tie_study" } else { "dismiss_study" };
                match nth % 2 {
                    0 => form.extend([("imaging_order_id", order.as_str()), ("compared", "true"), ("remark", "The name was typed wrong")]),
                    _ => form.push(("reason", "A test of the device")),
                }
                browser.post(&format!("/api/imaging/{act}"), &form).await.status
            }
        });
        let answers = all_at_once(acts).await;
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
        assert_eq!(number(&app, sql("SELECT count(*) FROM imaging_studies WHERE version = 2")).await, 1);
        app.assert_sound().await;
    })
    .await;
}
