//! What was written and has not reached the server yet: kept by this tab until it has, also over a reload.
//!
//! The tab's own storage, not the browser's: on a shared computer nothing of a patient stays behind.

use serde::{Deserialize, Serialize};

use crate::clinical::NoteText;

/// A text on its way, and the version it was written upon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub version: i64,
    pub text: NoteText,
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::*;
    use web_sys::{Storage, UrlSearchParams};

    use super::Kept;

    fn storage() -> Option<Storage> {
        window().session_storage().ok().flatten()
    }

    fn key(visit: &str) -> String {
        format!("note:{visit}")
    }

    pub fn keep(visit: &str, kept: &Kept) {
        if let (Some(storage), Ok(text)) = (storage(), serde_json::to_string(kept)) {
            // A full storage keeps nothing; the next save is two seconds away.
            let _ = storage.set_item(&key(visit), &text);
        }
    }

    pub fn find(visit: &str) -> Option<Kept> {
        let text = storage()?.get_item(&key(visit)).ok().flatten()?;
        serde_json::from_str(&text).ok()
    }

    pub fn forget(visit: &str) {
        if let Some(storage) = storage() {
            let _ = storage.remove_item(&key(visit));
        }
    }

    /// A last try when the page goes away: sent by the browser after the page is gone.
    pub fn send(visit: &str, kept: &Kept) {
        let Ok(form) = UrlSearchParams::new() else { return };
        form.append("visit_id", visit);
        form.append("version", &kept.version.to_string());
        for (name, text) in kept.text.sections() {
            form.append(name, text);
        }
        let _ = window().navigator().send_beacon_with_opt_url_search_params("/api/clinical/save_note", Some(&form));
    }
}

#[cfg(feature = "hydrate")]
pub use browser::{find, forget, keep, send};

/// On the server there is nothing to keep.
#[cfg(not(feature = "hydrate"))]
mod server {
    use super::Kept;

    pub const fn keep(_visit: &str, _kept: &Kept) {}
    pub const fn find(_visit: &str) -> Option<Kept> {
        None
    }
    pub const fn forget(_visit: &str) {}
    pub const fn send(_visit: &str, _kept: &Kept) {}
}

#[cfg(not(feature = "hydrate"))]
pub use server::{find, forget, keep, send};
