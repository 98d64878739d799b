//! The language of this request (server) or page (browser), and [`tr!`](crate::tr).

pub use crate::i18n::Locale;

/// Returns the language code for `<html lang>`, cookies and the database: "en", "es".
pub const fn code(locale: Locale) -> &'static str {
    match locale {
        Locale::en => "en",
        Locale::es => "es",
    }
}

#[cfg(feature = "ssr")]
tokio::task_local! {
    /// The language of the request being served.
    pub static LOCALE: Locale;
}

/// Returns the current language: the request's on the server, `<html lang>` in the browser; otherwise English.
#[cfg(feature = "ssr")]
pub fn current() -> Locale {
    LOCALE.try_with(|locale| *locale).unwrap_or(Locale::en)
}

/// Returns the current language: the request's on the server, `<html lang>` in the browser; otherwise English.
#[cfg(not(feature = "ssr"))]
pub fn current() -> Locale {
    #[cfg(feature = "hydrate")]
    {
        thread_local! {
            static PAGE: Locale = leptos::prelude::document()
                .document_element()
                .and_then(|html| html.get_attribute("lang"))
                .and_then(|lang| lang.parse().ok())
                .unwrap_or(Locale::en);
        }
        PAGE.with(|locale| *locale)
    }
    #[cfg(not(feature = "hydrate"))]
    Locale::en
}

/// Whether the reader's language is known here, so that a message can be translated.
#[cfg(feature = "ssr")]
pub fn reachable() -> bool {
    LOCALE.try_with(|_| ()).is_ok()
}

/// Whether the reader's language is known here, so that a message can be translated.
#[cfg(not(feature = "ssr"))]
pub const fn reachable() -> bool {
    true
}

/// Translates `namespace.key` into the current language: `tr!(patients.title)`, `tr!(queue.waiting, count = 3)` (with
/// arguments it returns a `String`). A missing key fails the build.
#[macro_export]
macro_rules! tr {
    ($ns:ident . $key:ident) => {
        $crate::i18n::td_string!($crate::core::locale::current(), $ns.$key)
    };
    ($ns:ident . $key:ident, $($arg:ident = $value:expr),+ $(,)?) => {
        $crate::i18n::td_string!($crate::core::locale::current(), $ns.$key, $($arg = $value),+).to_string()
    };
}
