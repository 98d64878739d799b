//! Tests how the administrator manages staff accounts.

use axum::http::StatusCode;

use crate::{
    core::{Error, Role},
    db::sql,
    notifications::tell_auditors,
    tests::{Browser, TestApp, fixture::PASSWORD, on_both_engines},
};

const NEW: &str = "violet harbor eleven spoons";

/// Invites a user; returns the user's page and the link that it shows.
async fn invited(admin: &Browser, login: &str, role: Role) -> (String, String) {
    let form = [("name", "Nina New"), ("login", login), ("role", role.as_str()), ("clinic", "all")];
    let answer = admin.post("/api/accounts/invite", &form).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let page = answer.location.expect("the user's page").split('?').next().expect("an address").to_owned();
    let link = link(admin, &page).await;
    (page, link)
}

/// The link on a slip that is printed for the user of a page.
async fn link(admin: &Browser, page: &str) -> String {
    format!("/link/{}", super::slip(admin, page.rsplit('/').next().expect("an id")).await)
}

async fn choose(app: &TestApp, link: &str, password: &str) -> StatusCode {
    let token = link.rsplit('/').next().expect("a token");
    let form = [("token", token), ("new_password", password), ("new_password_again", password)];
    app.browser().post("/api/accounts/use_link", &form).await.status
}

async fn sign_in(app: &TestApp, login: &str, password: &str) -> (Browser, StatusCode) {
    let browser = app.browser();
    let status = browser.post("/api/accounts/sign_in", &[("login", login), ("password", password)]).await.status;
    (browser, status)
}

#[tokio::test]
async fn who_is_invited_chooses_a_password_once_and_comes_in() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        let (page, link) = invited(&admin, "Nina@Hospital.test", Role::Nurse).await;
        assert!(!admin.get(&page).await.body.contains("/link/"), "it is never on the user's page");
        assert_eq!(admin.get(&format!("{page}/slip")).await.status, StatusCode::SEE_OTHER, "a slip is shown once");
        assert!(admin.get("/users?q=nina").await.body.contains("Invited"));
        assert_eq!(sign_in(&app, "nina@hospital.test", "").await.1, StatusCode::UNPROCESSABLE_ENTITY);
        for _ in 0..2 {
            let form = app.browser().get(&link).await;
            assert!(form.status == StatusCode::OK && form.body.contains("nina@hospital.test"), "looking does not use it up");
        }
        assert_eq!(choose(&app, &link, "too short").await, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(choose(&app, &link, NEW).await, StatusCode::OK);
        assert_eq!(choose(&app, &link, "another harbor twelve forks").await, StatusCode::CONFLICT);
        assert_eq!(app.browser().get(&link).await.status, StatusCode::CONFLICT);
        let (nina, status) = sign_in(&app, "nina@hospital.test", NEW).await;
        assert_eq!((status, nina.get("/triage").await.status), (StatusCode::OK, StatusCode::OK));
        assert_eq!(nina.get("/users").await.status, StatusCode::FORBIDDEN);
        let start = nina.get("/").await.location.expect("a start page");
        let page = nina.get(&start).await;
        assert_eq!(page.status, StatusCode::OK, "{start}");
        assert!(!page.body.contains("href=\"/users\""), "no way to a page that is refused");
        let again = admin
            .post("/api/accounts/invite", &[("name", "N"), ("login", "nina@hospital.test"), ("role", "nurse"), ("clinic", "all")])
            .await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_name_of_staff_can_be_read() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        for (name, said) in [("\u{200b}\u{feff}", "Enter the name"), ("-, .", "Enter a name that can be read")] {
            let form = [("name", name), ("login", "unseen@hospital.test"), ("role", "nurse"), ("clinic", "all")];
            let refused = admin.submit("/users/new", "/api/accounts/invite", &form).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name:?}");
            assert!(refused.body.contains(said), "{name:?}: {}", refused.body);
            let signs_up = app.browser().post("/api/accounts/sign_up", &[("name", name), ("login", "unseen@hospital.test")]).await;
            assert_eq!(signs_up.status, StatusCode::UNPROCESSABLE_ENTITY, "{name:?}");
        }
        let form = [("name", "Ni\u{200b}na  \u{202e}New"), ("login", "nina@hospital.test"), ("role", "nurse"), ("clinic", "all")];
        assert_eq!(admin.post("/api/accounts/invite", &form).await.status, StatusCode::OK);
        let mut tx = app.state.db.read().await.expect("a connection");
        for table in ["users", "staff"] {
            let query = match table {
                "users" => sql("SELECT count(*) FROM users WHERE display_name = 'Nina New'"),
                _ => sql("SELECT count(*) FROM staff WHERE display_name = 'Nina New'"),
            };
            assert_eq!(tx.count(query).await.expect("counted"), 1, "{table}");
        }
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_link_lasts_as_long_as_it_says_and_a_new_one_makes_it_worthless() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        let (page, first) = invited(&admin, "nina", Role::Nurse).await;
        let renew = || link(&admin, &page);
        let second = renew().await;
        assert_eq!(choose(&app, &first, NEW).await, StatusCode::CONFLICT);
        assert_eq!(choose(&app, &second, NEW).await, StatusCode::OK);
        // From now on a new link is a password reset with a short validity.
        let reset = renew().await;
        app.state.clock.advance(chrono::Duration::minutes(29));
        assert_eq!(app.browser().get(&reset).await.status, StatusCode::OK);
        app.state.clock.advance(chrono::Duration::minutes(1));
        assert_eq!(choose(&app, &reset, NEW).await, StatusCode::CONFLICT);
        // When two people use a link at the same time, one of them is refused.
        let admin = app.as_("admin").await;
        let last = link(&admin, &page).await;
        let (one, other) = tokio::join!(choose(&app, &last, NEW), choose(&app, &last, NEW));
        assert_eq!([one, other].iter().filter(|status| **status == StatusCode::OK).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_dead_link_says_where_another_is_to_be_had_and_a_chosen_password_is_confirmed() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        let (page, invitation) = invited(&admin, "nina", Role::Nurse).await;
        let token = invitation.trim_start_matches("/link/");
        let form = [("token", token), ("new_password", NEW), ("new_password_again", NEW)];
        let chosen = app.browser().submit(&invitation, "/api/accounts/use_link", &form).await;
        let next = app.browser().get(chosen.location.as_deref().expect("an address")).await;
        assert!(next.body.contains("Your password is saved") && next.body.contains("action=\"/api/accounts/sign_in\""), "{}", next.body);
        let dead = app.browser().get(&invitation).await.body;
        assert!(dead.contains("This invitation") && dead.contains("Ask the administrator"), "{dead}");
        let reset = link(&admin, &page).await;
        assert_eq!(choose(&app, &reset, NEW).await, StatusCode::OK);
        // A patient's sign-up link is deleted when it expires, and then gives the same answer as a link that never
        // existed.
        for link in [reset.as_str(), "/link/00ff"] {
            let token = link.trim_start_matches("/link/");
            let form = [("token", token), ("new_password", NEW), ("new_password_again", NEW)];
            for dead in [app.browser().get(link).await, app.browser().submit(link, "/api/accounts/use_link", &form).await] {
                assert_eq!(dead.status, StatusCode::CONFLICT);
                let says = |words: &str| dead.body.contains(words);
                assert!(says("Ask for a new one.") && says("href=\"/forgot\"") && says("href=\"/sign-up\""), "{}", dead.body);
                assert!(!says("administrator"), "{}", dead.body);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn who_is_not_allowed_is_sent_to_an_administrator_only_when_working_here() {
    on_both_engines(|app| async move {
        for (login, page, sent) in [("ana", "/triage", false), ("nurse", "/users", true)] {
            let answer = app.as_(login).await.get(page).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN);
            assert!(answer.body.contains("You are not allowed to do this."), "{}", answer.body);
            assert_eq!(answer.body.contains("ask an administrator"), sent, "{login}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_reset_and_a_changed_role_end_sessions_on_every_node() {
    on_both_engines(|app| async move {
        let (other, admin) = (app.another_node().await, app.as_("admin").await);
        let nurse = app.fixture.user("nurse").to_string();
        let alive = |browser: &Browser| {
            let browser = browser.clone();
            async move { browser.get("/account").await.status == StatusCode::OK }
        };
        let there = other.as_("nurse").await;
        let north = app.fixture.north.to_string();
        let role = [("user_id", nurse.as_str()), ("role", "cashier"), ("clinic", north.as_str())];
        assert_eq!(admin.post("/api/accounts/grant", &role).await.status, StatusCode::OK);
        assert!(!alive(&there).await);
        let there = other.as_("nurse").await;
        assert_eq!(there.get("/cashier").await.status, StatusCode::OK);
        assert_eq!(admin.post("/api/accounts/revoke", &role).await.status, StatusCode::OK);
        assert!(!alive(&there).await);
        let there = other.as_("nurse").await;
        assert_eq!(there.get("/cashier").await.status, StatusCode::FORBIDDEN);
        let reset = link(&admin, &format!("/users/{nurse}")).await;
        assert!(alive(&there).await);
        assert_eq!(choose(&other, &reset, NEW).await, StatusCode::OK);
        assert!(!alive(&there).await);
        assert_eq!(sign_in(&app, "nurse", PASSWORD).await.1, StatusCode::UNPROCESSABLE_ENTITY);
        let (there, _) = sign_in(&other, "nurse", NEW).await;
        // The user is deactivated, reactivated, and deactivated permanently.
        let (nurse, admin) = (nurse.as_str(), &admin);
        let set_active =
            |active: &'static str| async move { admin.post("/api/accounts/set_active", &[("user_id", nurse), ("active", active)]).await };
        assert_eq!(set_active("false").await.status, StatusCode::OK);
        assert!(!alive(&there).await);
        assert_eq!(sign_in(&app, "nurse", NEW).await.1, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(set_active("true").await.status, StatusCode::OK);
        assert_eq!(sign_in(&app, "nurse", NEW).await.1, StatusCode::OK);
        assert_eq!(admin.post("/api/accounts/retire", &[("user_id", nurse)]).await.status, StatusCode::OK);
        assert_eq!(sign_in(&app, "nurse", NEW).await.1, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(set_active("true").await.status, StatusCode::CONFLICT);
        assert!(admin.get("/users?q=nora").await.body.contains("Retired"), "what was done under the name stays");
        other.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_role_at_all_clinics_is_chosen_and_never_left_over() {
    on_both_engines(|app| async move {
        let (admin, nurse) = (app.as_("admin").await, app.fixture.user("nurse").to_string());
        for page in ["/users/new", &format!("/users/{nurse}")] {
            let body = admin.get(page).await.body;
            let select = body.rsplit("name=\"clinic\"").next().and_then(|rest| rest.split("</select>").next()).expect("the clinics");
            let last = select.rsplit("<option").next().expect("choices");
            assert!(last.contains("value=\"all\"") && last.contains("All clinics"), "{select}");
            assert!(select.contains("<option value=\"\">Choose one.") && !select.contains("selected"), "{select}");
        }
        let invite = [("name", "Nina New"), ("login", "nina@hospital.test"), ("role", "nurse"), ("clinic", "")];
        let refused = admin.submit("/users/new", "/api/accounts/invite", &invite).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("invite-clinic-error"), "{}", refused.body);
        let grant = [("user_id", nurse.as_str()), ("role", "cashier")];
        assert_eq!(admin.post("/api/accounts/grant", &grant).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!admin.get("/users?q=nina").await.body.contains("Nina New"), "nobody was invited");
    })
    .await;
}

#[tokio::test]
async fn an_administrator_neither_locks_himself_out_nor_reaches_patients_or_beyond_his_clinic() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        let (own, ana) = (app.fixture.user("admin").to_string(), app.fixture.user("ana").to_string());
        let everywhere = [("user_id", own.as_str()), ("role", "administrator"), ("clinic", "all")];
        assert_eq!(admin.post("/api/accounts/revoke", &everywhere).await.status, StatusCode::CONFLICT);
        assert_eq!(admin.post("/api/accounts/set_active", &[("user_id", &own), ("active", "false")]).await.status, StatusCode::CONFLICT);
        assert_eq!(admin.post("/api/accounts/retire", &[("user_id", &own)]).await.status, StatusCode::CONFLICT);
        for function in ["new_link", "retire", "grant"] {
            let answer = admin.post(&format!("/api/accounts/{function}"), &[("user_id", &ana), ("role", "nurse")]).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{function}");
        }
        let nurse = app.fixture.user("nurse").to_string();
        let patient = [("user_id", nurse.as_str()), ("role", "patient"), ("clinic", "all")];
        assert_eq!(admin.post("/api/accounts/grant", &patient).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!admin.get("/users").await.body.contains("Núñez"));
        // An administrator of one clinic cannot grant roles for all clinics.
        let (_, link) = invited(&admin, "nina", Role::Nurse).await;
        let nina = {
            let mut tx = app.state.db.read().await.expect("a connection");
            crate::accounts::users::staff_users(&mut tx, "nina", false, None).await.expect("found").rows.remove(0).id
        };
        let local: [(&str, &str); 3] =
            [("user_id", &nina.to_string()), ("role", "administrator"), ("clinic", &app.fixture.north.to_string())];
        assert_eq!(admin.post("/api/accounts/grant", &local).await.status, StatusCode::OK);
        assert_eq!(choose(&app, &link, NEW).await, StatusCode::OK);
        let (nina, _) = sign_in(&app, "nina", NEW).await;
        assert_eq!(nina.get("/users").await.status, StatusCode::FORBIDDEN);
        assert_eq!(nina.post("/api/accounts/new_link", &[("user_id", &own)]).await.status, StatusCode::FORBIDDEN);
    })
    .await;
}

#[tokio::test]
async fn the_last_role_is_taken_away_after_one_more_look() {
    on_both_engines(|app| async move {
        let (admin, nurse, north) = (app.as_("admin").await, app.fixture.user("nurse").to_string(), app.fixture.north.to_string());
        let page = format!("/users/{nurse}");
        let asks = || async { admin.get(&page).await.body.contains("This is the last role.") };
        assert!(asks().await);
        let second = [("user_id", nurse.as_str()), ("role", "cashier"), ("clinic", north.as_str())];
        assert_eq!(admin.post("/api/accounts/grant", &second).await.status, StatusCode::OK);
        assert!(!asks().await, "one of two is taken away at once");
        // The page's own form works without scripts.
        let last = [("user_id", nurse.as_str()), ("role", "nurse"), ("clinic", north.as_str())];
        assert_eq!(admin.submit(&page, "/api/accounts/revoke", &second).await.status, StatusCode::SEE_OTHER);
        let body = admin.get(&page).await.body;
        let asked = body.split("This is the last role.").nth(1).and_then(|rest| rest.split("</details>").next()).expect("the question");
        assert!(asked.contains("action=\"/api/accounts/revoke\"") && asked.contains(&format!("value=\"{north}\"")), "{asked}");
        assert_eq!(admin.submit(&page, "/api/accounts/revoke", &last).await.status, StatusCode::SEE_OTHER);
        assert!(!admin.get(&page).await.body.contains("/api/accounts/revoke"));
    })
    .await;
}

#[tokio::test]
async fn an_administrator_gives_herself_no_role() {
    on_both_engines(|app| async move {
        let (admin, own) = (app.as_("admin").await, app.fixture.user("admin").to_string());
        for role in ["doctor", "auditor", "administrator"] {
            for clinic in ["all".to_owned(), app.fixture.north.to_string()] {
                let form = [("user_id", own.as_str()), ("role", role), ("clinic", clinic.as_str())];
                let answer = admin.post("/api/accounts/grant", &form).await;
                assert!(matches!(answer.error(), Error::Conflict(words) if words.contains("Ask another administrator")), "{role}");
            }
        }
        assert!(!admin.get(&format!("/users/{own}")).await.body.contains("/api/accounts/grant"), "the page does not offer it");
        assert_eq!(admin.get("/audit").await.status, StatusCode::FORBIDDEN);
    })
    .await;
}

#[tokio::test]
async fn the_auditors_hear_of_each_role_that_opens_something() {
    on_both_engines(|app| async move {
        let (admin, nurse, north) = (app.as_("admin").await, app.fixture.user("nurse").to_string(), app.fixture.north.to_string());
        for (role, clinic) in [("doctor", "all"), ("auditor", north.as_str()), ("storekeeper", "all")] {
            let form = [("user_id", nurse.as_str()), ("role", role), ("clinic", clinic)];
            assert_eq!(admin.post("/api/accounts/grant", &form).await.status, StatusCode::OK, "{role}");
        }
        invited(&admin, "nina@hospital.test", Role::Cashier).await;
        // One of the nodes notifies the auditors once; a role without access to data causes no notification.
        let other = app.another_node().await;
        let (one, two) = tokio::join!(tell_auditors(&app.state), tell_auditors(&other.state));
        assert_eq!(one.expect("told") + two.expect("told"), 3);
        assert_eq!(tell_auditors(&app.state).await, Ok(0));
        let auditor = app.as_("auditor").await;
        let heard = auditor.get("/notifications").await.body;
        for words in [
            "Ada Admin gave Nora Nurse the role Doctor (all clinics).",
            "Ada Admin gave Nora Nurse the role Auditor (North Clinic).",
            "Ada Admin gave Nina New the role Cashier (all clinics).",
        ] {
            assert!(heard.contains(words), "{words}: {heard}");
        }
        assert!(!heard.contains("Storekeeper"), "{heard}");
        auditor.post("/api/accounts/language", &[("language", "es")]).await;
        assert!(auditor.get("/notifications").await.body.contains("Ada Admin dio a Nora Nurse el rol"));
        let id = heard.split("name=\"notification_id\" value=\"").nth(1).and_then(|rest| rest.get(..36)).expect("an id").to_owned();
        let to = auditor.post("/api/notifications/open", &[("notification_id", &id)]).await.location.expect("an address");
        assert_eq!(to, "/audit?user=admin&action=create");
        auditor.post("/api/accounts/language", &[("language", "en")]).await;
        let log = auditor.get(&to).await.body;
        assert!(log.contains("Ada Admin") && log.contains("role"), "{log}");
        other.end().await;
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_other_auditors_and_the_administrators_hear_when_an_auditor_is_removed() {
    on_both_engines(|app| async move {
        let (admin, nurse, auditor) =
            (app.as_("admin").await, app.fixture.user("nurse").to_string(), app.fixture.user("auditor").to_string());
        let role = [("user_id", nurse.as_str()), ("role", "auditor"), ("clinic", "all")];
        assert_eq!(admin.post("/api/accounts/grant", &role).await.status, StatusCode::OK);
        let desk = app.fixture.user("desk").to_string();
        let second = [("user_id", desk.as_str()), ("role", "administrator"), ("clinic", "all")];
        assert_eq!(admin.post("/api/accounts/grant", &second).await.status, StatusCode::OK);
        assert_eq!(tell_auditors(&app.state).await, Ok(2));
        // One auditor loses the role: the other auditor and the other administrator are notified.
        assert_eq!(admin.post("/api/accounts/revoke", &role).await.status, StatusCode::OK);
        assert_eq!(tell_auditors(&app.state).await, Ok(1));
        let words = "Ada Admin took the role Auditor (all clinics) from Nora Nurse.";
        assert!(app.as_("auditor").await.get("/notifications").await.body.contains(words));
        assert!(app.as_("desk").await.get("/notifications").await.body.contains(words));
        assert!(!admin.get("/notifications").await.body.contains("took the role"), "she knows what she did");
        // The last auditor is deactivated: the administrator is notified once.
        let inactive = [("user_id", auditor.as_str()), ("active", "false")];
        for _ in 0..2 {
            assert_eq!(admin.post("/api/accounts/set_active", &inactive).await.status, StatusCode::OK);
        }
        assert_eq!(tell_auditors(&app.state).await, Ok(1));
        let desk = app.as_("desk").await;
        let heard = desk.get("/notifications").await.body;
        assert!(heard.contains("Ada Admin deactivated the account of") && heard.contains("who reads the audit log"), "{heard}");
        desk.post("/api/accounts/language", &[("language", "es")]).await;
        assert!(desk.get("/notifications").await.body.contains("Ada Admin desactivó la cuenta de"));
        // Removing a role that does not read the audit log causes no notification.
        let north = app.fixture.north.to_string();
        let own = [("user_id", nurse.as_str()), ("role", "nurse"), ("clinic", north.as_str())];
        assert_eq!(admin.post("/api/accounts/revoke", &own).await.status, StatusCode::OK);
        assert_eq!(tell_auditors(&app.state).await, Ok(0));
        app.assert_sound().await;
    })
    .await;
}
