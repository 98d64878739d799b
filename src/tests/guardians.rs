//! Tests that a guardian reads the record and books for the patient, that no other user does, and only for the agreed
//! time.

use axum::http::StatusCode;

use super::{Answer, Browser, Fixture, TestApp, on_both_engines};
use crate::core::{Error, PatientId, Stamp};

async fn post(browser: &Browser, path: &str, form: &[(&str, String)]) -> Answer {
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.post(path, &form).await
}

/// Registers Ben as guardian of Chloe, who is eleven.
async fn register(app: &TestApp, more: &[(&str, String)]) -> Answer {
    let form = [
        ("patient_id", app.fixture.chloe.to_string()),
        ("guardian_id", app.fixture.ben.to_string()),
        ("kind", "child".to_owned()),
        ("document", "Birth certificate".to_owned()),
    ];
    let form: Vec<_> =
        form.into_iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name)).chain(more.iter().cloned()).collect();
    post(&app.as_("desk").await, "/api/patients/add_guardian", &form).await
}

async fn acts_for(browser: &Browser, patient: PatientId) -> Answer {
    post(browser, "/api/portal/act_for", &[("patient", patient.to_string()), ("next", "/portal/account".to_owned())]).await
}

/// Returns the value of a bookable slot's button, and the patient for whom the page was rendered.
async fn a_slot(browser: &Browser, app: &TestApp) -> (String, String) {
    let page = browser.get(&format!("/portal/book/times?clinic={}&doctor={}", app.fixture.north, app.fixture.costa)).await.body;
    let after = |text: &str| page.split(text).nth(1).and_then(|rest| rest.split('"').next()).expect(text).to_owned();
    (after("name=\"slot\" value=\""), after("name=\"patient\" value=\""))
}

#[tokio::test]
async fn a_guardian_reads_and_books_for_a_child() {
    on_both_engines(|app| async move {
        let (chloe, ben) = (app.fixture.chloe, app.as_("ben").await);
        assert_eq!(acts_for(&ben, chloe).await.error(), Error::NotFound, "nobody has registered it");
        assert!(!ben.get("/portal").await.body.contains("Chloe"));
        let done = register(&app, &[]).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        let record = app.as_("desk").await.get(&format!("/patients/{chloe}")).await.body;
        assert!(record.contains("Adams, Ben") && record.contains("Jun 2033"), "until the day before she is 18");

        let home = ben.get("/portal").await.body;
        assert!(home.contains("Chloe Baker") && home.contains("Good morning, Ben"), "his own at first");
        assert_eq!(acts_for(&ben, chloe).await.location.as_deref(), Some("/portal/account"));
        let account = ben.get("/portal/account").await.body;
        assert!(account.contains("1A00000000033") && !account.contains("1A00000000025"), "Chloe's record, not Ben's");
        for page in ["/portal", "/portal/records", "/portal/appointments", "/portal/statement", "/portal/account/access"] {
            assert_eq!(ben.get(page).await.status, StatusCode::OK, "{page}");
        }

        // The texts mention Chloe and do not address her; her record names Ben's relationship.
        assert!(record.contains("guardian of this child") && !record.contains(">Child "), "{record}");
        assert!(account.contains("About Chloe Baker") && account.contains("Who opened this record"), "{account}");
        let home = ben.get("/portal").await.body;
        assert!(home.contains("title\">Chloe Baker") && !home.contains("Good morning"), "{home}");
        let records = ben.get("/portal/records").await.body;
        assert!(
            records.contains("Records: Chloe Baker") && !records.contains("Your visits") && !records.contains("asked you"),
            "{records}"
        );
        for page in ["/portal/appointments", "/portal/book", "/portal/account/access"] {
            assert!(ben.get(page).await.body.contains(": Chloe Baker"), "{page}");
        }

        let (slot, shown_for) = a_slot(&ben, &app).await;
        assert_eq!(shown_for, chloe.to_string());
        // In another window he switched back to his own portal: a time shown for Chloe is not booked for Ben.
        post(&ben, "/api/portal/act_for", &[]).await;
        let hold = [("slot", slot.clone()), ("patient", shown_for), ("idempotency_key", Fixture::key())];
        assert!(matches!(post(&ben, "/api/portal/hold", &hold).await.error(), Error::Conflict(_)));
        acts_for(&ben, chloe).await;
        let held = post(&ben, "/api/portal/hold", &hold).await.location.expect("held");
        let id = held.rsplit('/').next().expect("an id").to_owned();
        let booked = post(&ben, "/api/portal/book", &[("appointment_id", id.clone()), ("reason", "Cough".to_owned())]).await;
        assert_eq!(booked.status, StatusCode::OK, "{}", booked.body);
        let page = format!("/portal/appointments/{id}");
        assert_eq!(ben.get(&page).await.status, StatusCode::OK);
        assert_eq!(app.as_("ana").await.get(&page).await.status, StatusCode::NOT_FOUND, "it is nobody else's");
        post(&ben, "/api/portal/act_for", &[]).await;
        assert_eq!(ben.get(&page).await.status, StatusCode::NOT_FOUND, "nor in Ben's own portal");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn it_ends_when_the_desk_ends_it_and_when_the_child_comes_of_age() {
    on_both_engines(|app| async move {
        let (chloe, ben) = (app.fixture.chloe, app.as_("ben").await);
        register(&app, &[("until", "2026-12-31".to_owned())]).await;
        assert!(matches!(register(&app, &[]).await.error(), Error::Conflict(_)), "once");
        acts_for(&ben, chloe).await;
        assert!(ben.get("/portal/account").await.body.contains("1A00000000033"));
        let desk = app.as_("desk").await;
        let record = desk.get(&format!("/patients/{chloe}")).await.body;
        let id = record.split("name=\"guardian\" value=\"").nth(1).and_then(|rest| rest.get(..36)).expect("an id").to_owned();
        let end = |patient: PatientId| [("patient_id", patient.to_string()), ("guardian", id.clone())];
        assert_eq!(post(&desk, "/api/patients/end_guardian", &end(app.fixture.ana)).await.error(), Error::NotFound, "of another record");
        assert_eq!(post(&desk, "/api/patients/end_guardian", &end(chloe)).await.status, StatusCode::OK);
        // The access ends at the next request, also in a session that is open in her portal.
        let account = ben.get("/portal/account").await.body;
        assert!(account.contains("1A00000000025") && !account.contains("Chloe"));
        assert_eq!(acts_for(&ben, chloe).await.error(), Error::NotFound);

        register(&app, &[("until", "2026-12-31".to_owned())]).await;
        app.state.clock.advance(chrono::Duration::days(40));
        let ben = app.as_("ben").await;
        assert!(ben.get("/portal").await.body.contains("Chloe"), "on 31 December still");
        app.state.clock.advance(chrono::Duration::days(1));
        let ben = app.as_("ben").await;
        assert!(!ben.get("/portal").await.body.contains("Chloe"));
        assert_eq!(acts_for(&ben, chloe).await.error(), Error::NotFound);
    })
    .await;
}

#[tokio::test]
async fn only_the_desk_registers_it_and_only_what_can_be() {
    on_both_engines(|app| async move {
        let field = |answer: Answer| match answer.error() {
            Error::Invalid(errors) => errors[0].field.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(field(register(&app, &[("guardian_id", PatientId::new().to_string())]).await), "guardian_id");
        assert_eq!(field(register(&app, &[("guardian_id", app.fixture.chloe.to_string())]).await), "guardian_id", "not herself");
        assert_eq!(field(register(&app, &[("kind", "boss".to_owned())]).await), "kind");
        assert_eq!(field(register(&app, &[("until", "2026-11-20".to_owned())]).await), "until");
        assert_eq!(field(register(&app, &[("patient_id", app.fixture.ana.to_string())]).await), "kind", "Ana is of age");
        let closed = register(&app, &[("patient_id", app.fixture.dora.to_string()), ("kind", "parent".to_owned())]).await;
        assert_ne!(closed.status, StatusCode::OK, "Dora is in the care of another clinic");
        let form =
            [("patient_id", app.fixture.chloe.to_string()), ("guardian_id", app.fixture.ben.to_string()), ("kind", "child".to_owned())];
        for login in ["ben", "doctor", "nurse", "cashier", "admin", "auditor"] {
            assert_eq!(post(&app.as_(login).await, "/api/patients/add_guardian", &form).await.error(), Error::Forbidden, "{login}");
        }
    })
    .await;
}

/// Returns the page of notifications, and the newest notification's id.
async fn bell(browser: &Browser) -> (String, String) {
    let page = browser.get("/notifications").await.body;
    let id = page.split("name=\"notification_id\" value=\"").nth(1).and_then(|rest| rest.get(..36)).unwrap_or_default().to_owned();
    (page, id)
}

#[tokio::test]
async fn a_guardian_hears_what_is_rung_for_a_child_and_for_whom() {
    on_both_engines(|app| async move {
        // Dora, who is in another clinic's care, signs in too; both act for Chloe.
        let (mut tx, now) = (app.state.db.write().await.expect("a transaction"), app.state.clock.now());
        let dora = app.fixture.user("cashier");
        crate::patients::open_to(&mut tx, app.fixture.dora, dora, Stamp { by: dora, at: now }).await.expect("linked");
        tx.commit().await.expect("committed");
        assert_eq!(register(&app, &[]).await.status, StatusCode::OK);
        let other = register(&app, &[("guardian_id", app.fixture.dora.to_string()), ("until", "2026-12-31".to_owned())]).await;
        assert_eq!(other.status, StatusCode::OK, "{}", other.body);

        let (desk, ben, dora) = (app.as_("desk").await, app.as_("ben").await, app.as_("cashier").await);
        let at = "2026-11-23T15:00:00Z".parse::<crate::core::time::Instant>().expect("an instant");
        let book = async |patient: PatientId, at: crate::core::time::Instant| {
            let form = [
                ("patient_id", patient.to_string()),
                ("service_id", app.fixture.medicine_north.to_string()),
                ("doctor_id", app.fixture.costa.to_string()),
                ("at", at.timestamp().to_string()),
                ("idempotency_key", Fixture::key()),
            ];
            let answer = post(&desk, "/api/appointments/book", &form).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        };
        book(app.fixture.chloe, at).await;
        let words = "For Chloe Baker: Appointment booked with Dr. Carmen Costa";
        let (text, id) = bell(&ben).await;
        assert!(text.contains(words), "{text}");
        assert!(bell(&dora).await.0.contains(words), "wherever the guardian is cared for");
        for login in ["ana", "doctor"] {
            assert!(!bell(&app.as_(login).await).await.0.contains("Chloe"), "{login}");
        }
        // Opening it switches to Chloe's portal; opening his own switches back.
        let to = post(&ben, "/api/notifications/open", &[("notification_id", id.clone())]).await.location.expect("an address");
        let page = ben.get(&to).await;
        assert!(page.status == StatusCode::OK && page.body.contains("Chloe Baker"), "{to}: {}", page.status);
        let heard = bell(&dora).await.0;
        book(app.fixture.ben, at + chrono::Duration::hours(1)).await;
        let (text, own) = bell(&ben).await;
        assert!(text.contains("Appointment booked") && text.matches("For Chloe Baker").count() >= 1);
        let to = post(&ben, "/api/notifications/open", &[("notification_id", own)]).await.location.expect("an address");
        assert_eq!(ben.get(&to).await.status, StatusCode::OK);
        let lines = |page: &str| page.matches("name=\"notification_id\"").count();
        assert_eq!(lines(&bell(&dora).await.0), lines(&heard), "of Ben she hears nothing");

        // The guardianship has ended: there are no new notifications, and old ones no longer show their content.
        let record = desk.get(&format!("/patients/{}", app.fixture.chloe)).await.body;
        for guardian in record.split("name=\"guardian\" value=\"").skip(1).filter_map(|rest| rest.get(..36)) {
            let form = [("patient_id", app.fixture.chloe.to_string()), ("guardian", guardian.to_owned())];
            assert_eq!(post(&desk, "/api/patients/end_guardian", &form).await.status, StatusCode::OK);
        }
        book(app.fixture.chloe, at + chrono::Duration::hours(2)).await;
        let text = bell(&ben).await.0;
        assert!(!text.contains("Chloe") && text.contains("somebody you no longer act for"), "{text}");
        // Ben was also notified that Dora acts for Chloe, and each was notified of the end.
        assert_eq!([lines(&text), lines(&bell(&dora).await.0)], [4, 3], "and not of what came after");
        let closed = post(&ben, "/api/notifications/open", &[("notification_id", id)]).await;
        assert_eq!(closed.location.as_deref(), Some("/notifications"));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_guardian_is_found_by_name_and_confirmed_by_name() {
    on_both_engines(|app| async move {
        let (desk, chloe) = (app.as_("desk").await, app.fixture.chloe);
        let page = format!("/patients/{chloe}/guardian");
        let record = desk.get(&format!("/patients/{chloe}")).await.body;
        assert!(record.contains(&page) && !record.contains("guardian_mrn"), "no number is typed: {record}");
        let found = desk.get(&format!("{page}?find=adams")).await.body;
        let choose = format!("{page}?guardian={}", app.fixture.ben);
        assert!(found.contains("Adams, Ben") && found.contains(&choose) && found.contains("1A00000000025"), "{found}");
        assert!(found.contains(" y · "), "with the age: {found}");
        assert!(!desk.get(&format!("{page}?find=baker%20chloe")).await.body.contains("?guardian="), "never the patient");

        // The page names the record and the guardian before access is granted.
        let confirm = desk.get(&choose).await.body;
        for fact in ["Record that is opened", "Baker, Chloe, Born", "1A00000000033", "To whom", "Adams, Ben, Born"] {
            assert!(confirm.contains(fact), "{fact}: {confirm}");
        }
        let refused = desk
            .submit(
                &choose,
                "/api/patients/add_guardian",
                &[("patient_id", chloe.to_string().as_str()), ("guardian_id", app.fixture.ben.to_string().as_str()), ("kind", "child")],
            )
            .await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("Say which document you saw") && refused.body.contains("Adams, Ben, Born"), "{}", refused.body);
        assert_eq!(register(&app, &[]).await.status, StatusCode::OK);

        // For a person in another clinic's care, reception sees the identity but no contact data.
        let dora = desk.get(&format!("{page}?guardian={}", app.fixture.dora)).await.body;
        assert!(dora.contains("To whom") && !dora.contains("<dt>Phone"), "{dora}");

        // A parent without a record is registered first, and then confirmed.
        let register = desk.get(&format!("/patients/new?guardian_of={chloe}")).await.body;
        assert!(register.contains("name=\"guardian_of\""), "{register}");
        let new = PatientId::new();
        let form = [
            ("patient_id", new.to_string()),
            ("guardian_of", chloe.to_string()),
            ("given_names", "Greta".to_owned()),
            ("family_name", "Okonkwo".to_owned()),
            ("sex", "female".to_owned()),
            ("birth_date", "1985-02-03".to_owned()),
        ];
        let done = post(&desk, "/api/reception/register", &form).await;
        assert_eq!(done.location, Some(format!("{page}?guardian={new}")), "{}", done.body);
        assert!(desk.get(&format!("{page}?guardian={new}")).await.body.contains("Okonkwo, Greta, Born"));
    })
    .await;
}

const UNNAMED: &str = "Child: nobody is named yet who acts for them";

#[tokio::test]
async fn registering_a_child_asks_who_acts_for_it() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let born = |years: i32| (app.state.clock.now() - chrono::Duration::days(i64::from(years) * 365 + 30)).date_naive().to_string();
        let form = |id: PatientId, born: &str, more: &[(&'static str, &str)]| {
            let fields = [("patient_id", id.to_string()), ("given_names", "Io".to_owned()), ("family_name", format!("Vega{born}"))];
            let fields =
                fields.into_iter().chain([("sex", "female".to_owned()), ("birth_date", born.to_owned()), ("anyway", "on".to_owned())]);
            fields.chain(more.iter().map(|(name, value)| (*name, (*value).to_owned()))).collect::<Vec<_>>()
        };
        let page = desk.get("/patients/new").await.body;
        assert!(page.contains("name=\"guardian\" value=\"now\"") && page.contains("To be named later"), "{page}");
        assert!(!page.contains("value=\"later\" checked") && !page.contains("value=\"now\" checked"), "nothing is chosen beforehand");

        let child = PatientId::new();
        let silent: Vec<_> = form(child, &born(8), &[]);
        let typed: Vec<_> = silent.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let refused = desk.submit("/patients/new", "/api/reception/register", &typed).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("This patient is under 18. Say who acts for the child"), "{}", refused.body);
        // The guardian is named on the next page, even when reception wants to continue with the child.
        let named = post(&desk, "/api/reception/register", &form(child, &born(8), &[("guardian", "now"), ("then", "check_in")])).await;
        assert_eq!(named.location, Some(format!("/patients/{child}/guardian")), "{}", named.body);
        let next = desk.get(&format!("/patients/{child}/guardian")).await.body;
        assert!(next.contains(&format!("/reception?patient={child}")), "an ill child need not wait for that: {next}");
        let infant = PatientId::new();
        let later = post(&desk, "/api/reception/register", &form(infant, &born(0), &[("guardian", "later"), ("then", "check_in")])).await;
        assert_eq!(later.location, Some(format!("/reception?patient={infant}")), "{}", later.body);
        for page in [format!("/patients/{infant}"), format!("/reception?patient={infant}")] {
            let shown = desk.get(&page).await.body;
            assert!(shown.contains(UNNAMED) && shown.contains(&format!("/patients/{infant}/guardian")), "{page}: {shown}");
            assert!(!shown.contains("Nobody acts for this patient") && !shown.contains("acts for themselves"), "{page}");
        }
        assert!(app.as_("nurse").await.get(&format!("/patients/{infant}")).await.body.contains(UNNAMED));

        // The question is not asked for adults, and unidentified patients are not delayed.
        let adult = PatientId::new();
        assert_eq!(post(&desk, "/api/reception/register", &form(adult, &born(30), &[])).await.status, StatusCode::OK);
        let shown = desk.get(&format!("/patients/{adult}")).await.body;
        assert!(shown.contains("Nobody acts for this patient") && !shown.contains(UNNAMED));
        let unknown = PatientId::new();
        let of_no_age = [("patient_id", unknown.to_string()), ("name_unknown", "on".to_owned()), ("anyway", "on".to_owned())];
        assert_eq!(post(&desk, "/api/reception/register", &of_no_age).await.status, StatusCode::OK);
        let shown = desk.get(&format!("/patients/{unknown}")).await.body;
        assert!(shown.contains("The age is not known: if this is a child, add who acts for them"), "{shown}");

        // Once the child has a guardian, nothing is missing.
        assert_eq!(register(&app, &[("patient_id", infant.to_string())]).await.status, StatusCode::OK);
        assert!(!desk.get(&format!("/patients/{infant}")).await.body.contains(UNNAMED));
        assert!(!desk.get(&format!("/reception?patient={infant}")).await.body.contains(UNNAMED));
    })
    .await;
}
