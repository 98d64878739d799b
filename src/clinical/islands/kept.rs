//! Keeps note text that has not reached the server yet in the browser until the server has saved it.
//!
//! The text is stored twice: in the tab's session storage, for a reload, and in the computer's local storage, for a closed tab,
//! a crash or an ended session. Several people share a computer, so in local storage the text is encrypted (AES-GCM) with a key
//! that the server sends with the note to its author only. The text is deleted when the server has it, or after two weeks.

use serde::{Deserialize, Serialize};

use crate::clinical::NoteText;

/// An unsent text, and the version of the note that it is based on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub version: i64,
    pub text: NoteText,
}

/// The storage entry of one author's text for one visit, and the keys that decrypt it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The name of the entry, from the author and the visit.
    pub name: String,
    /// Each is 32 bytes in hexadecimal: the first one encrypts, the others decrypt text that was stored before the hospital's
    /// key was rotated.
    pub keys: Vec<String>,
}

/// The result of looking for a text that an earlier page stored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser finds a text"))]
pub enum Found {
    Nothing,
    Text(Kept),
    /// A text that none of the keys decrypts. It stays on this computer.
    Unreadable,
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::cell::RefCell;

    use js_sys::Uint8Array;
    use leptos::{prelude::*, task::spawn_local};
    use wasm_bindgen::{JsCast as _, JsValue};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{AesGcmParams, CryptoKey, Storage, SubtleCrypto, UrlSearchParams};

    use super::{Found, Kept, Place};
    use crate::ui::live;

    /// The age in seconds after which a stored text is deleted.
    const STAYS: i64 = 14 * 86_400;
    const NONCE: usize = 12;

    /// The text that this page stored in local storage last, and the number of its attempts: only the latest text may stay,
    /// and the page removes only its own text.
    #[derive(Default)]
    struct Mine {
        tries: u64,
        stored: Option<String>,
    }

    thread_local! {
        static MINE: RefCell<Mine> = RefCell::new(Mine::default());
    }

    fn of_tab() -> Option<Storage> {
        window().session_storage().ok().flatten()
    }

    fn of_computer() -> Option<Storage> {
        window().local_storage().ok().flatten()
    }

    pub fn keep(place: &Place, kept: &Kept) {
        let Ok(text) = serde_json::to_string(kept) else { return };
        if let Some(storage) = of_tab() {
            // Full storage stores nothing; the next save follows within two seconds.
            let _ = storage.set_item(&place.name, &text);
        }
        let turn = MINE.with_borrow_mut(|mine| {
            mine.tries += 1;
            mine.tries
        });
        let place = place.clone();
        spawn_local(async move {
            let Some(key) = place.keys.first() else { return };
            let Some(sealed) = seal(key, &text).await else { return };
            let stored = format!("{}.{sealed}", live::seconds());
            put_aside_unreadable(&place).await;
            MINE.with_borrow_mut(|mine| {
                if mine.tries == turn && of_computer().is_some_and(|storage| storage.set_item(&place.name, &stored).is_ok()) {
                    mine.stored = Some(stored);
                }
            });
        });
    }

    /// Returns the text that an earlier page could not send: from this tab, otherwise from this computer.
    pub async fn find(place: &Place) -> Found {
        tidy();
        let of_this_tab = of_tab().and_then(|storage| storage.get_item(&place.name).ok().flatten());
        if let Some(kept) = of_this_tab.and_then(|text| serde_json::from_str(&text).ok()) {
            return Found::Text(kept);
        }
        let Some(stored) = on_computer(&place.name) else { return Found::Nothing };
        let Some(kept) = opened(place, &stored).await else { return Found::Unreadable };
        MINE.with_borrow_mut(|mine| mine.stored = Some(stored));
        Found::Text(kept)
    }

    fn on_computer(name: &str) -> Option<String> {
        of_computer()?.get_item(name).ok().flatten()
    }

    /// Decrypts the text with the first of the keys that fits.
    async fn opened(place: &Place, stored: &str) -> Option<Kept> {
        let (_, sealed) = stored.split_once('.')?;
        for key in &place.keys {
            if let Some(kept) = open(key, sealed).await.and_then(|text| serde_json::from_str(&text).ok()) {
                return Some(kept);
            }
        }
        None
    }

    /// Stores a text that none of the keys decrypts under a name of its own, before another text replaces it.
    async fn put_aside_unreadable(place: &Place) {
        let Some(there) = on_computer(&place.name) else { return };
        let is_mine = MINE.with_borrow(|mine| mine.stored.as_ref() == Some(&there));
        if is_mine || opened(place, &there).await.is_some() {
            return;
        }
        if let Some(storage) = of_computer() {
            // The number before the dot is its time of storage: it is deleted after two weeks, like the others.
            let _ = storage.set_item(&format!("{}~{}", place.name, live::seconds()), &there);
        }
    }

    pub fn forget(place: &Place) {
        if let Some(storage) = of_tab() {
            let _ = storage.remove_item(&place.name);
        }
        let stored = MINE.with_borrow_mut(|mine| {
            mine.tries += 1;
            mine.stored.take()
        });
        if let Some(storage) = of_computer()
            && stored.is_some()
            && storage.get_item(&place.name).ok().flatten() == stored
        {
            let _ = storage.remove_item(&place.name);
        }
    }

    /// Deletes expired texts of all users from this browser.
    fn tidy() {
        let Some(storage) = of_computer() else { return };
        let names: Vec<String> = (0..storage.length().unwrap_or(0)).filter_map(|at| storage.key(at).ok().flatten()).collect();
        for name in names.iter().filter(|name| name.starts_with("note:")) {
            let stored = storage.get_item(name).ok().flatten().unwrap_or_default();
            let since = stored.split_once('.').and_then(|(seconds, _)| seconds.parse::<i64>().ok()).unwrap_or_default();
            if live::seconds() - since > STAYS {
                let _ = storage.remove_item(name);
            }
        }
    }

    /// Returns the browser's cryptography; a page without HTTPS has none.
    fn subtle() -> Option<SubtleCrypto> {
        let crypto = window().crypto().ok()?;
        let subtle: JsValue = crypto.subtle().into();
        (!subtle.is_undefined()).then(|| subtle.unchecked_into())
    }

    async fn key(subtle: &SubtleCrypto, hex: &str) -> Option<CryptoKey> {
        let raw = Uint8Array::from(bytes(hex)?.as_slice());
        let uses = js_sys::Array::of2(&"encrypt".into(), &"decrypt".into());
        let promise = subtle.import_key_with_str("raw", &raw, "AES-GCM", false, &uses).ok()?;
        JsFuture::from(promise).await.ok()?.dyn_into().ok()
    }

    async fn seal(hex_key: &str, text: &str) -> Option<String> {
        let subtle = subtle()?;
        let key = key(&subtle, hex_key).await?;
        let mut nonce = [0_u8; NONCE];
        window().crypto().ok()?.get_random_values_with_u8_array(&mut nonce).ok()?;
        let how = AesGcmParams::new_with_u8_array("AES-GCM", &Uint8Array::from(nonce.as_slice()));
        let promise = subtle.encrypt_with_object_and_u8_array(&how, &key, text.as_bytes()).ok()?;
        let sealed = Uint8Array::new(&JsFuture::from(promise).await.ok()?).to_vec();
        Some(hex(&nonce) + &hex(&sealed))
    }

    async fn open(hex_key: &str, sealed: &str) -> Option<String> {
        let subtle = subtle()?;
        let key = key(&subtle, hex_key).await?;
        let sealed = bytes(sealed)?;
        let (nonce, sealed) = sealed.split_at_checked(NONCE)?;
        let how = AesGcmParams::new_with_u8_array("AES-GCM", &Uint8Array::from(nonce));
        let promise = subtle.decrypt_with_object_and_u8_array(&how, &key, sealed).ok()?;
        let opened = Uint8Array::new(&JsFuture::from(promise).await.ok()?).to_vec();
        String::from_utf8(opened).ok()
    }

    fn hex(bytes: &[u8]) -> String {
        use std::fmt::Write as _;
        bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    fn bytes(hex: &str) -> Option<Vec<u8>> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()).collect()
    }

    /// Makes a last attempt to save when the page closes: the browser sends the request after the page is gone.
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

/// Does nothing on the server, which stores no unsent text.
#[cfg(not(feature = "hydrate"))]
mod server {
    use super::{Found, Kept, Place};

    pub const fn keep(_place: &Place, _kept: &Kept) {}
    pub async fn find(_place: &Place) -> Found {
        Found::Nothing
    }
    pub const fn forget(_place: &Place) {}
    pub const fn send(_visit: &str, _kept: &Kept) {}
}

#[cfg(not(feature = "hydrate"))]
pub use server::{find, forget, keep, send};
