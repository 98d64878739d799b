//! Choices that a browser remembers in a cookie: the language before signing in, whether receipts are printed. Nothing secret;
//! yet no script reads them, and no other host sets them.

use axum::http::{HeaderMap, HeaderValue, header};
use leptos::prelude::use_context;

use super::{Request, config::Config};

/// Remembers a choice for so many seconds; 0 forgets it.
pub fn remember(name: &str, value: &str, seconds: u32) {
    let (Some(request), Some(options)) = (Request::current(), use_context::<leptos_axum::ResponseOptions>()) else { return };
    let config = &request.state.config;
    let secure = if config.secure_cookies { "; Secure" } else { "" };
    let cookie = format!("{}{name}={value}; Path=/; Max-Age={seconds}; SameSite=Lax; HttpOnly{secure}", prefix(config));
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        options.append_header(header::SET_COOKIE, cookie);
    }
}

/// What was chosen.
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
