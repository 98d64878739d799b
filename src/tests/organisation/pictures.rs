//! The hospital's logo and photos of staff: who sends them, what is refused, where they are shown, and what the database keeps.

use axum::http::StatusCode;

use super::{guards::refuses, named, number};
use crate::{
    core::{PictureId, StaffId, Stamp, UserId},
    db::{Sql, sql},
    organisation::pictures::{Drawn, PictureMedia, Whose, keep},
    tests::{Answer, Browser, TestApp, documents::send_form, lab::id, on_both_engines},
};

const LOGO: &str = "/settings/hospital/logo";

/// A square of 48 pixels as PNG.
fn square() -> Vec<u8> {
    use image::{DynamicImage, codecs::png::PngEncoder};
    let mut bytes = Vec::new();
    DynamicImage::new_rgb8(48, 48).write_with_encoder(PngEncoder::new(&mut bytes)).expect("a picture");
    bytes
}

async fn send(browser: &Browser, page: &str, seen: &str, file: (&[u8], &str)) -> Answer {
    send_form(browser, page, &[("seen", seen)], file).await
}

async fn staff_of(app: &TestApp, login: &str) -> StaffId {
    let query = sql("SELECT id FROM staff WHERE user_id = ").push_bind(app.fixture.user(login));
    id(app, query).await.parse().expect("an id")
}

async fn the_only(app: &TestApp) -> String {
    id(app, sql("SELECT id FROM pictures")).await
}

#[tokio::test]
async fn the_logo_stands_on_pages_and_papers_of_every_node_until_it_is_removed() {
    on_both_engines(|app| async move {
        let (admin, cashier) = (app.as_("admin").await, app.as_("cashier").await);
        for other in ["cashier", "doctor", "ana"] {
            let answer = send(&app.as_(other).await, LOGO, "", (&square(), "logo.png")).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{other}");
        }
        for (file, name) in
            [(&b""[..], "logo.png"), (&b"<svg/>"[..], "logo.svg"), (&square()[..40], "logo.png"), (&square()[..], "logo.jpg")]
        {
            assert_eq!(named(&send(&admin, LOGO, "", (file, name)).await), ["file"], "{name}");
        }
        assert_eq!(number(&app.state.db, sql("SELECT count(*) FROM pictures")).await, 0);
        let sent = send(&admin, LOGO, "", (&square(), "logo.png")).await;
        assert_eq!(
            (sent.status, sent.location.as_deref()),
            (StatusCode::SEE_OTHER, Some("/settings/hospital/logo?done=saved")),
            "{}",
            sent.body
        );
        let first = the_only(&app).await;
        let address = format!("/logo/{first}");
        let nobody = app.browser();
        assert!(nobody.get("/sign-in").await.body.contains(&address), "before anybody signed in");
        assert!(app.as_("ana").await.get("/portal").await.body.contains(&address));
        let invoice = crate::tests::billing::issued(&app, &cashier, app.fixture.ben).await;
        assert!(cashier.get(&format!("/invoices/{invoice}/print")).await.body.contains(&address), "on paper");
        let file = nobody.get(&address).await;
        let header = |name: &str| file.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        assert_eq!((file.status, header("content-type")), (StatusCode::OK, "image/png".to_owned()));
        assert!(header("cache-control").contains("immutable") && header("content-security-policy").starts_with("sandbox"));
        assert_eq!(header("x-content-type-options"), "nosniff");

        // Two administrators who replace one logo: the second sees that it changed.
        assert_eq!(send(&admin, LOGO, "", (&square(), "logo.png")).await.status, StatusCode::CONFLICT);
        assert_eq!(send(&admin, LOGO, &first, (&square(), "logo.png")).await.status, StatusCode::SEE_OTHER);
        let second = the_only(&app).await;
        assert_ne!(first, second, "another picture has another address");
        assert_eq!(nobody.get(&address).await.status, StatusCode::NOT_FOUND);
        let removed = send_form(&admin, LOGO, &[("seen", &second), ("remove", "true")], (&[], "")).await;
        assert_eq!(removed.status, StatusCode::SEE_OTHER, "{}", removed.body);
        assert!(!nobody.get("/sign-in").await.body.contains("/logo/"));
        let rows = sql("SELECT count(*) FROM audit_log WHERE what = 'hospital' AND why LIKE '%logo%'");
        assert_eq!(number(&app.state.db, rows).await, 3);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_doctor_has_a_photo_that_patients_see_where_they_choose() {
    on_both_engines(|app| async move {
        let (admin, doctor, ana) = (app.as_("admin").await, app.as_("doctor").await, app.as_("ana").await);
        let staff = staff_of(&app, "doctor").await;
        let page = format!("/settings/staff/{staff}/photo");
        assert_eq!(send(&doctor, &page, "", (&square(), "me.png")).await.status, StatusCode::FORBIDDEN, "that is the administrator's page");
        assert_eq!(send(&ana, "/profile/photo", "", (&square(), "me.png")).await.status, StatusCode::FORBIDDEN, "no member of staff");
        assert_eq!(send(&doctor, "/profile/photo", "", (&square(), "me.png")).await.status, StatusCode::SEE_OTHER);
        let first = the_only(&app).await;
        assert_eq!(send(&admin, &page, &first, (&square(), "doctor.png")).await.status, StatusCode::SEE_OTHER);
        let photo = format!("/photos/{}", the_only(&app).await);
        assert!(admin.get(&page).await.body.contains(&photo) && doctor.get("/profile/photo").await.body.contains(&photo));
        let shown = ana.get(&format!("/portal/doctors/{staff}")).await;
        assert!(shown.status == StatusCode::OK && shown.body.contains(&photo), "{}", shown.body);
        let file = ana.get(&photo).await;
        assert_eq!(file.headers.get("content-type").and_then(|value| value.to_str().ok()), Some("image/jpeg"));
        assert_eq!(app.browser().get(&photo).await.status, StatusCode::SEE_OTHER, "not signed in: to the page for signing in");
        assert_eq!(ana.get(&photo.replace("/photos/", "/logo/")).await.status, StatusCode::NOT_FOUND, "a photo is no logo");
        let nurse = staff_of(&app, "nurse").await;
        assert_eq!(ana.get(&format!("/portal/doctors/{nurse}")).await.status, StatusCode::NOT_FOUND);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_keeps_one_logo_and_one_photo_of_a_person_as_they_were() {
    on_both_engines(|app| async move {
        let staff = staff_of(&app, "doctor").await;
        let drawn = Drawn { media: PictureMedia::Png, bytes: square(), width: 48, height: 48 };
        let mut tx = app.state.db.write().await.expect("a transaction");
        for whose in [Whose::Hospital, Whose::Person(staff)] {
            keep(&mut tx, whose, &drawn, Stamp::system(app.state.clock.now())).await.expect("kept");
        }
        tx.commit().await.expect("committed");
        let again = |width: i64, staff: Option<StaffId>| -> Sql {
            sql("INSERT INTO pictures (id, staff_id, media, width, height, bytes, added_at, added_by)
                SELECT $1, $2, media, $3, height, bytes, added_at, added_by FROM pictures WHERE staff_id IS NULL")
            .bind(PictureId::new())
            .bind(staff)
            .bind(width)
        };
        refuses(&app, "pictures_fixed", sql("UPDATE pictures SET width = 1")).await;
        refuses(&app, "pictures_size", again(1_001, Some(staff_of(&app, "nurse").await))).await;
        for staff in [None, Some(staff)] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            assert!(tx.execute(again(48, staff)).await.expect_err("one of each").is_unique());
        }
    })
    .await;
}
