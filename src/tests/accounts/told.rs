//! A change of somebody's sign-in goes to the person, stands in the audit log with its fields, and no link is shown to administrators.

use axum::http::StatusCode;

use super::sign_up::{NEW, ask, letters, token};
use crate::{core::Error, notifications::tell_people, tests::on_both_engines};

#[tokio::test]
async fn a_link_goes_to_the_persons_own_address_and_a_slip_needs_the_person() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        let form = [("name", "Nina New"), ("login", "nina"), ("email", "nina@home.test"), ("role", "nurse"), ("clinic", "all")];
        let invited = admin.post("/api/accounts/invite", &form).await;
        let page = invited.location.expect("the user's page");
        let shown = admin.get(&page).await.body;
        assert!(shown.contains("A link was sent to n…@home.test") && !shown.contains("/link/"), "{shown}");
        let sent = letters(&app).await;
        assert!(sent.len() == 1 && sent[0].0 == "nina@home.test" && sent[0].1.contains("/link/"), "{sent:?}");
        // Without an address there is no letter, and the page says what to do.
        let nurse = app.fixture.user("nurse").to_string();
        let refused = admin.post("/api/accounts/new_link", &[("user_id", &nurse)]).await;
        assert!(matches!(refused.error(), Error::Conflict(words) if words.contains("No e-mail address")));
        let page = admin.get(&format!("/users/{nurse}")).await.body;
        assert!(page.contains("No e-mail address of this person is known") && !page.contains("/api/accounts/new_link"), "{page}");
        let absent = admin.submit(&format!("/users/{nurse}"), "/api/accounts/print_slip", &[("user_id", nurse.as_str())]).await;
        assert!(absent.status == StatusCode::UNPROCESSABLE_ENTITY && absent.body.contains("Print a slip only while"), "{}", absent.body);
        super::slip(&admin, &nurse).await;
        let own = app.fixture.user("admin").to_string();
        assert_eq!(admin.post("/api/accounts/print_slip", &[("user_id", &own), ("present", "true")]).await.status, StatusCode::CONFLICT);
        let log = app.as_("auditor").await.get("/audit?user=admin").await.body;
        for shown in ["link for a password: Nora Nurse", "Person present: – → yes", "Printed", "Sent to: – → n…@home.test"] {
            assert!(log.contains(shown), "{shown}: {log}");
        }
        // The person without an address hears of it in the bell.
        assert!(tell_people(&app.state).await.expect("told") >= 1);
        let bell = app.as_("nurse").await.get("/notifications").await.body;
        assert!(bell.contains("Ada Admin printed a slip with a link for your password."), "{bell}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_changed_role_is_told_by_letter_and_logged_with_its_fields() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        let form = [("name", "Nina New"), ("login", "nina@home.test"), ("role", "nurse"), ("clinic", "all")];
        let page = admin.post("/api/accounts/invite", &form).await.location.expect("the user's page");
        let user = page.split('/').nth(2).and_then(|rest| rest.split('?').next()).expect("an id").to_owned();
        letters(&app).await;
        let north = app.fixture.north.to_string();
        let role = [("user_id", user.as_str()), ("role", "cashier"), ("clinic", north.as_str())];
        assert_eq!(admin.post("/api/accounts/grant", &role).await.status, StatusCode::OK);
        assert_eq!(admin.post("/api/accounts/revoke", &role).await.status, StatusCode::OK);
        let deactivate = [("user_id", user.as_str()), ("active", "false")];
        assert_eq!(admin.post("/api/accounts/set_active", &deactivate).await.status, StatusCode::OK);
        let sent: String = letters(&app).await.into_iter().map(|(to, text)| format!("{to}: {text}")).collect();
        let plain = sent.replace('\r', "");
        for said in [
            "Ada Admin gave you the role Cashier (North Clinic).",
            "Ada Admin took the role Cashier (North Clinic) from you.",
            "Ada Admin deactivated your account",
        ] {
            assert!(plain.contains(said), "{said}: {plain}");
        }
        let log = app.as_("auditor").await.get("/audit?user=admin").await.body;
        for shown in ["role: Nina New", "Role: – → Cashier", "Clinic: – → North Clinic", "Role: Cashier → –", "May sign in: yes → no"]
        {
            assert!(log.contains(shown), "{shown}: {log}");
        }
        // A patient is no member of staff.
        let invite = admin.get("/users/new").await.body;
        for (role, offered) in [
            ("nurse", true),
            ("auditor", true),
            ("lab", true),
            ("radiology", true),
            ("storekeeper", true),
            ("pharmacist", true),
            ("patient", false),
        ] {
            assert_eq!(invite.contains(&format!("<option value=\"{role}\"")), offered, "{role}: {invite}");
        }
    })
    .await;
}

#[tokio::test]
async fn name_and_sign_in_are_corrected_and_both_addresses_hear_of_it() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        let form = [("name", "Nina Nwe"), ("login", "nina@home.test"), ("role", "nurse"), ("clinic", "all")];
        let page = admin.post("/api/accounts/invite", &form).await.location.expect("the user's page");
        let user = page.split('/').nth(2).and_then(|rest| rest.split('?').next()).expect("an id").to_owned();
        letters(&app).await;
        let correct = |version: &'static str, name: &'static str, login: &'static str| {
            let (admin, user) = (admin.clone(), user.clone());
            async move {
                let form = [("user_id", user.as_str()), ("version", version), ("name", name), ("login", login)];
                admin.submit(&format!("/users/{user}"), "/api/accounts/correct", &form).await
            }
        };
        let taken = correct("1", "Nina New", "desk").await;
        assert!(taken.status == StatusCode::UNPROCESSABLE_ENTITY && taken.body.contains("Somebody already signs in"), "{}", taken.body);
        assert_eq!(correct("1", "Nina New", "NINA@new.test").await.status, StatusCode::SEE_OTHER);
        assert_eq!(correct("1", "Nina Late", "nina@new.test").await.status, StatusCode::CONFLICT, "an older version");
        let mut told: Vec<String> = letters(&app).await.into_iter().map(|(to, _)| to).collect();
        told.sort();
        assert_eq!(told, ["nina@home.test", "nina@new.test"]);
        let page = admin.get(&format!("/users/{user}")).await.body;
        assert!(page.contains("Nina New") && page.contains("nina@new.test"), "{page}");
        assert!(admin.get("/settings/staff?q=nina").await.body.contains("Nina New"), "the row of staff has the same name");
        let log = app.as_("auditor").await.get("/audit?user=admin&action=update").await.body;
        assert!(log.contains("Name: Nina Nwe → Nina New") && log.contains("Sign-in: nina@home.test → nina@new.test"), "{log}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_change_of_the_own_sign_in_and_a_new_place_are_told_by_letter() {
    on_both_engines(|app| async move {
        let login = "lia@home.test";
        assert_eq!(ask(&app, login).await.status, StatusCode::OK);
        let link = token(&letters(&app).await.remove(0).1);
        let form = [("token", link.as_str()), ("new_password", NEW), ("new_password_again", NEW)];
        assert_eq!(app.browser().post("/api/accounts/use_link", &form).await.status, StatusCode::OK);
        let sign_in = async |address: &str| {
            let browser = app.browser().at(address, None);
            let answer = browser.post("/api/accounts/sign_in", &[("login", login), ("password", NEW)]).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
            browser
        };
        letters(&app).await;
        sign_in("198.51.100.7").await;
        let here = sign_in("198.51.100.7").await;
        assert!(letters(&app).await.is_empty(), "the first place, and the same again");
        sign_in("203.0.113.9").await;
        let told = letters(&app).await;
        assert!(told.len() == 1 && told[0].0 == login && told[0].1.contains("from a new place"), "{told:?}");
        let changed = "copper lantern twelve rivers";
        let form = [("password", NEW), ("new_password", changed), ("new_password_again", changed)];
        assert_eq!(here.post("/api/accounts/change_password", &form).await.status, StatusCode::OK);
        let told = letters(&app).await;
        assert!(told.len() == 1 && told[0].1.contains("Your password was changed"), "{told:?}");
    })
    .await;
}
