//! Tests the code on paper for a patient without an e-mail address, and the calls instead of letters.

use axum::http::StatusCode;

use super::{
    Answer, TestApp,
    grants::{adult, code},
    on_both_engines,
};
use crate::{
    core::Error,
    db::{Sql, sql},
};

const CHOSEN: &str = "seven quiet lanterns drift";

fn wrong(answer: &Answer) -> Vec<String> {
    match answer.error() {
        Error::Invalid(errors) => errors.into_iter().map(|error| error.field).collect(),
        other => panic!("{other:?}"),
    }
}

async fn number(app: &TestApp, query: Sql) -> i64 {
    app.state.db.read().await.expect("a connection").count(query).await.expect("counted")
}

#[tokio::test]
async fn a_person_without_an_address_opens_the_record_with_the_paper_and_is_called() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let elsa = adult(&app, "", "es").await.to_string();
        let form = [("patient_id", elsa.as_str()), ("document", "Passport X12")];
        assert_eq!(desk.post("/api/patients/give_access", &form).await.status, StatusCode::OK);
        assert_eq!(number(&app, sql("SELECT count(*) FROM access_grants WHERE document = 'Passport X12'")).await, 1);
        assert!(app.as_("auditor").await.get("/audit/grants").await.body.contains("Passport X12"));
        // There is no address for a letter: the desk calls.
        let calls = || sql("SELECT count(*) FROM messages WHERE kind = 'access' AND channel = 'call' AND state = 'due'");
        assert_eq!((number(&app, calls()).await, number(&app, sql("SELECT count(*) FROM mails")).await), (1, 0));
        assert!(desk.get("/messages/calls").await.body.contains("Access to the record"));
        let paper = code(&desk, &elsa).await;
        let door = app.browser();
        assert!(door.get("/sign-up/code").await.body.contains("/api/patients/sign_up_with_code"));
        let form = |born: &'static str, login: &'static str| {
            let paper = paper.clone();
            let door = door.clone();
            async move {
                let form = [
                    ("link_code", paper.as_str()),
                    ("birth_date", born),
                    ("login", login),
                    ("new_password", CHOSEN),
                    ("new_password_again", CHOSEN),
                ];
                door.post("/api/patients/sign_up_with_code", &form).await
            }
        };
        assert_eq!(wrong(&form("1950-05-02", "elsa.ito").await), ["link_code"], "another birth date");
        assert_eq!(wrong(&form("1950-05-01", "elsa@home.test").await), ["login"], "an address would have to be confirmed");
        assert_eq!(wrong(&form("1950-05-01", "nurse").await), ["login"], "taken");
        let made = form("1950-05-01", "elsa.ito").await;
        assert_eq!(made.location.as_deref(), Some("/sign-in?done=password"), "{}", made.body);
        assert_eq!(wrong(&form("1950-05-01", "elsa.two").await), ["link_code"], "once");
        let signed_in = door.post("/api/accounts/sign_in", &[("login", "elsa.ito"), ("password", CHOSEN)]).await;
        assert!(signed_in.location.is_some(), "{}", signed_in.body);
        let record = door.get("/portal/account").await.body;
        assert!(record.contains("Elsa Ito"), "{record}");
        assert_eq!(number(&app, calls()).await, 3, "two codes and the link");
        let other = "nine copper kites waiting";
        let form = [("password", CHOSEN), ("new_password", other), ("new_password_again", other)];
        let changed = door.post("/api/accounts/change_password", &form).await;
        assert!(changed.location.is_some(), "{}", changed.body);
        assert_eq!(number(&app, calls()).await, 4, "another password");
        assert_eq!(number(&app, sql("SELECT count(*) FROM audit_log WHERE what = 'portal_access' AND action = 'create'")).await, 1);
        app.assert_sound().await;
    })
    .await;
}
