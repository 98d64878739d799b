//! Tests how people are found and identified: names in all spellings, birth dates as far as known, telephone numbers,
//! namesakes.

use std::collections::BTreeSet;

use axum::http::StatusCode;

use super::{
    Browser, Fixture, on_both_engines,
    opd::waiting,
    patients::{post, stranger, submit, with, wrong_fields},
};
use crate::{
    core::{PatientId, Stamp, UserId},
    db::sql,
    opd::{self, PanelState, Step},
    patients::{self, PatientHit},
};

async fn hits(browser: &Browser, text: &str) -> Vec<PatientHit> {
    let answer = browser.post("/api/patients/search", &[("text", text)]).await;
    serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{text}: {}", answer.body))
}

async fn found(browser: &Browser, text: &str) -> Vec<String> {
    hits(browser, text).await.into_iter().map(|hit| hit.name).collect()
}

async fn register(browser: &Browser, changes: &[(&'static str, &str)]) -> String {
    let id = Fixture::key();
    let form = with(with(stranger(&id), &[("phone", ""), ("anyway", "on")]), changes);
    let answer = post(browser, "/api/reception/register", &form).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    id
}

#[tokio::test]
async fn names_joined_and_split_are_found() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        register(&desk, &[("given_names", "Siobhan"), ("family_name", "O'Brien")]).await;
        register(&desk, &[("given_names", "Mary Ann"), ("family_name", "Lee")]).await;
        register(&desk, &[("given_names", "Jo"), ("family_name", "Delacroix")]).await;
        for text in ["O Brien", "obrien", "O'Brien", "o-brien", "Brien", "siobhan o brien", "siobhanobrien"] {
            assert_eq!(found(&desk, text).await, ["O'Brien, Siobhan"], "{text}");
        }
        for text in ["maryann", "maryann lee", "mary-ann lee"] {
            assert_eq!(found(&desk, text).await, ["Lee, Mary Ann"], "{text}");
        }
        assert_eq!(found(&desk, "de la croix").await, ["Delacroix, Jo"]);
        let again = with(stranger(&Fixture::key()), &[("given_names", "Siobhan"), ("family_name", "O Brien"), ("phone", "")]);
        assert_eq!(wrong_fields(&post(&desk, "/api/reception/register", &again).await), ["anyway"]);
    })
    .await;
}

#[tokio::test]
async fn scripts_without_spaces_and_with_vowel_signs() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        register(&desk, &[("given_names", "小明"), ("family_name", "王")]).await;
        register(&desk, &[("given_names", "राम"), ("family_name", "")]).await;
        register(&desk, &[("given_names", "रमा"), ("family_name", "")]).await;
        for text in ["王小明", "王 小明", "小明"] {
            assert_eq!(found(&desk, text).await, ["王, 小明"], "{text}");
        }
        assert_eq!(found(&desk, "राम").await, ["राम"]);
        let again = with(stranger(&Fixture::key()), &[("given_names", "王小明"), ("family_name", ""), ("phone", "")]);
        assert_eq!(wrong_fields(&post(&desk, "/api/reception/register", &again).await), ["anyway"]);
        register(&desk, &[("given_names", "王小华"), ("family_name", "")]).await;
        assert_eq!(found(&desk, "小华").await, ["王小华"], "two letters are enough to look inside");
    })
    .await;
}

#[tokio::test]
async fn a_year_or_month_of_birth_beside_a_name() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        register(&desk, &[("given_names", "Aaron"), ("family_name", "Garcia"), ("birth_date", "1956-11-15")]).await;
        register(&desk, &[("given_names", "Berta"), ("family_name", "Garcia"), ("birth_date", "1956")]).await;
        register(&desk, &[("given_names", "Celia"), ("family_name", "Garcia"), ("birth_date", "1957-11-15")]).await;
        assert_eq!(found(&desk, "garcia 1956").await, ["Garcia, Aaron", "Garcia, Berta"]);
        assert_eq!(found(&desk, "11/1956 garcia").await, ["Garcia, Aaron", "Garcia, Berta"]);
        assert_eq!(found(&desk, "garcia nov 1957").await, ["Garcia, Celia"]);
        assert_eq!(found(&desk, "garcia 15.11.1956").await, ["Garcia, Aaron", "Garcia, Berta"]);
        register(&desk, &[("given_names", "Baby2"), ("family_name", "Garcia"), ("birth_date", "2026-01-02"), ("guardian", "later")]).await;
        assert_eq!(found(&desk, "baby2").await, ["Garcia, Baby2"], "a word with a digit is a name too");
    })
    .await;
}

#[tokio::test]
async fn forms_of_one_telephone_number_meet() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE clinics SET country = 'ES'")).await.expect("updated");
        tx.commit().await.expect("committed");
        register(&desk, &[("given_names", "Pilar"), ("family_name", "Sanz"), ("phone", "612 34 56 78 x23")]).await;
        register(&desk, &[("given_names", "Quim"), ("family_name", "Roca"), ("phone", "+34 613 34 56 78")]).await;
        for text in ["612 345 678", "+34 612 34 56 78", "0034612345678", "612 34 56 78 x23"] {
            assert_eq!(found(&desk, text).await, ["Sanz, Pilar"], "{text}");
        }
        assert_eq!(found(&desk, "613345678").await, ["Roca, Quim"]);
        let again = with(
            stranger(&Fixture::key()),
            &[("given_names", "Pilar"), ("family_name", "Sans"), ("birth_date", "1950-05-05"), ("phone", "+34 612 34 56 78")],
        );
        assert_eq!(wrong_fields(&post(&desk, "/api/reception/register", &again).await), ["anyway"]);
        let two = with(stranger(&Fixture::key()), &[("phone", "612 34 56 78 / 613 34 56 78")]);
        assert_eq!(wrong_fields(&post(&desk, "/api/reception/register", &two).await), ["phone"]);
    })
    .await;
}

#[tokio::test]
async fn the_unknown_may_stay_partly_unknown() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let id = Fixture::key();
        let unknown =
            [("patient_id", id.clone()), ("name_unknown", "on".to_owned()), ("description", "Found at the harbour, scar".to_owned())];
        let answer = post(&desk, "/api/reception/register", &unknown).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let page = desk.get(&format!("/patients/{id}")).await.body;
        assert!(page.contains("Found at the harbour, scar"), "described");
        let found = hits(&desk, "unknown").await;
        assert!(found.iter().any(|hit| hit.detail().contains("harbour")), "told apart in the search");
        let named = [
            ("patient_id", id.clone()),
            ("version", "1".to_owned()),
            ("given_names", "Nora".to_owned()),
            ("family_name", "Wallet".to_owned()),
            ("sex", "unknown".to_owned()),
        ];
        let answer = post(&desk, "/api/patients/save", &named).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let page = desk.get(&format!("/patients/{id}")).await.body;
        assert!(page.contains("Wallet, Nora") && page.contains("birth date not known"));
    })
    .await;
}

#[tokio::test]
async fn namesakes_are_marked_where_they_stand() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let okafor = [("given_names", "Wendell"), ("family_name", "Okafor"), ("birth_date", "1985-03-14")];
        let one = register(&desk, &okafor).await;
        assert!(!desk.get(&format!("/patients/{one}")).await.body.contains("Another patient has the same"));
        assert!(!hits(&desk, "okafor").await[0].namesake);
        let other = register(&desk, &[("given_names", "WENDELL"), ("family_name", "Okafór"), ("birth_date", "1990-01-01")]).await;
        for id in [&one, &other] {
            assert!(desk.get(&format!("/patients/{id}")).await.body.contains("Another patient has the same"), "the banner");
        }
        let found = hits(&desk, "okafor").await;
        assert!(found.len() == 2 && found.iter().all(|hit| hit.namesake && hit.detail().starts_with("Same name")), "{found:?}");
        let details: BTreeSet<String> = found.iter().map(PatientHit::detail).collect();
        assert_eq!(details.len(), 2, "they are told apart");
        // The birth date is the same, and the names sound alike.
        let alike = register(&desk, &[("given_names", "Wendel"), ("family_name", "Okaffor"), ("birth_date", "1985-03-14")]).await;
        let mut tx = app.state.db.read().await.expect("a transaction");
        let ids = [&one, &alike].map(|id| id.parse::<PatientId>().expect("an id"));
        assert_eq!(patients::namesakes(&mut tx, &ids).await.expect("found").len(), 2);
        assert!(patients::namesakes(&mut tx, &[app.fixture.ana]).await.expect("found").is_empty());
    })
    .await;
}

#[tokio::test]
async fn namesakes_are_marked_in_queues_at_the_till_and_on_the_slip() {
    on_both_engines(|app| async move {
        let (desk, nurse, doctor, cashier) =
            (app.as_("desk").await, app.as_("nurse").await, app.as_("doctor").await, app.as_("cashier").await);
        let okafor = [("given_names", "Wendell"), ("family_name", "Okafor"), ("birth_date", "1985-03-14")];
        let ids = [register(&desk, &okafor).await, register(&desk, &okafor).await];
        let ids = ids.map(|id| id.parse::<PatientId>().expect("an id"));
        let visits = waiting(&app, &[ids[0], ids[1], app.fixture.ana]).await;
        let rows = async |browser: &Browser, step: &str| -> Vec<(String, bool)> {
            let answer = browser.post("/api/opd/queue", &[("step", step)]).await;
            let state: PanelState = serde_json::from_str(&answer.body).expect("a queue");
            state.waiting.into_iter().map(|row| (row.token, row.detail.contains("Same name"))).collect()
        };
        let marked = [("A-001".to_owned(), true), ("A-002".to_owned(), true), ("A-003".to_owned(), false)];
        for browser in [&desk, &nurse, &doctor] {
            assert_eq!(rows(browser, "triage").await, marked, "the nurse's queue");
        }
        for (visit, alike) in visits.iter().zip([true, true, false]) {
            let slip = desk.get(&format!("/visits/{}/slip", visit.id)).await.body;
            assert_eq!(slip.contains("Same name"), alike, "{slip}");
        }
        for (step, browsers) in [(Step::Doctor, [&desk, &nurse, &doctor]), (Step::Cashier, [&desk, &doctor, &cashier])] {
            for visit in &visits {
                let mut tx = app.state.db.write().await.expect("a transaction");
                let (locked, _) = opd::lock_visit(&mut tx, visit.id).await.expect("locked");
                opd::move_on(&mut tx, locked, step, Stamp::system(app.state.clock.now())).await.expect("moved on");
                tx.commit().await.expect("committed");
            }
            for browser in browsers {
                assert_eq!(rows(browser, step.as_str()).await, marked, "{step}");
            }
        }
        let till = cashier.get("/cashier").await.body;
        assert!(till.matches("Same name").count() >= 2, "the till's own list: {till}");
    })
    .await;
}

#[tokio::test]
async fn a_search_that_finds_more_than_it_shows_says_so() {
    on_both_engines(|app| async move {
        let (desk, cashier) = (app.as_("desk").await, app.as_("cashier").await);
        for number in 1..=20 {
            let (given, born) = (format!("Quentin{number}"), format!("{}-01-01", 1940 + number * 3));
            register(&desk, &[("given_names", &given), ("family_name", "Zubizarreta"), ("birth_date", &born)]).await;
            let said = desk.get("/reception?find=zubizarreta").await.body.contains("These are the 20 best matches");
            assert_eq!(said, number == 20, "{number}");
        }
        assert_eq!(hits(&desk, "zubizarreta").await.len(), 13, "a dozen, and one more, so that the list knows");
        let guardian = format!("/patients/{}/guardian?find=zubizarreta", app.fixture.chloe);
        for (browser, page, most) in
            [(&desk, guardian.as_str(), 12), (&desk, "/appointments/new?find=zubizarreta", 20), (&cashier, "/cashier?q=zubizarreta", 10)]
        {
            let shown = browser.get(page).await.body;
            assert!(shown.contains(&format!("These are the {most} best matches")), "{page}: {shown}");
        }
    })
    .await;
}

#[tokio::test]
async fn nothing_found_leads_to_registering_with_the_words_filled_in() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let page = desk.get("/reception?find=Zelda%20Quux").await.body;
        assert!(page.contains("/patients/new?name=Zelda%20Quux") && page.contains("Register “Zelda Quux”"), "{page}");
        let form = desk.get("/patients/new?name=Zelda%20Quux").await.body;
        assert!(form.contains("value=\"Zelda\"") && form.contains("value=\"Quux\""));
        let id = Fixture::key();
        let answer = submit(&desk, "/patients/new", "/api/reception/register", &with(stranger(&id), &[("then", "check_in")])).await;
        assert_eq!(answer.location, Some(format!("/reception?patient={id}")));
    })
    .await;
}

#[tokio::test]
async fn names_of_an_older_form_are_written_anew_at_the_start() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let id = register(&desk, &[("given_names", "Siobhan"), ("family_name", "O'Brien")]).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("DELETE FROM patient_search_terms")).await.expect("deleted");
        tx.execute(sql("UPDATE names_form SET form = 0")).await.expect("updated");
        tx.commit().await.expect("committed");
        assert!(found(&desk, "o brien").await.is_empty());
        assert_eq!(patients::rebuild_names(&app.state.db).await, Ok(5));
        assert_eq!(hits(&desk, "o brien").await.iter().map(|hit| hit.id.to_string()).collect::<Vec<_>>(), [id]);
        assert_eq!(patients::rebuild_names(&app.state.db).await, Ok(0), "once");
    })
    .await;
}
