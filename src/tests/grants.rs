//! Tests access to records that reception grants: it needs a proof, the patient is notified and an adult must agree, an auditor reviews
//! it, and it ends.

use axum::http::StatusCode;
use chrono::{Duration, NaiveDate};

use super::{Answer, Browser, TestApp, all_at_once, fixture::PASSWORD, merges, on_both_engines, races_on_both_engines};
use crate::{
    accounts, billing,
    core::{Error, PatientId, Stamp, UserId},
    db::sql,
    patients::{self, Birth, Facts, NewPatient, PatientName, Sex},
    server::{
        config::Config,
        mail::{Post, send_due},
    },
};

async fn post(browser: &Browser, function: &str, form: &[(&str, &str)]) -> Answer {
    browser.post(&format!("/api/patients/{function}"), form).await
}

/// Returns a patient's id as a form sends it.
fn id_of(patient: PatientId) -> &'static str {
    Box::leak(patient.to_string().into_boxed_str())
}

/// Returns the names of the fields with errors.
fn wrong(answer: &Answer) -> Vec<String> {
    match answer.error() {
        Error::Invalid(errors) => errors.into_iter().map(|error| error.field).collect(),
        other => panic!("{other:?}"),
    }
}

/// Creates an adult patient of the clinic with an e-mail address, without a portal account.
pub(super) async fn adult(app: &TestApp, email: &str, language: &str) -> PatientId {
    let (mut tx, now) = (app.state.db.write().await.expect("a transaction"), app.state.clock.now());
    let born = NaiveDate::from_ymd_opt(1950, 5, 1).expect("a day");
    let mut facts = Facts::new(PatientName::new("Elsa", "Ito"), Birth::on(born), Sex::Female);
    (facts.more.email, facts.more.language) = (email.to_owned(), language.to_owned());
    let patient = NewPatient { id: PatientId::new(), facts };
    patients::insert(&mut tx, &patient, Stamp::system(now)).await.expect("registered");
    billing::open_account(&mut tx, patient.id, Stamp::system(now)).await.expect("an account");
    accounts::scope::take_in(&mut tx, patient.id, app.fixture.north, now).await.expect("taken in");
    tx.commit().await.expect("committed");
    patient.id
}

/// Sends the letters and returns them with their recipients.
async fn letters(app: &TestApp) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let post = Post::new(&Config { mail: format!("file:{}", folder.path().display()), ..Config::default() }).expect("a way");
    send_due(&app.state, &post).await.expect("sent");
    let files = std::fs::read_dir(folder.path()).expect("a folder").map(|file| file.expect("a file").path());
    files.map(|path| std::fs::read_to_string(path).expect("a letter").replace("=\r\n", "")).collect()
}

#[tokio::test]
async fn a_change_of_access_is_told_at_the_address_that_the_patient_confirmed() {
    on_both_engines(|app| async move {
        let ana = app.as_("ana").await;
        super::messages::confirm(&app, &ana, app.fixture.ana, "email", "really.ana@home.test").await;
        let desk = app.as_("desk").await;
        assert_eq!(post(&desk, "take_access_away", &[("patient_id", id_of(app.fixture.ana))]).await.status, StatusCode::OK);
        let told = letters(&app).await;
        assert!(told.iter().any(|letter| letter.contains("To: really.ana@home.test")), "{told:?}");
        app.assert_sound().await;
    })
    .await;
}

async fn number(app: &TestApp, query: &'static str) -> i64 {
    app.state.db.read().await.expect("a transaction").count(sql(query)).await.expect("counted")
}

async fn change(app: &TestApp, query: crate::db::Sql) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    tx.execute(query).await.expect("changed");
    tx.commit().await.expect("committed");
}

/// Returns the code on the paper that reception prints.
pub(super) async fn code(desk: &Browser, patient: &str) -> String {
    let given = post(desk, "give_access", &[("patient_id", patient)]).await;
    assert_eq!(given.status, StatusCode::OK, "{}", given.body);
    let paper = desk.get(&format!("/patients/{patient}/access")).await.body;
    paper.split("<code>").nth(1).and_then(|rest| rest.split('<').next()).expect("a code").to_owned()
}

/// Returns the id of the first guardian on a page.
fn guardian_on(page: &str) -> String {
    page.split("name=\"guardian\" value=\"").nth(1).and_then(|rest| rest.get(..36)).expect("an id").to_owned()
}

#[tokio::test]
async fn giving_and_taking_access_asks_for_a_proof() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let (chloe, ana) = (app.fixture.chloe.to_string(), app.fixture.ana.to_string());
        app.state.clock.advance(Duration::minutes(6));
        let guardian =
            [("patient_id", chloe.as_str()), ("guardian_id", id_of(app.fixture.ben)), ("kind", "child"), ("document", "Birth certificate")];
        for (function, form) in
            [("give_access", &guardian[..1]), ("add_guardian", &guardian[..]), ("take_access_away", &[("patient_id", ana.as_str())][..])]
        {
            assert_eq!(wrong(&post(&desk, function, form).await), ["password"], "{function}");
        }
        assert!(desk.get(&format!("/patients/{chloe}")).await.body.contains("name=\"password\""));
        assert_eq!(number(&app, "SELECT count(*) FROM access_grants").await, 0);
        let proven = [("patient_id", chloe.as_str()), ("password", PASSWORD)];
        assert_eq!(post(&desk, "give_access", &proven).await.status, StatusCode::OK);
        assert_eq!(post(&desk, "add_guardian", &guardian).await.status, StatusCode::OK, "for five minutes");
        let guardian = guardian_on(&desk.get(&format!("/patients/{chloe}")).await.body);
        app.state.clock.advance(Duration::minutes(6));
        let end = [("patient_id", chloe.as_str()), ("guardian", guardian.as_str())];
        assert_eq!(wrong(&post(&desk, "end_guardian", &end).await), ["password"], "ending asks for it like adding");
        let proven = [("patient_id", chloe.as_str()), ("guardian", guardian.as_str()), ("password", PASSWORD)];
        assert_eq!(post(&desk, "end_guardian", &proven).await.status, StatusCode::OK);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_patient_is_told_by_letter_and_bell_in_her_language() {
    on_both_engines(|app| async move {
        let (desk, elsa) = (app.as_("desk").await, adult(&app, "elsa@home.test", "es-MX").await.to_string());
        code(&desk, &elsa).await;
        let sent = letters(&app).await;
        assert_eq!(sent.len(), 1);
        assert!(sent[0].contains("elsa@home.test") && sent[0].contains("en recepci") && !sent[0].contains("At the desk"), "{}", sent[0]);
        let form = [
            ("patient_id", elsa.as_str()),
            ("guardian_id", id_of(app.fixture.ben)),
            ("kind", "parent"),
            ("until", "2027-01-31"),
            ("document", "Consent"),
        ];
        assert_eq!(post(&desk, "add_guardian", &form).await.status, StatusCode::OK);
        let sent = letters(&app).await;
        assert!(sent.len() == 1 && sent[0].contains("Ben Adams"), "{sent:?}");
        // Its end is announced too, to her and to the guardian who loses access.
        let guardian = guardian_on(&desk.get(&format!("/patients/{elsa}")).await.body);
        assert_eq!(post(&desk, "end_guardian", &[("patient_id", &elsa), ("guardian", &guardian)]).await.status, StatusCode::OK);
        let sent = letters(&app).await;
        assert!(sent.len() == 1 && sent[0].contains("Ben Adams") && sent[0].contains("se termin"), "{sent:?}");
        assert!(app.as_("ben").await.get("/notifications").await.body.contains("somebody you no longer act for"));
        // Patients who already have a portal account are notified there.
        let ana = app.fixture.ana.to_string();
        let form = [("patient_id", ana.as_str()), ("guardian_id", id_of(app.fixture.ben)), ("kind", "spouse"), ("until", "2027-01-31")];
        assert_eq!(post(&desk, "add_guardian", &form).await.status, StatusCode::OK);
        assert!(app.as_("ana").await.get("/notifications").await.body.contains("Ben Adams asks to see this record"));
        assert!(!app.as_("ben").await.get("/notifications").await.body.contains("asks to see this record"));
    })
    .await;
}

#[tokio::test]
async fn nobody_acts_for_an_adult_without_the_adults_yes() {
    on_both_engines(|app| async move {
        let (desk, ben, ana) = (app.as_("desk").await, app.as_("ben").await, app.as_("ana").await);
        let id = app.fixture.ana.to_string();
        let with = |more: &[(&'static str, &'static str)]| {
            let mut form = vec![("patient_id", id.clone()), ("guardian_id", app.fixture.ben.to_string()), ("kind", "spouse".to_owned())];
            form.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
            form
        };
        let add = async |form: Vec<(&'static str, String)>| {
            let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
            post(&desk, "add_guardian", &form).await
        };
        assert_eq!(wrong(&add(with(&[])).await), ["until"], "for an adult there is no default");
        assert_eq!(wrong(&add(with(&[("until", "2199-01-01")])).await), ["until"], "and it is not for ever");
        // She has a portal account: a document that reception saw does not replace her consent.
        assert_eq!(add(with(&[("until", "2027-06-30"), ("document", "Consent")])).await.status, StatusCode::OK);
        assert!(desk.get(&format!("/patients/{id}")).await.body.contains("Waits for the patient"));
        let acts = async || ben.get("/portal").await.body.contains("Ana María");
        assert!(!acts().await, "she has not answered");
        let page = ana.get("/portal/account").await.body;
        let guardian = guardian_on(&page);
        assert!(page.contains("Ben Adams") && page.contains("/api/patients/agree_guardian"), "{page}");
        for other in [&ben, &app.as_("desk").await] {
            assert_ne!(post(other, "agree_guardian", &[("guardian", &guardian)]).await.status, StatusCode::OK);
        }
        app.state.clock.advance(Duration::minutes(6));
        assert_eq!(wrong(&post(&ana, "agree_guardian", &[("guardian", &guardian)]).await), ["password"]);
        assert_eq!(post(&ana, "agree_guardian", &[("guardian", &guardian), ("password", PASSWORD)]).await.status, StatusCode::OK);
        assert!(acts().await);
        // Ben, acting in her portal, cannot consent for her.
        post(&ben, "end_own_guardian", &[("guardian", &guardian)]).await;
        assert!(acts().await);
        assert_eq!(post(&ana, "end_own_guardian", &[("guardian", &guardian)]).await.status, StatusCode::OK);
        assert!(!acts().await);
        assert!(matches!(post(&ana, "agree_guardian", &[("guardian", &guardian)]).await.error(), Error::Conflict(_)), "it is over");

        // Without a portal account reception records the consent that it saw, and the auditor reads it.
        let elsa = adult(&app, "", "").await.to_string();
        let desk = app.as_("desk").await;
        let form = [("patient_id", elsa.as_str()), ("guardian_id", id_of(app.fixture.ben)), ("kind", "parent"), ("until", "2027-06-30")];
        assert_eq!(wrong(&post(&desk, "add_guardian", &form).await), ["document"]);
        let form: Vec<_> = form.into_iter().chain([("document", "Signed consent, passport")]).collect();
        assert_eq!(post(&desk, "add_guardian", &form).await.status, StatusCode::OK);
        assert!(ben.get("/portal").await.body.contains("Elsa Ito"));
        assert!(app.as_("auditor").await.get("/audit/grants").await.body.contains("Signed consent, passport"));
        // The database refuses it as well.
        let mut tx = app.state.db.write().await.expect("a transaction");
        let silent = tx.execute(sql("UPDATE guardians SET document = '' WHERE ended_at IS NULL")).await;
        assert!(silent.expect_err("nobody agreed").violates("guardians_agreed"));
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn access_that_was_given_waits_until_another_person_has_judged_it() {
    on_both_engines(|app| async move {
        let (desk, chloe) = (app.as_("desk").await, app.fixture.chloe.to_string());
        code(&desk, &chloe).await;
        let auditor = app.as_("auditor").await;
        let page = auditor.get("/audit/grants").await.body;
        assert!(page.contains("Baker, Chloe") && page.contains("Code for the portal") && page.contains("Rosa Reception"), "{page}");
        let id = page.split("name=\"grant_id\" value=\"").nth(1).and_then(|rest| rest.get(..36)).expect("an id").to_owned();
        let judge = async |verdict: &str, remark: &str| {
            post(&auditor, "judge_grant", &[("grant_id", &id), ("verdict", verdict), ("remark", remark)]).await
        };
        assert_eq!(wrong(&judge("unjustified", "").await), ["remark"]);
        let mut tx = app.state.db.write().await.expect("a transaction");
        let own = tx.execute(sql("UPDATE access_grants SET reviewed_by = user_id, reviewed_at = made_at, verdict = 'justified'")).await;
        assert!(own.expect_err("one's own").violates("access_grants_not_ones_own"));
        drop(tx);
        assert_eq!(judge("justified", "").await.status, StatusCode::OK);
        assert!(matches!(judge("justified", "").await.error(), Error::Conflict(_)), "once");
        assert!(auditor.get("/audit/grants").await.body.contains("Nothing to judge"));
        assert!(auditor.get("/audit/grants?all=yes").await.body.contains("Judged by"));
        for change in ["UPDATE access_grants SET document = 'other'", "DELETE FROM access_grants"] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            assert!(tx.execute(sql(change)).await.is_err(), "{change}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_clerk_gives_no_access_to_herself() {
    on_both_engines(|app| async move {
        // She is also a patient.
        let (clerk, now) = (app.fixture.user("desk"), app.state.clock.now());
        let role = sql("INSERT INTO user_roles (user_id, role, granted_at, granted_by) VALUES ($1, 'patient', $2, $3)");
        change(&app, role.bind(clerk).bind(now).bind(clerk)).await;
        let (desk, chloe) = (app.as_("desk").await, app.fixture.chloe.to_string());
        let code = code(&desk, &chloe).await;
        let form = [("link_code", code.as_str()), ("birth_date", "2015-06-30")];
        assert!(matches!(post(&desk, "link_record", &form).await.error(), Error::Conflict(_)), "her own code");
        assert_eq!(number(&app, "SELECT count(*) FROM access_grants WHERE kind = 'staff_link'").await, 0);
        // A colleague's code works; her being staff is shown on the auditors' list.
        change(&app, sql("UPDATE portal_codes SET created_by = $1").bind(app.fixture.user("desk2"))).await;
        assert_eq!(post(&desk, "link_record", &form).await.status, StatusCode::OK);
        assert_eq!(number(&app, "SELECT count(*) FROM access_grants WHERE kind = 'staff_link'").await, 1);
        assert_eq!(number(&app, "SELECT count(*) FROM patient_users WHERE given_by IS NOT NULL AND given_by <> user_id").await, 1);
        let mut tx = app.state.db.write().await.expect("a transaction");
        let own = tx.execute(sql("UPDATE patient_users SET given_by = user_id")).await;
        assert!(own.expect_err("one's own code").violates("patient_users_not_ones_own"));
        drop(tx);
        // She cannot register the record of her own account as a guardian either.
        let elsa = adult(&app, "", "").await.to_string();
        let desk = app.as_("desk").await;
        let form = [
            ("patient_id", elsa.as_str()),
            ("guardian_id", id_of(app.fixture.chloe)),
            ("kind", "other"),
            ("until", "2027-01-31"),
            ("document", "x"),
        ];
        assert!(matches!(post(&desk, "add_guardian", &form).await.error(), Error::Conflict(_)));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_desk_takes_access_away_and_it_is_gone_at_once() {
    on_both_engines(|app| async move {
        let (desk, ana, id) = (app.as_("desk").await, app.as_("ana").await, app.fixture.ana.to_string());
        assert!(ana.get("/portal/account").await.body.contains("1A00000000017"));
        assert_eq!(post(&desk, "take_access_away", &[("patient_id", &id)]).await.status, StatusCode::OK);
        assert!(!ana.get("/portal/account").await.body.contains("1A00000000017"));
        assert!(ana.get("/notifications").await.body.contains("took the access"));
        assert!(matches!(post(&desk, "take_access_away", &[("patient_id", &id)]).await.error(), Error::Conflict(_)));
        // An unused code becomes invalid too, and a new one gives access to the record again.
        code(&desk, &id).await;
        assert_eq!(post(&desk, "take_access_away", &[("patient_id", &id)]).await.status, StatusCode::OK);
        let code = code(&desk, &id).await;
        assert_eq!(post(&ana, "link_record", &[("link_code", &code), ("birth_date", "1980-04-18")]).await.status, StatusCode::OK);
        app.assert_sound().await;
    })
    .await;
}

/// The last day is the clinic's day, on both sides of the date line.
#[tokio::test]
async fn a_guardians_last_day_ends_with_the_clinics_day() {
    on_both_engines(|app| async move {
        // It is 15:30 on the 21st in UTC, and the 22nd in Kiritimati; when that day ends there, it is still the 21st in Pago Pago.
        for (zone, until, minutes) in [("Pacific/Kiritimati", "2026-11-22", 18 * 60 + 30), ("Pacific/Pago_Pago", "2026-11-22", 25 * 60)] {
            change(&app, sql("UPDATE clinics SET time_zone = $1").bind(zone)).await;
            let (desk, chloe) = (app.as_("desk").await, app.fixture.chloe.to_string());
            let form = [
                ("patient_id", chloe.as_str()),
                ("guardian_id", id_of(app.fixture.ben)),
                ("kind", "child"),
                ("document", "Birth certificate"),
                ("until", until),
            ];
            assert_eq!(post(&desk, "add_guardian", &form).await.status, StatusCode::OK, "{zone}");
            let acts = async || app.as_("ben").await.get("/portal").await.body.contains("Chloe");
            assert!(acts().await, "{zone}: from the first moment");
            app.state.clock.advance(Duration::minutes(minutes) - Duration::seconds(1));
            assert!(acts().await, "{zone}: to the last second of the day");
            app.state.clock.advance(Duration::seconds(1));
            assert!(!acts().await, "{zone}: and no longer");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_codes_that_are_made_at_once_one_is_left() {
    races_on_both_engines(|app| async move {
        let (desk, chloe) = (app.as_("desk").await, app.fixture.chloe.to_string());
        let given = all_at_once((0..5).map(|_| {
            let (desk, chloe) = (desk.clone(), chloe.clone());
            async move { post(&desk, "give_access", &[("patient_id", &chloe)]).await.status }
        }))
        .await;
        assert!(given.iter().all(|status| *status == StatusCode::OK), "{given:?}");
        assert_eq!(number(&app, "SELECT count(*) FROM portal_codes").await, 1);
        assert_eq!(number(&app, "SELECT count(*) FROM access_grants").await, 5);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_taking_away_and_linking_at_once_the_later_one_holds() {
    races_on_both_engines(|app| async move {
        let (desk, ana, id) = (app.as_("desk").await, app.as_("ana").await, app.fixture.ana.to_string());
        assert_eq!(post(&desk, "take_access_away", &[("patient_id", &id)]).await.status, StatusCode::OK);
        let code = code(&desk, &id).await;
        let link = async move { post(&ana, "link_record", &[("link_code", &code), ("birth_date", "1980-04-18")]).await.status };
        let take = async move { post(&desk, "take_access_away", &[("patient_id", &id)]).await.status };
        let (linked, taken) = tokio::join!(tokio::spawn(link), tokio::spawn(take));
        let (linked, taken) = (linked.expect("done"), taken.expect("done"));
        assert_eq!(taken, StatusCode::OK, "there was a code or an account");
        assert!(linked == StatusCode::OK || linked == StatusCode::UNPROCESSABLE_ENTITY, "{linked}");
        assert_eq!(number(&app, "SELECT count(*) FROM portal_codes").await, 0);
        let open = "SELECT count(*) FROM patient_users u JOIN patients p ON p.id = u.patient_id WHERE p.mrn = '1A00000000017'";
        assert_eq!(number(&app, open).await, 0, "linked before, and then taken away; or the code was gone");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_adding_and_ending_a_guardian_at_once_nothing_is_doubled_or_half() {
    races_on_both_engines(|app| async move {
        let (desk, ana, id) = (app.as_("desk").await, app.as_("ana").await, app.fixture.ana.to_string());
        let ben = id_of(app.fixture.ben);
        let form = [("patient_id", id.as_str()), ("guardian_id", ben), ("kind", "spouse"), ("until", "2027-01-31")];
        assert_eq!(post(&desk, "add_guardian", &form).await.status, StatusCode::OK);
        let guardian = guardian_on(&ana.get("/portal/account").await.body);
        let acts = (0..6).map(|number| {
            let (desk, ana, id, guardian) = (desk.clone(), ana.clone(), id.clone(), guardian.clone());
            async move {
                match number % 3 {
                    0 => {
                        let form = [("patient_id", id.as_str()), ("guardian_id", ben), ("kind", "spouse"), ("until", "2027-01-31")];
                        post(&desk, "add_guardian", &form).await.status
                    }
                    1 => post(&desk, "end_guardian", &[("patient_id", &id), ("guardian", &guardian)]).await.status,
                    _ => post(&ana, "agree_guardian", &[("guardian", &guardian)]).await.status,
                }
            }
        });
        let answers = all_at_once(acts).await;
        assert!(answers.iter().all(|status| !status.is_server_error()), "{answers:?}");
        assert_eq!([answers[1], answers[4]].iter().filter(|status| **status == StatusCode::OK).count(), 1, "ended once");
        assert!([answers[0], answers[3]].iter().filter(|status| **status == StatusCode::OK).count() <= 1);
        assert!(number(&app, "SELECT count(*) FROM guardians WHERE ended_at IS NULL").await <= 1);
        app.assert_sound().await;
    })
    .await;
}

/// A merge gives the account of one record another person's rows, if the two are no one person.
#[tokio::test]
async fn a_merge_asks_for_a_proof_tells_both_and_stands_on_the_auditors_list() {
    on_both_engines(|app| async move {
        let (desk, doctor) = (app.as_("desk").await, app.as_("doctor").await);
        let elsa = adult(&app, "elsa@home.test", "es-MX").await;
        // Ben has an account, which opens Elsa's record after that.
        let merge = merges::propose(&desk, elsa, app.fixture.ben).await;
        app.state.clock.advance(Duration::minutes(6));
        assert!(doctor.get(&format!("/merges/{merge}")).await.body.contains("name=\"password\""));
        assert_eq!(wrong(&merges::decide(&doctor, &merge, &[("password", "")]).await), ["password"]);
        let merged = merges::decide(&doctor, &merge, &[]).await;
        assert_eq!(merged.status, StatusCode::OK, "{}", merged.body);
        let sent = letters(&app).await;
        assert!(sent.len() == 1 && sent[0].contains("elsa@home.test") && sent[0].contains("fichas suyas en una"), "{sent:?}");
        assert!(app.as_("ben").await.get("/notifications").await.body.contains("Two records were joined"));
        assert_eq!(number(&app, "SELECT count(*) FROM access_grants WHERE kind = 'merge'").await, 1);
        assert!(app.as_("auditor").await.get("/audit/grants").await.body.contains("Records joined"));
        app.assert_sound().await;
        // So does the way back: the account of one loses what it saw.
        let ask = [("merge_id", merge.as_str()), ("words", "Two people after all")];
        assert_eq!(post(&desk, "ask_to_undo_merge", &ask).await.status, StatusCode::OK);
        app.state.clock.advance(Duration::minutes(6));
        assert!(doctor.get(&format!("/merges/{merge}")).await.body.contains("name=\"password\""));
        let undo = [("merge_id", merge.as_str()), ("verdict", "undo")];
        assert_eq!(wrong(&post(&doctor, "undo_merge", &undo).await), ["password"]);
        assert_eq!(number(&app, "SELECT count(*) FROM patient_merges WHERE state = 'merged'").await, 1);
        let undone = post(&doctor, "undo_merge", &[undo[0], undo[1], ("password", PASSWORD)]).await;
        assert_eq!(undone.status, StatusCode::OK, "{}", undone.body);
        let sent = letters(&app).await;
        assert!(sent.len() == 1 && sent[0].contains("elsa@home.test") && sent[0].contains("se volvieron a separar"), "{sent:?}");
        assert!(app.as_("ben").await.get("/notifications").await.body.contains("are separated again"));
        assert_eq!(number(&app, "SELECT count(*) FROM access_grants WHERE kind = 'separation'").await, 1);
        assert!(app.as_("auditor").await.get("/audit/grants").await.body.contains("Records separated"));
        app.assert_sound().await;
    })
    .await;
}

/// A clerk who puts in her own address, gives access and puts the old one back, is told of at the old one.
#[tokio::test]
async fn an_address_that_was_replaced_hears_of_it_and_of_access_given_after_that() {
    on_both_engines(|app| async move {
        let (desk, elsa) = (app.as_("desk").await, adult(&app, "elsa@home.test", "en").await.to_string());
        let saved = async |version: &str, email: &str| {
            let form = [
                ("patient_id", elsa.as_str()),
                ("version", version),
                ("given_names", "Elsa"),
                ("family_name", "Ito"),
                ("birth_date", "1950-05-01"),
                ("sex", "female"),
                ("email", email),
            ];
            let answer = post(&desk, "save", &form).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        };
        let told = async || {
            let sent = letters(&app).await;
            ["elsa@home.test", "clerk@home.test"].map(|to| sent.iter().filter(|letter| letter.contains(to)).count())
        };
        saved("1", "clerk@home.test").await;
        assert_eq!(told().await, [1, 1], "the address changed");
        code(&desk, &elsa).await;
        assert_eq!(told().await, [1, 1], "the code");
        saved("2", "elsa@home.test").await;
        assert_eq!(told().await, [1, 1]);
        app.state.clock.advance(Duration::days(31));
        let desk = app.as_("desk").await;
        code(&desk, &elsa).await;
        assert_eq!(told().await, [1, 0], "a month later only the present one");
        app.assert_sound().await;
    })
    .await;
}
