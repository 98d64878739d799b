//! The language of this request (server) or page (browser), and [`tr!`](crate::tr).

pub use crate::i18n::Locale;

/// The word for `<html lang>`, cookies and the database: "en", "es".
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

/// The current language: the request's on the server, `<html lang>` in the browser; English outside both.
#[cfg(feature = "ssr")]
pub fn current() -> Locale {
    LOCALE.try_with(|locale| *locale).unwrap_or(Locale::en)
}

/// The current language: the request's on the server, `<html lang>` in the browser; English outside both.
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

/// Whether a reader's language is known here, so that a message is worth translating.
#[cfg(feature = "ssr")]
pub fn reachable() -> bool {
    LOCALE.try_with(|_| ()).is_ok()
}

/// Whether a reader's language is known here, so that a message is worth translating.
#[cfg(not(feature = "ssr"))]
pub const fn reachable() -> bool {
    true
}

/// The words for `namespace.key` in the current language: `tr!(patients.title)`,
/// `tr!(queue.waiting, count = 3)` (with arguments it is a `String`). A missing key fails the build.
#[macro_export]
macro_rules! tr {
    ($ns:ident . $key:ident) => {
        $crate::i18n::td_string!($crate::core::locale::current(), $ns.$key)
    };
    ($ns:ident . $key:ident, $($arg:ident = $value:expr),+ $(,)?) => {
        $crate::i18n::td_string!($crate::core::locale::current(), $ns.$key, $($arg = $value),+).to_string()
    };
}
