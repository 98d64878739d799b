//! Tests registering, finding and correcting patients, the portal's page of a record, and the auditor's page of the
//! log.

use axum::http::StatusCode;

use super::{Answer, Browser, Fixture, TestApp, all_at_once, on_both_engines, races_on_both_engines};
use crate::{
    core::{Error, PatientId, list::PAGE_SIZE},
    patients::{self, PatientHit},
};

const NASTY: &str = "</textarea><script>alert(1)</script>";

/// Returns a valid form for a person without a record.
pub(super) fn stranger(id: &str) -> Vec<(&'static str, String)> {
    [
        ("patient_id", id),
        ("given_names", "Guadalupe"),
        ("family_name", "Hernández Ortiz"),
        ("birth_date", "1991-02-27"),
        ("sex", "female"),
        ("phone", "(617) 555-0142"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .to_vec()
}

pub(super) fn with(form: Vec<(&'static str, String)>, changes: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let mut form: Vec<_> = form.into_iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name)).collect();
    form.extend(changes.iter().map(|(name, value)| (*name, (*value).to_owned())));
    form
}

pub(super) async fn post(browser: &Browser, path: &str, form: &[(&'static str, String)]) -> Answer {
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.post(path, &form).await
}

/// Sends the same form fifty times concurrently.
async fn all_post(browser: &Browser, path: &'static str, form: &[(&'static str, String)]) -> Vec<Answer> {
    let posts = (0..50).map(|_| {
        let (browser, form) = (browser.clone(), form.to_vec());
        async move { post(&browser, path, &form).await }
    });
    all_at_once(posts).await
}

pub(super) async fn submit(browser: &Browser, page: &str, path: &str, form: &[(&'static str, String)]) -> Answer {
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.submit(page, path, &form).await
}

async fn found(browser: &Browser, text: &str) -> Vec<String> {
    let answer = browser.post("/api/patients/search", &[("text", text)]).await;
    let hits: Vec<PatientHit> = serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{text}: {}", answer.body));
    hits.into_iter().map(|hit| hit.name).collect()
}

pub(super) fn wrong_fields(answer: &Answer) -> Vec<String> {
    match answer.error() {
        Error::Invalid(errors) => errors.into_iter().map(|error| error.field).collect(),
        other => panic!("{other:?}"),
    }
}

pub(super) async fn patient_count(app: &TestApp) -> i64 {
    let mut tx = app.state.db.read().await.expect("a connection");
    tx.count(crate::db::sql("SELECT count(*) FROM patients")).await.expect("counted")
}

#[tokio::test]
async fn a_new_patient_has_record_coverage_contact_and_account() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let page = desk.get("/patients/new").await;
        let insurer = page
            .body
            .split("Blue Plan")
            .next()
            .and_then(|html| html.rsplit("value=\"").next()?.split('"').next())
            .expect("an insurer")
            .to_owned();
        let id = Fixture::key();
        let form = with(
            stranger(&id),
            &[
                ("insurer_id", &insurer),
                ("plan", "Gold"),
                ("policy_number", "P-77"),
                ("copay_percent", "20"),
                ("valid_from", "2026-01-01"),
                ("contact_name", "Luis Hernández"),
                ("contact_phone", "617 555 0143"),
            ],
        );
        let answer = submit(&desk, "/patients/new", "/api/reception/register", &form).await;
        assert_eq!(
            (answer.status, answer.location),
            (StatusCode::SEE_OTHER, Some(format!("/patients/{id}?done=registered"))),
            "{}",
            answer.body
        );
        let record = desk.get(&format!("/patients/{id}?done=registered")).await;
        for words in ["Hernández Ortiz, Guadalupe", "Blue Plan, Gold", "P-77", "Luis Hernández", "Allergies not recorded", "27 Feb 1991"]
        {
            assert!(record.body.contains(words), "{words}");
        }
        let mut tx = app.state.db.read().await.expect("a connection");
        let patient: PatientId = id.parse().expect("an id");
        let registered = patients::find(&mut tx, patient).await.expect("registered");
        assert!(registered.mrn.parse::<patients::Mrn>().is_ok(), "{}", registered.mrn);
        let cover = patients::coverage_on(&mut tx, patient, "2026-11-21".parse().expect("a day")).await.expect("read").expect("cover");
        assert_eq!((cover.copay_percent, cover.policy_number.as_str()), (20, "P-77"));
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_patient_is_found_by_whatever_is_at_hand() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let id = Fixture::key();
        assert_eq!(post(&desk, "/api/reception/register", &stranger(&id)).await.status, StatusCode::OK);
        let mrn = {
            let mut tx = app.state.db.read().await.expect("a connection");
            patients::find(&mut tx, id.parse().expect("an id")).await.expect("registered").mrn
        };
        let short = mrn.trim_start_matches('0').to_owned();
        for text in [
            "hernandez",
            "Hern",
            "guadalupe hernandez",
            "ortiz guad",
            "HERNÁNDEZ ORTIZ",
            "ernandes",
            "Hernadez",
            "gwadalupe ortis",
            "617 555 0142",
            "(617) 555-0142",
            "+1 617 5550142",
            "1991-02-27",
            "27.2.1991",
            "2/27/1991",
            "hernandez 27.2.1991",
            mrn.as_str(),
            &short,
            &format!("MRN {mrn}"),
        ] {
            let names = found(&desk, text).await;
            assert!(names.iter().any(|name| name == "Hernández Ortiz, Guadalupe"), "{text}: {names:?}");
        }
        for text in ["", "zzz", "hernandez lopez", "1991-02-28", "hernandez 1.1.1990", "%", "_", "';--", NASTY] {
            assert_eq!(found(&desk, text).await, Vec::<String>::new(), "{text}");
        }
        assert_eq!(found(&desk, "nunez").await, ["Núñez, Ana María"]);
    })
    .await;
}

#[tokio::test]
async fn somebody_alike_is_shown_before_registering_again() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let id = Fixture::key();
        let again =
            with(stranger(&id), &[("given_names", "Maria Ana"), ("family_name", "Nunes"), ("birth_date", "1980-04-18"), ("phone", "")]);
        assert_eq!(wrong_fields(&post(&desk, "/api/reception/register", &again).await), ["anyway"]);
        let page = submit(&desk, "/patients/new", "/api/reception/register", &again).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        let policy = page.headers.get("content-security-policy").and_then(|value| value.to_str().ok()).expect("a policy").to_owned();
        let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce").to_owned();
        assert!(page.body.contains(&format!("nonce=\"{nonce}\"")), "the page's scripts may run");
        for words in ["Núñez, Ana María", "same name, same birth date", "Very likely the same", "value=\"Maria Ana\"", &id] {
            assert!(page.body.contains(words), "{words}");
        }
        assert_eq!(patient_count(&app).await, 4);
        let anyway = with(again, &[("anyway", "on")]);
        assert_eq!(post(&desk, "/api/reception/register", &anyway).await.status, StatusCode::OK);
        assert_eq!(patient_count(&app).await, 5);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_form_sent_many_times_registers_once() {
    races_on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let form = stranger(&Fixture::key());
        let answers = all_post(&desk, "/api/reception/register", &form).await;
        for answer in answers {
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        }
        assert_eq!(patient_count(&app).await, 5);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_clerks_correct_one_record_and_the_second_sees_both_versions() {
    races_on_both_engines(|app| async move {
        let (first, second) = (app.as_("desk").await, app.as_("desk").await);
        let ben = app.fixture.ben.to_string();
        let page = format!("/patients/{ben}/edit");
        let form = |phone: &str, city: &str| {
            [
                ("patient_id", ben.as_str()),
                ("version", "1"),
                ("given_names", "Ben"),
                ("family_name", "Adams"),
                ("birth_date", "1975-01-02"),
                ("sex", "male"),
                ("phone", phone),
                ("city", city),
            ]
            .map(|(name, value)| (name, value.to_owned()))
            .to_vec()
        };
        assert_eq!(submit(&first, &page, "/api/patients/save", &form("617 555 0100", "Lynn")).await.status, StatusCode::SEE_OTHER);
        let late = submit(&second, &page, "/api/patients/save", &form("617 555 0199", "Salem")).await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        for words in ["Rosa Reception saved this record", "617 555 0100", "617 555 0199", "Lynn", "Salem", "name=\"version\" value=\"2\""] {
            assert!(late.body.contains(words), "{words}: {}", late.body);
        }
        assert!(matches!(post(&second, "/api/patients/save", &form("1", "x")).await.error(), Error::Invalid(_)));
        let decided = with(form("617 555 0199", "Lynn"), &[("version", "2")]);
        assert_eq!(post(&second, "/api/patients/save", &decided).await.status, StatusCode::OK);
        let many = with(form("617 555 0111", "Lynn"), &[("version", "3")]);
        let answers = all_post(&first, "/api/patients/save", &many).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == StatusCode::OK).count(), 1);
        assert!(answers.iter().filter(|answer| answer.status != StatusCode::OK).all(|answer| answer.status == StatusCode::CONFLICT));
    })
    .await;
}

#[tokio::test]
async fn allergies_warn_until_entered_in_error() {
    on_both_engines(|app| async move {
        let nurse = app.as_("nurse").await;
        let (ana, ben) = (app.fixture.ana.to_string(), app.fixture.ben.to_string());
        let key = Fixture::key();
        let penicillin = [
            ("patient_id", ana.as_str()),
            ("key", &key),
            ("substance", "Penicillin"),
            ("category", "medication"),
            ("criticality", "high"),
            ("severity", "severe"),
        ];
        assert_eq!(nurse.post("/api/patients/no_allergies", &[("patient_id", &ana)]).await.status, StatusCode::OK);
        assert!(nurse.get(&format!("/patients/{ana}")).await.body.contains("No known allergies"));
        for _ in 0..2 {
            assert_eq!(nurse.post("/api/patients/add_allergy", &penicillin).await.status, StatusCode::OK, "sent twice, recorded once");
        }
        let mut twice = penicillin;
        let other_key = Fixture::key();
        twice[1].1 = &other_key;
        twice[2].1 = "PENICILLÍN";
        assert_eq!(wrong_fields(&nurse.post("/api/patients/add_allergy", &twice).await), ["substance"]);
        assert_eq!(nurse.post("/api/patients/no_allergies", &[("patient_id", &ana)]).await.status, StatusCode::CONFLICT);
        assert!(nurse.get(&format!("/patients/{ana}")).await.body.contains("flag--severe"));
        let elsewhere = [("patient_id", ben.as_str()), ("allergy_id", &key), ("reason", "wrong patient")];
        assert_eq!(nurse.post("/api/patients/allergy_in_error", &elsewhere).await.status, StatusCode::NOT_FOUND);
        let wrong = [("patient_id", ana.as_str()), ("allergy_id", &key), ("reason", "Was a rash from heat")];
        assert_eq!(nurse.post("/api/patients/allergy_in_error", &wrong).await.status, StatusCode::OK);
        assert_eq!(nurse.post("/api/patients/allergy_in_error", &wrong).await.status, StatusCode::CONFLICT);
        let record = nurse.get(&format!("/patients/{ana}")).await.body;
        assert!(!record.contains("flag--severe") && record.contains("Was a rash from heat") && record.contains("Allergies not recorded"));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_doctor_confirms_refutes_and_resolves_an_allergy() {
    on_both_engines(|app| async move {
        let (nurse, doctor) = (app.as_("nurse").await, app.as_("doctor").await);
        let (ana, key) = (app.fixture.ana.to_string(), Fixture::key());
        let latex = [("patient_id", ana.as_str()), ("key", &key), ("substance", "Latex"), ("category", "other"), ("criticality", "high")];
        assert_eq!(nurse.post("/api/patients/add_allergy", &[&latex[..], &[("severity", "severe")]].concat()).await.status, StatusCode::OK);
        let assess = async |who: &Browser, verdict: &str, reason: &str| {
            let form = [("patient_id", ana.as_str()), ("allergy_id", &key), ("verdict", verdict), ("reason", reason)];
            who.post("/api/patients/assess_allergy", &form).await
        };
        let record = async || doctor.get(&format!("/patients/{ana}")).await.body;
        assert!(record().await.contains("not confirmed by a doctor"));
        assert_eq!(assess(&nurse, "confirmed", "").await.status, StatusCode::FORBIDDEN);
        assert_eq!(wrong_fields(&assess(&doctor, "", "").await), ["verdict"]);
        for _ in 0..2 {
            assert_eq!(assess(&doctor, "confirmed", "").await.status, StatusCode::OK, "the same again changes nothing");
        }
        let page = record().await;
        assert!(page.contains("Confirmed") && !page.contains("not confirmed by a doctor") && page.contains("flag--severe"), "{page}");
        assert_eq!(wrong_fields(&assess(&doctor, "refuted", "").await), ["reason"]);
        assert_eq!(assess(&doctor, "refuted", "Prick test negative").await.status, StatusCode::OK);
        let page = record().await;
        assert!(
            page.contains("Prick test negative") && page.contains("Allergies not recorded") && !page.contains("flag--severe"),
            "{page}"
        );
        assert_eq!(nurse.post("/api/patients/no_allergies", &[("patient_id", &ana)]).await.status, StatusCode::OK, "asked again");
        assert_eq!(assess(&doctor, "active", "Reacted again").await.status, StatusCode::OK);
        assert!(record().await.contains("flag--severe"));
        assert_eq!(assess(&doctor, "resolved", "Tolerates it for years").await.status, StatusCode::OK);
        app.assert_sound().await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        let silent = crate::db::sql("UPDATE allergies SET clinical_status = 'inactive', assessed_why = ''");
        let error = tx.execute(silent).await.expect_err("the database refuses");
        assert!(error.violates("allergies_assessed"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn what_is_typed_is_text() {
    on_both_engines(|app| async move {
        let (desk, nurse) = (app.as_("desk").await, app.as_("nurse").await);
        let id = Fixture::key();
        let form = with(
            stranger(&id),
            &[
                ("given_names", NASTY),
                ("preferred_name", NASTY),
                ("gender", NASTY),
                ("national_id", NASTY),
                ("address", NASTY),
                ("city", NASTY),
                ("contact_name", NASTY),
                ("contact_phone", "617 555 0100"),
                ("contact_relationship", NASTY),
            ],
        );
        assert_eq!(post(&desk, "/api/reception/register", &form).await.status, StatusCode::OK);
        let allergy = [
            ("patient_id", id.as_str()),
            ("key", &Fixture::key()),
            ("substance", NASTY),
            ("category", "food"),
            ("criticality", "low"),
            ("reaction", NASTY),
        ];
        assert_eq!(nurse.post("/api/patients/add_allergy", &allergy).await.status, StatusCode::OK);
        let refused =
            submit(&desk, &format!("/patients/{id}/edit"), "/api/patients/save", &with(form, &[("sex", ""), ("version", "1")])).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        for html in [nurse.get(&format!("/patients/{id}")).await.body, desk.get("/patients?q=Hernandez").await.body, refused.body] {
            assert!(html.contains("&lt;script&gt;alert(1)") && !html.contains("<script>alert"), "{html}");
        }
    })
    .await;
}

#[tokio::test]
async fn wrong_input_is_named_and_nothing_is_written() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        for (field, value) in [
            ("birth_date", "1991-02-30"),
            ("birth_date", "2027-01-01"),
            ("birth_date", "yesterday"),
            ("sex", "robot"),
            ("phone", "12"),
            ("email", "x@"),
            ("given_names", &"x".repeat(201)),
            ("blood_group", "Z"),
        ] {
            let form = with(stranger(&Fixture::key()), &[(field, value)]);
            assert_eq!(wrong_fields(&post(&desk, "/api/reception/register", &form).await), [field], "{field} {value}");
        }
        let cover = with(stranger(&Fixture::key()), &[("insurer_id", &Fixture::key()), ("copay_percent", "10")]);
        assert_eq!(wrong_fields(&post(&desk, "/api/reception/register", &cover).await), ["insurer_id"]);
        let bad_bytes =
            desk.post_raw("/api/reception/register", "application/x-www-form-urlencoded", &b"patient_id=1&given_names=%ff"[..]).await;
        assert!(bad_bytes.status.is_client_error(), "{}", bad_bytes.status);
        assert_eq!(patient_count(&app).await, 4);
    })
    .await;
}

#[tokio::test]
async fn the_list_is_paged_and_sorted_in_its_address() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        for number in 0..PAGE_SIZE {
            let family = format!("Zz{}", char::from(b'a' + u8::try_from(number).expect("small")));
            let birth = format!("19{:02}-05-17", 30 + number);
            let form =
                with(stranger(&Fixture::key()), &[("family_name", &family), ("birth_date", &birth), ("phone", ""), ("anyway", "on")]);
            assert_eq!(post(&desk, "/api/reception/register", &form).await.status, StatusCode::OK);
        }
        let first = desk.get("/patients?sort=name").await.body;
        let second = desk.get("/patients?sort=name&page=2").await.body;
        assert!(first.contains("Adams, Ben") && first.contains("sort=name&amp;page=2") && !first.contains("Zzy, Guadalupe"));
        assert!(second.contains("Zzy, Guadalupe") && !second.contains("Adams, Ben"));
        for odd in
            ["/patients?page=-1", "/patients?page=x", "/patients?page=99999999999999999999", "/patients?sort=password", "/patients?q=%25"]
        {
            assert_eq!(desk.get(odd).await.status, StatusCode::OK, "{odd}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_portal_shows_ones_own_record_only() {
    on_both_engines(|app| async move {
        let ana = app.as_("ana").await;
        let home = ana.get("/portal").await;
        assert!(home.body.contains("Good morning, Ana"), "{}", home.body);
        let account = ana.get("/portal/account").await.body;
        assert!(account.contains("Blue Plan, Gold") && !account.contains("Adams"));
        assert_eq!(ana.get("/portal/records").await.status, StatusCode::OK);
        for page in [format!("/patients/{}", app.fixture.ana), "/patients".to_owned(), "/audit".to_owned()] {
            assert_eq!(ana.get(&page).await.status, StatusCode::FORBIDDEN, "{page}");
        }
        ana.post("/api/accounts/language", &[("language", "es")]).await;
        assert!(ana.get("/portal").await.body.contains("Buenos días, Ana"));
    })
    .await;
}

#[tokio::test]
async fn the_auditor_sees_who_read_whom() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        desk.get(&format!("/patients/{}", app.fixture.ben)).await;
        app.state.reads.finish().await;
        let fresh = app.another_node().await;
        let auditor = fresh.as_("auditor").await;
        let log = auditor.get("/audit?user=rosa&day=2026-11-21&action=read").await.body;
        assert!(log.contains("Rosa Reception") && log.contains("Adams, Ben") && log.contains("receptionist"), "{log}");
        assert!(!auditor.get("/audit?user=nobody%25").await.body.contains("Rosa Reception"));
        assert!(!auditor.get("/audit?day=2026-11-20").await.body.contains("Rosa Reception"));
        assert_eq!(auditor.get("/audit?day=2026-02-30").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    })
    .await;
}

#[tokio::test]
async fn a_name_is_found_by_its_middle_and_in_spite_of_slips() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        for text in ["une", "ake", "bakre", "aker chlo", "bakr"] {
            let names = found(&desk, text).await;
            let wanted = if text == "une" { "Núñez, Ana María" } else { "Baker, Chloe" };
            assert_eq!(names.iter().filter(|name| *name == wanted).count(), 1, "{text}: {names:?}");
        }
        assert_eq!(found(&desk, "ak%r").await, found(&desk, "ak r").await, "signs mean nothing");
        assert_eq!(found(&desk, "zzz").await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn labels_of_several_patients_stand_on_one_sheet() {
    on_both_engines(|app| async move {
        let (desk, ana, ben) = (app.as_("desk").await, app.fixture.ana, app.fixture.ben);
        let sheet = desk.get(&format!("/patients/{ana}/labels?count=2&also={ben}")).await;
        assert_eq!(sheet.status, StatusCode::OK, "{}", sheet.body);
        assert_eq!(sheet.body.matches("label-sheet__one").count(), 4);
        assert!(sheet.body.contains("Núñez") && sheet.body.contains("Adams"), "{}", sheet.body);
        assert!(desk.get(&format!("/patients/{ana}/label")).await.body.contains("/labels"));
        // Patients of another clinic are on no sheet.
        let south = app.as_("desk2").await;
        assert_eq!(south.get(&format!("/patients/{ana}/labels")).await.status, StatusCode::SEE_OTHER);
    })
    .await;
}
