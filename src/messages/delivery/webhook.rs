//! The gateway for short messages: an address that takes a signed POST.
//!
//! The body is JSON: `id` (the same when it is sent again, so that the gateway drops the repeat), `to`, `text`, `language`. The header
//! `Infirmary-Signature` is `t=SECONDS,v1=HEX`: HMAC-SHA256 over `SECONDS.BODY`, one `v1` for each secret, so that a secret can be changed
//! while both are valid.

use std::time::Duration;

use axum::http::{Request, StatusCode, Uri, header};
use hkdf::hmac::{Hmac, Mac as _};
use http_body_util::Full;
use hyper::body::Bytes;
use sha2::Sha256;

use super::Attempt;
use crate::{
    core::{
        MessageId,
        locale::{self, Locale},
        time::Instant,
    },
    server::{
        config::{Config, Hidden},
        outgoing::HttpTarget,
    },
};

/// The time limit for the whole exchange.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most bytes of an answer: only its status counts.
const LARGEST: usize = 1024 * 1024;
/// The header with the signature.
const SIGNATURE: &str = "infirmary-signature";

/// The configured gateway.
pub struct Webhook {
    target: HttpTarget,
    path: String,
    secrets: Vec<Hidden>,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook").field("target", &self.target).finish_non_exhaustive()
    }
}

impl Webhook {
    /// Creates the gateway of the configuration; `None` when there is none.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn new(config: &Config) -> Result<Option<Self>, String> {
        if config.sms_url.is_empty() {
            return Ok(None);
        }
        let wrong = || "setting `sms_url`: `https://…` is expected, or `http://` of this machine".to_owned();
        let uri: Uri = config.sms_url.parse().map_err(|_| wrong())?;
        let target = HttpTarget::new(&uri, None).map_err(|_| wrong())?;
        if !target.is_encrypted() && !target.is_here() {
            return Err(wrong());
        }
        let secrets: Vec<Hidden> = config
            .sms_secret
            .0
            .split(',')
            .map(str::trim)
            .filter(|secret| !secret.is_empty())
            .map(|secret| Hidden(secret.to_owned()))
            .collect();
        if secrets.is_empty() || secrets.iter().any(|secret| secret.0.len() < 16) {
            return Err("setting `sms_secret`: at least 16 characters, so that the gateway knows the sender".to_owned());
        }
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Some(Self { target, path, secrets }))
    }

    /// Sends one message.
    pub(super) async fn send(&self, id: MessageId, to: &str, text: &str, language: Locale, now: Instant) -> Attempt {
        let body = serde_json::json!({ "id": id.to_string(), "to": to, "text": text, "language": locale::code(language) }).to_string();
        match self.post(body, now).await {
            Err(error) => Attempt::Failed(error),
            Ok(status) if status.is_success() => Attempt::Sent,
            // A number that the gateway refuses stays refused.
            Ok(status) if [400, 404, 410, 422].contains(&status.as_u16()) => Attempt::Refused(format!("the gateway answered {status}")),
            Ok(status) => Attempt::Failed(format!("the gateway answered {status}")),
        }
    }

    async fn post(&self, body: String, now: Instant) -> Result<StatusCode, String> {
        let request = Request::post(&self.path)
            .header(header::HOST, self.target.host_header())
            .header(header::CONTENT_TYPE, "application/json")
            .header(SIGNATURE, signature(&self.secrets, now.timestamp(), &body))
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| error.to_string())?;
        Ok(self.target.send(request, LARGEST, PATIENCE).await?.status())
    }
}

/// The header's value: the time, and one HMAC for each secret.
fn signature(secrets: &[Hidden], seconds: i64, body: &str) -> String {
    let mut value = format!("t={seconds}");
    for secret in secrets {
        let Ok(mut mac) = <Hmac<Sha256> as hkdf::hmac::Mac>::new_from_slice(secret.0.as_bytes()) else { continue };
        mac.update(format!("{seconds}.{body}").as_bytes());
        value.push_str(",v1=");
        value.push_str(&data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes()));
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_hmac_sha256_of_time_and_body() {
        // Computed with Python: hmac.new(b"a secret of the house", b'1700000000.{"id":"1"}', "sha256").hexdigest()
        let secrets = [Hidden("a secret of the house".to_owned()), Hidden("the secret before".to_owned())];
        let value = signature(&secrets, 1_700_000_000, r#"{"id":"1"}"#);
        assert_eq!(
            value,
            "t=1700000000,v1=0d7580a9d099216c7bcd4530bacd1c16432a3a22fa65191fdf95596646210d9b,v1=3fbdda38c394e2adddf1393e7dacb8bbede5c3bd3142f39ab4769b5b449673a6"
        );
    }

    #[test]
    fn messages_leave_the_machine_encrypted_and_signed_or_not_at_all() {
        let config =
            |url: &str, secret: &str| Config { sms_url: url.to_owned(), sms_secret: Hidden(secret.to_owned()), ..Config::default() };
        let long = "sixteen letters or more";
        assert!(Webhook::new(&config("", "")).expect("none").is_none());
        for url in ["https://gateway.test/sms", "http://127.0.0.1:9/x", "http://[::1]:9/x", "http://localhost"] {
            assert!(Webhook::new(&config(url, long)).expect(url).is_some(), "{url}");
        }
        for url in ["http://gateway.test/sms", "ftp://gateway.test", "gateway", "http://10.0.0.1/"] {
            assert!(Webhook::new(&config(url, long)).is_err(), "{url}");
        }
        assert!(Webhook::new(&config("https://gateway.test/sms", "short")).is_err());
    }
}
