//! {{title}}: who adds an entry, and that a clinic has each name once.

use axum::http::StatusCode;

use super::on_both_engines;

#[tokio::test]
async fn an_entry_is_added_once_by_those_who_may() {
    on_both_engines(|app| async move {
        let user = app.as_("{{login}}").await;
        let page = user.get("/{{address}}").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        assert!(page.body.contains("href=\"/{{address}}\""), "it stands in the rail");
        let form = [("name", "First floor")];
        let answer = user.submit("/{{address}}", "/api/{{name}}/add", &form).await;
        assert_eq!(answer.location.as_deref(), Some("/{{address}}?done=added"), "{}", answer.body);
        assert!(user.get("/{{address}}").await.body.contains("First floor"));
        assert_eq!(user.post("/api/{{name}}/add", &form).await.status, StatusCode::CONFLICT, "a name comes once");
        assert_eq!(user.post("/api/{{name}}/add", &[("name", " ")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let other = app.as_("ana").await;
        assert_eq!(other.get("/{{address}}").await.status, StatusCode::FORBIDDEN);
        assert_eq!(other.post("/api/{{name}}/add", &form).await.status, StatusCode::FORBIDDEN);
        app.assert_sound().await;
    })
    .await;
}
