//! Choices that a browser keeps in a cookie: the language before signing in, and whether receipts are printed. They are not
//! secret, but scripts cannot read the cookies, and no other host can set them.

use axum::http::{HeaderMap, HeaderValue, header};
use leptos::prelude::use_context;

use super::{Request, config::Config};

/// Keeps a choice in a cookie for `seconds`; 0 deletes it.
pub fn remember(name: &str, value: &str, seconds: u32) {
    let (Some(request), Some(options)) = (Request::current(), use_context::<leptos_axum::ResponseOptions>()) else { return };
    let config = &request.state.config;
    let secure = if config.secure_cookies { "; Secure" } else { "" };
    let cookie = format!("{}{name}={value}; Path=/; Max-Age={seconds}; SameSite=Lax; HttpOnly{secure}", prefix(config));
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        options.append_header(header::SET_COOKIE, cookie);
    }
}

/// Returns the value of the choice `name` from the request's cookies.
pub fn remembered<'h>(config: &Config, headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().strip_prefix(prefix(config))?.split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

const fn prefix(config: &Config) -> &'static str {
    if config.secure_cookies { "__Host-" } else { "" }
}
