//! Tests the permission matrix by patient: every page and function about a patient is requested by every role for a patient of
//! the clinic, for one of another clinic, for another user's child, and with a session that has ended. [`super::permissions`]
//! tests which role has access at all; this module tests whose records the role then gets, and which data.

use super::{Browser, TestApp, on_both_engines, permissions, plans};
use crate::{
    core::{ClinicId, Error},
    db::{Engine, Sql, sql},
};

/// The filler's patients, each with an object of every kind under the same id.
const OF_THE_CLINIC: u32 = 1;
const OF_ANOTHER: u32 = 2;
const A_CHILD: u32 = 3;
/// The login of the child's parent.
const PARENT: &str = "filler4";

/// The words by which a test detects the content of a page. This one is in the diagnoses and prescriptions of
/// `plans/fill.sql`, because a finished encounter accepts no change.
const CLINICAL: &str = "Clinicalmark";
const ALLERGY: &str = "Allergymark";
const BILLING: &str = "Billingmark";
const REACH: &str = "Reachmark";

/// The data of a patient of its clinic that each role sees, over all its pages: clinical, allergies, billing, contact
/// data.
#[rustfmt::skip]
const SEES: &[(&str, [bool; 4])] = &[
    //             clinical  allergies  billing  reach
    ("desk",      [false,    true,      true,    true]),
    ("nurse",     [true,     true,      false,   true]),
    ("doctor",    [true,     true,      false,   true]),
    ("cashier",   [false,    false,     true,    true]),
    ("admin",     [false,    false,     false,   false]),
    ("auditor",   [false,    false,     false,   false]),
    ("lab",       [false,    false,     false,   false]),
    ("pathologist", [false,  false,     false,   false]),
    // Allergies are shown before contrast is given.
    ("radiology", [false,    true,      false,   false]),
    ("radiologist", [false,  true,      false,   false]),
    ("pharmacist", [true,    true,      false,   false]),
    ("accountant", [false,   false,     true,    false]),
    ("storekeeper", [false,  false,     false,   false]),
    ("ward_manager", [false, true,      false,   true]),
    ("ana",       [false,    false,     false,   false]),
    ("filler1",   [true,     true,      true,    true]),
];

/// The functions whose purpose is to give access, which are tested in `scope`.
const OPENS: [&str; 2] = ["patients/open_in_emergency", "patients/take_in"];

/// Views that show only a person's identity.
const IDENTITY: &str = "('identity', 'search', 'list')";

fn made(text: &str) -> Sql {
    sql("").after(text)
}

/// Moves the money of one filler to the other clinic, and adds the words to detect, past the guards that keep invoices and payments.
async fn prepare_money(app: &TestApp, south: ClinicId, other: uuid::Uuid) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let off: &[&'static str] = match tx.engine() {
        Engine::Sqlite => &["DROP TRIGGER invoices_frozen", "DROP TRIGGER payments_frozen"],
        Engine::Postgres => &["SET LOCAL session_replication_role = replica"],
    };
    for statement in off {
        tx.execute(sql(statement)).await.expect("the guards are off");
    }
    for table in ["invoices", "payments"] {
        let query = made(&format!("UPDATE {table} SET clinic_id = $1 WHERE id = $2")).bind(south).bind(other);
        assert_eq!(tx.execute(query).await.expect(table), 1, "{table}");
    }
    tx.execute(sql("UPDATE invoices SET number = 'Billingmark-' || number")).await.expect("numbers");
    tx.commit().await.expect("committed");
}

/// Moves one filler to the other clinic, gives another a parent, and adds the words to detect.
async fn prepare(app: &TestApp) {
    plans::fill_a_few(app).await;
    prepare_money(app, app.fixture.south, plans::id(OF_ANOTHER).parse().expect("an id")).await;
    let mut tx = app.state.db.write().await.expect("a transaction");
    let south = app.fixture.south;
    let id = |number: u32| plans::id(number).parse::<uuid::Uuid>().expect("an id");
    for table in ["appointments", "waitlist", "visits", "queue_entries", "encounters", "orders", "charges"] {
        let query = made(&format!("UPDATE {table} SET clinic_id = $1 WHERE id = $2")).bind(south).bind(id(OF_ANOTHER));
        assert_eq!(tx.execute(query).await.expect(table), 1, "{table}");
    }
    tx.execute(sql("UPDATE care SET clinic_id = $1 WHERE patient_id = $2").bind(south).bind(id(OF_ANOTHER)))
        .await
        .expect("in care elsewhere");
    tx.execute(sql("UPDATE guardians SET guardian_id = $1 WHERE patient_id = $2").bind(id(4)).bind(id(A_CHILD))).await.expect("a parent");
    tx.execute(sql("UPDATE users SET password_hash = (SELECT password_hash FROM users WHERE login = 'ana') WHERE login LIKE 'filler%'"))
        .await
        .expect("they sign in");
    for (table, column, mark) in [("allergies", "substance", ALLERGY), ("charges", "description", BILLING)] {
        tx.execute(made(&format!("UPDATE {table} SET {column} = $1")).bind(mark)).await.expect(table);
    }
    tx.execute(sql("UPDATE patient_contacts SET name = $1").bind(REACH)).await.expect("contacts");
    tx.commit().await.expect("committed");
}

/// Returns the pages about a patient, with the ids of this patient's objects.
fn pages(number: u32) -> impl Iterator<Item = String> {
    let id = plans::id(number);
    permissions::pages()
        .filter(|path| path.contains('{') && !path.contains("{token}") && !path.contains("{code}") && !path.contains("{screen}"))
        .map(move |path| path.split('/').map(|part| if part.starts_with('{') { id.as_str() } else { part }).collect::<Vec<_>>().join("/"))
}

/// Returns everything that a browser shows about this patient, on every page; for the patient's own portal also its own
/// pages.
async fn shown(browser: &Browser, number: u32, own: bool) -> String {
    let mut all = String::new();
    let portal = ["/portal/records", "/portal/account"].into_iter().filter(|_| own).map(str::to_owned);
    for page in pages(number).chain(portal) {
        let answer = browser.get(&page).await;
        assert!(!answer.status.is_server_error(), "{page}: {}", answer.status);
        all.push_str(&answer.body);
    }
    all
}

fn marks(shown: &str) -> [bool; 4] {
    [CLINICAL, ALLERGY, BILLING, REACH].map(|mark| shown.contains(mark))
}

/// Returns the number of audit rows about a patient, without refusals and views of the identity.
async fn noted(app: &TestApp, number: u32, what: &str) -> i64 {
    let id: uuid::Uuid = plans::id(number).parse().expect("an id");
    let query = made(&format!(
        "SELECT count(*) FROM audit_log WHERE patient_id = $1 AND action <> 'refused' AND what NOT IN {IDENTITY} AND user_id IN
            (SELECT id FROM users WHERE login NOT LIKE 'filler%') AND {what}"
    ));
    app.state.db.read().await.expect("a connection").count(query.bind(id)).await.expect("counted")
}

#[tokio::test]
async fn of_a_patient_of_the_clinic_each_role_sees_what_it_needs_and_no_more() {
    on_both_engines(|app| async move {
        prepare(&app).await;
        for (login, sees) in SEES {
            assert_eq!(marks(&shown(&app.as_(login).await, OF_THE_CLINIC, *login == "filler1").await), *sees, "{login}");
        }
    })
    .await;
}

#[tokio::test]
async fn of_another_clinics_patient_nobody_sees_or_changes_anything() {
    on_both_engines(|app| async move {
        prepare(&app).await;
        // The administrator works at all clinics: the test above covers that role.
        for login in ["ana", "filler1", "desk", "nurse", "doctor", "cashier"] {
            let browser = app.as_(login).await;
            assert_eq!(marks(&shown(&browser, OF_ANOTHER, false).await), [false; 4], "{login}");
            for path in &permissions::functions()
                .filter(|path| !OPENS.contains(&path.as_str()) && !path.starts_with("accounts/"))
                .collect::<Vec<_>>()
            {
                let answer = permissions::called_with(&browser, path, &plans::id(OF_ANOTHER)).await;
                assert!(!answer.status.is_server_error(), "{login} calls {path}: {}", answer.status);
                assert_eq!(marks(&answer.body), [false; 4], "{login} calls {path}");
            }
        }
        app.state.reads.finish().await;
        assert_eq!(noted(&app, OF_ANOTHER, "1 = 1").await, 0, "nothing was seen, nothing was changed");
    })
    .await;
}

#[tokio::test]
async fn a_childs_record_is_its_guardians_and_nobody_elses() {
    on_both_engines(|app| async move {
        prepare(&app).await;
        for login in ["ana", "ben", "filler1"] {
            let browser = app.as_(login).await;
            let child = plans::id(A_CHILD);
            let answer = browser.post("/api/portal/act_for", &[("patient", &child)]).await;
            assert_eq!(answer.error(), Error::NotFound, "{login} is not the parent");
            assert_eq!(marks(&shown(&browser, A_CHILD, false).await), [false; 4], "{login}");
            for path in &permissions::functions().filter(|path| path.starts_with("portal/") || path.starts_with("opd/")).collect::<Vec<_>>()
            {
                let answer = permissions::called_with(&browser, path, &child).await;
                assert_eq!(marks(&answer.body), [false; 4], "{login} calls {path}");
            }
        }
        let parent = app.as_(PARENT).await;
        assert!(!marks(&shown(&parent, A_CHILD, false).await)[0], "not before the parent acts for the child");
        parent.post("/api/portal/act_for", &[("patient", &plans::id(A_CHILD))]).await;
        assert_eq!(marks(&shown(&parent, A_CHILD, true).await), [true; 4]);
        app.state.reads.finish().await;
        assert_eq!(noted(&app, A_CHILD, "action <> 'read'").await, 0, "nobody else changed anything");
    })
    .await;
}

/// Pages that everybody sees.
const PUBLIC: [&str; 4] = ["/board", "/design", "/logo", "/clinic"];

#[tokio::test]
async fn an_ended_session_opens_nothing() {
    on_both_engines(|app| async move {
        prepare(&app).await;
        for login in ["filler1", "desk", "nurse", "doctor", "cashier", "admin", "auditor"] {
            let browser = app.as_(login).await;
            let kept = browser.copied();
            browser.post("/api/accounts/sign_out", &[]).await;
            for page in pages(OF_THE_CLINIC).filter(|page| !PUBLIC.iter().any(|public| page.starts_with(public))) {
                let to = kept.get(&page).await.location.unwrap_or_default();
                assert!(to.starts_with("/sign-in"), "{login} at {page}: {to}");
            }
            for path in &permissions::closed_functions().collect::<Vec<_>>() {
                let answer = permissions::called_with(&kept, path, &plans::id(OF_THE_CLINIC)).await;
                assert_eq!(answer.status.as_u16(), 401, "{login} calls {path}");
            }
        }
    })
    .await;
}
