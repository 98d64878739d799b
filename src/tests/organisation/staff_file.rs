//! Staff from a file: a preview, all rows or none, and nothing new the second time.

use axum::http::StatusCode;

use super::{named, number};
use crate::{
    db::sql,
    tests::{Browser, accounts::sign_up::letters, on_both_engines},
};

const IMPORT: &str = "/api/accounts/import_staff";

const FILE: &str = "name,profession,login,role,clinic,licence_number,practising_since,main_department,languages,accepting_bookings
Dr. Vera Viola,doctor,vera@hospital.test,doctor,NORTH,V-77,2001,MED,es|Português,yes
Otto Orderly,,otto,nurse,all,,,,,
Nora Nurse,nurse,nurse,,,N-1,,,,
\"Pratt, Paula\",therapist,,,,,,SURG,,";

/// The value that confirms the preview of a page.
fn seen(body: &str) -> String {
    let input = body.split("name=\"seen\"").nth(1).unwrap_or_else(|| panic!("nothing to confirm: {body}"));
    input.split("value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a value").to_owned()
}

async fn send(admin: &Browser, text: &str, seen: &str) -> crate::tests::Answer {
    admin.submit("/users/import", IMPORT, &[("text", text), ("seen", seen)]).await
}

#[tokio::test]
async fn a_file_of_staff_is_seen_first_then_imported_and_nothing_is_new_the_second_time() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        let people = || number(&app.state.db, sql("SELECT count(*) FROM staff"));
        let before = people().await;
        let asked = send(&admin, FILE, "").await;
        assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
        for shown in
            ["New: 3. Changed: 1. Unchanged: 0. Wrong: 0.", "Dr. Vera Viola", "Licence number: – → N-1", "Role: – → Nurse", "all clinics"]
        {
            assert!(asked.body.contains(shown), "{shown}: {}", asked.body);
        }
        assert_eq!(people().await, before, "a preview writes nothing");
        assert!(letters(&app).await.is_empty(), "and sends nothing");
        let done = send(&admin, FILE, &seen(&asked.body)).await;
        assert_eq!(done.location.as_deref(), Some("/settings/staff?done=imported"), "{}", done.body);
        assert_eq!(people().await, before + 3);
        let sent = letters(&app).await;
        assert_eq!(
            sent.iter().map(|(to, _)| to.as_str()).collect::<Vec<_>>(),
            ["vera@hospital.test"],
            "Otto has no address: a slip is printed"
        );
        let listed = admin.get("/settings/staff?q=vera").await.body;
        assert!(listed.contains("Doctor, North Clinic") && listed.contains("General medicine") && listed.contains("Invited"), "{listed}");
        let again = send(&admin, FILE, "").await;
        assert_eq!(again.location.as_deref(), Some("/settings/staff?done=unchanged"), "{}", again.body);
        assert_eq!((people().await, letters(&app).await.len()), (before + 3, 0));
        let file = admin.get("/users/export").await.body;
        assert!(file.starts_with("name,given_names,"), "{file}");
        for shown in ["vera@hospital.test,doctor,NORTH,", "V-77", "es|pt", "otto,nurse,all,"] {
            assert!(file.contains(shown), "{shown}: {file}");
        }
        let read = send(&admin, &file, "").await;
        assert_eq!(read.location.as_deref(), Some("/settings/staff?done=unchanged"), "the export is read without a change: {}", read.body);
        assert_eq!(app.as_("desk").await.get("/users/export").await.status, StatusCode::FORBIDDEN);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn each_wrong_line_of_a_file_names_its_field_and_nothing_is_written() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        let before = number(&app.state.db, sql("SELECT count(*) FROM staff")).await;
        let text = "name;profession;login;role;clinic;practising_since;main_department;specialties\n\
            Good Gina;nurse;;;;;;\n\
            ;doctor;;;;;;\n\
            Wrong Willy;wizard;;;;;;\n\
            Young Yara;doctor;;;;2027;;\n\
            Far Fiona;doctor;;;;;ORBIT;\n\
            Odd Olga;doctor;;;;;;Astrology\n\
            No Clinic;nurse;noc@hospital.test;nurse;;;;\n\
            Lost Store;other;lost@hospital.test;patient;all;;;\n\
            Ada Admin;other;admin;doctor;all;;;\n\
            Good Gina;nurse;;;;;;";
        let refused = send(&admin, text, "").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        for shown in [
            "9 lines are wrong. Nothing was written.",
            "name: Enter the name",
            "profession: Choose",
            "practising_since: Enter a year",
            "main_department: “ORBIT” is not known here",
            "specialties: “Astrology” is not known here",
            "clinic: Enter the code of a clinic",
            "role: Choose",
            "role: This person signs in already.",
            "name: An earlier line of the file",
        ] {
            assert!(refused.body.contains(shown), "{shown}: {}", refused.body);
        }
        assert_eq!(number(&app.state.db, sql("SELECT count(*) FROM staff")).await, before, "not even the good line");
        for (text, why) in
            [("", "Paste the lines"), ("name;colour\nA;red", "colour"), ("login\na", "is needed"), ("name\na,b", "more cells")]
        {
            let answer = admin.post(IMPORT, &[("text", text)]).await;
            assert!(named(&answer) == ["text"] && answer.body.contains(why), "{why}: {}", answer.body);
        }
        assert_eq!(app.as_("desk").await.post(IMPORT, &[("text", FILE)]).await.status, StatusCode::FORBIDDEN);
        app.assert_sound().await;
    })
    .await;
}
