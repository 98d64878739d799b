//! An authenticator in software: it makes passkeys and answers challenges, as a phone or a security key does.

use data_encoding::BASE64URL_NOPAD;
use rcgen::{KeyPair, PublicKeyData as _, SigningKey as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::tests::Browser;

/// The origin of the site in tests (`passkey_site`).
pub(super) const SITE: &str = "http://localhost:3000";

pub(super) struct Authenticator {
    key: KeyPair,
    credential: Vec<u8>,
    /// The user handle that the site gave.
    user: String,
    pub counter: u32,
    /// The origin that the browser says.
    pub origin: &'static str,
    /// Whether it says that it has verified its owner.
    pub verifies: bool,
}

impl Authenticator {
    pub fn new() -> Self {
        Self {
            key: KeyPair::generate().expect("a key"),
            credential: uuid::Uuid::new_v4().as_bytes().to_vec(),
            user: String::new(),
            counter: 0,
            origin: SITE,
            verifies: true,
        }
    }

    /// Answers a challenge for a new passkey.
    pub fn make(&mut self, options: &Value) -> String {
        options["user"]["id"].as_str().expect("a user").clone_into(&mut self.user);
        let point = self.key.der_bytes();
        let mut data = self.data(options["rp"]["id"].as_str().expect("a site"), 0x40);
        data.extend([0; 16]);
        data.extend([0, u8::try_from(self.credential.len()).expect("short")]);
        data.extend(&self.credential);
        // COSE (RFC 9053): key type 2, algorithm -7, curve 1, x and y.
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 0x20]);
        data.extend(&point[33..65]);
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt\x64none\x67attStmt\xa0\x68authData\x58");
        object.push(u8::try_from(data.len()).expect("less than 256 bytes"));
        object.extend(data);
        let response = json!({ "clientDataJSON": self.client_data("webauthn.create", options).1, "attestationObject": coded(&object) });
        self.answer_with(&response)
    }

    /// Answers a challenge for signing in.
    pub fn answer(&mut self, options: &Value) -> String {
        self.counter += 1;
        let (client, coded_client) = self.client_data("webauthn.get", options);
        let data = self.data(options["rpId"].as_str().expect("a site"), 0);
        let signed = [data.clone(), Sha256::digest(client.as_bytes()).to_vec()].concat();
        let signature = self.key.sign(&signed).expect("signed");
        self.answer_with(&json!({
            "clientDataJSON": coded_client,
            "authenticatorData": coded(&data),
            "signature": coded(&signature),
            "userHandle": self.user,
        }))
    }

    fn answer_with(&self, response: &Value) -> String {
        let id = coded(&self.credential);
        json!({ "id": id, "rawId": id, "type": "public-key", "response": response }).to_string()
    }

    /// Returns the head of the authenticator's data: the site, the flags and the counter.
    fn data(&self, site: &str, more: u8) -> Vec<u8> {
        let mut data = Sha256::digest(site.as_bytes()).to_vec();
        data.push(0x01 | if self.verifies { 0x04 } else { 0 } | more);
        data.extend(self.counter.to_be_bytes());
        data
    }

    fn client_data(&self, kind: &str, options: &Value) -> (String, String) {
        let data = json!({ "type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false }).to_string();
        let coded = coded(data.as_bytes());
        (data, coded)
    }
}

fn coded(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// Returns the options of the challenge that the page has for the browser.
pub(super) async fn options(browser: &Browser, page: &str) -> Value {
    let body = browser.get(page).await.body;
    let found = body.split("data-options=\"").nth(1).and_then(|rest| rest.split('"').next());
    let text = found.unwrap_or_else(|| panic!("no challenge: {body}")).replace("&quot;", "\"").replace("&amp;", "&");
    serde_json::from_str(&text).expect("options")
}
