//! `/manifest.webmanifest`: with it a phone puts the portal on its home screen. It has words, colours and pictures, and nothing of a patient;
//! no page is kept on the phone.

use axum::{
    http::header,
    response::{IntoResponse as _, Response},
};

use crate::{
    core::{Error, Result, locale},
    server::Request,
    tr,
};

/// The colour of the head of the window, as of the icon.
pub const THEME: &str = "#005f5e";

/// Serves the description of the installed portal.
///
/// # Errors
/// Never; a request is always there.
pub async fn manifest_file() -> Result<Response> {
    let request = Request::current().ok_or(Error::SignedOut)?;
    let icon = |file: &str, size: &str, purpose: &str| {
        let address = request.state.assets.url(&format!("icons/{file}"));
        serde_json::json!({ "src": address, "sizes": size, "type": "image/png", "purpose": purpose })
    };
    let name = request.state.hospital().name.clone();
    let manifest = serde_json::json!({
        "id": "/portal",
        "name": tr!(portal.installed_name, hospital = name.clone()),
        "short_name": name,
        "lang": locale::code(request.locale),
        "start_url": "/portal",
        "scope": "/",
        "display": "standalone",
        "theme_color": THEME,
        "background_color": "#ffffff",
        "icons": [
            icon("icon-192.png", "192x192", "any"),
            icon("icon-512.png", "512x512", "any"),
            icon("icon-maskable-512.png", "512x512", "maskable"),
        ],
    });
    let headers = [(header::CONTENT_TYPE, "application/manifest+json"), (header::CACHE_CONTROL, "no-cache")];
    Ok((headers, manifest.to_string()).into_response())
}
