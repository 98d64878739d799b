//! An imitated archive of images, which answers over DICOMweb.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
};
use data_encoding::BASE64;
use serde_json::{Value, json};

/// The login and the password that the archive wants.
pub const LOGIN: &str = "infirmary";
pub const PASSWORD: &str = "a word of the archive";

/// The imitated archive: its studies in DICOM JSON, and the addresses that were asked.
#[derive(Clone, Default)]
pub struct Pacs {
    studies: Arc<Mutex<Vec<Value>>>,
    asked: Arc<Mutex<Vec<String>>>,
    /// The attributes of instances, by their UIDs.
    metadata: Arc<Mutex<HashMap<String, Value>>>,
}

impl Pacs {
    /// Begins to answer; the address.
    pub async fn start(&self) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new().fallback(answer).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    /// Holds a study in place of one with the same UID.
    pub fn hold(&self, study: Value) {
        let mut studies = self.studies.lock().expect("the studies");
        studies.retain(|known| known["0020000D"] != study["0020000D"]);
        studies.push(study);
    }

    /// Holds the attributes of an instance; the SOP class stands in the list of instances too.
    pub fn tell(&self, instance: &str, attributes: Value) {
        self.metadata.lock().expect("the attributes").insert(instance.to_owned(), attributes);
    }

    /// The addresses that were asked, in order.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("the addresses").clone()
    }
}

/// A study in DICOM JSON.
pub fn held(uid: &str, accession: &str, mrn: &str, name: &str) -> Value {
    json!({
        "00080020": { "vr": "DA", "Value": ["20261121"] },
        "00080030": { "vr": "TM", "Value": ["101500"] },
        "00080050": { "vr": "SH", "Value": [accession] },
        "00080061": { "vr": "CS", "Value": ["CT"] },
        "00081030": { "vr": "LO", "Value": ["Chest"] },
        "00100010": { "vr": "PN", "Value": [{ "Alphabetic": name }] },
        "00100020": { "vr": "LO", "Value": [mrn] },
        "00100030": { "vr": "DA", "Value": ["19800418"] },
        "00100040": { "vr": "CS", "Value": ["F"] },
        "0020000D": { "vr": "UI", "Value": [uid] },
        "00201206": { "vr": "IS", "Value": [2] },
        "00201208": { "vr": "IS", "Value": [5] },
    })
}

/// Answers as an archive does: lists by accession number or all, two series, and pictures.
async fn answer(State(pacs): State<Pacs>, headers: HeaderMap, uri: Uri) -> Response {
    pacs.asked.lock().expect("the addresses").push(uri.to_string());
    let expected = format!("Basic {}", BASE64.encode(format!("{LOGIN}:{PASSWORD}").as_bytes()));
    if headers.get(header::AUTHORIZATION).is_none_or(|sent| sent.as_bytes() != expected.as_bytes()) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let path: Vec<&str> = uri.path().trim_start_matches("/dicom-web/").split('/').collect();
    let query = uri.query().unwrap_or_default();
    let list = |list: Vec<Value>| ([(header::CONTENT_TYPE, "application/dicom+json")], Value::from(list).to_string()).into_response();
    match path[..] {
        ["studies"] => {
            let wanted = query.split('&').find_map(|part| part.strip_prefix("AccessionNumber="));
            let all = pacs.studies.lock().expect("the studies").clone();
            // A study of long ago is found by its accession number alone.
            let fits = |study: &Value| match wanted {
                Some(wanted) => study["00080050"]["Value"][0] == wanted,
                None => study["00080020"]["Value"][0] == "20261121",
            };
            let found: Vec<Value> = all.into_iter().filter(fits).collect();
            if found.is_empty() { StatusCode::NO_CONTENT.into_response() } else { list(found) }
        }
        ["studies", _, "series"] => {
            let series = |uid: &str, number: i64, modality: &str| json!({ "0020000E": { "Value": [uid] }, "00200011": { "Value": [number] }, "00080060": { "Value": [modality] } });
            list(vec![series("2.25.72", 2, "CT"), series("2.25.71", 1, "CT"), series("2.25.73", 3, "SR")])
        }
        ["studies", _, "instances"] => {
            let told = pacs.metadata.lock().expect("the attributes").clone();
            let image = |series: &str, uid: &str, number: i64, frames: i64, rows: i64| {
                let class = told.get(uid).and_then(|one| one.get("00080016")).cloned().unwrap_or_else(|| json!({ "vr": "UI" }));
                json!({ "00080016": class, "0020000E": { "Value": [series] }, "00080018": { "Value": [uid] }, "00200013": { "Value": [number] },
                    "00280008": { "Value": [frames] }, "00280010": { "Value": [rows] } })
            };
            list(vec![
                image("2.25.71", "2.25.712", 2, 1, 512),
                image("2.25.71", "2.25.711", 1, 1, 512),
                image("2.25.72", "2.25.721", 1, 3, 512),
                image("2.25.73", "2.25.731", 1, 1, 0),
            ])
        }
        ["studies", _, "series", _, "instances", uid, "metadata"] => {
            let told = pacs.metadata.lock().expect("the attributes").get(uid).cloned();
            told.map_or_else(|| StatusCode::NOT_FOUND.into_response(), |told| list(vec![told]))
        }
        ["studies", "2.25.666", .., "rendered"] => ([(header::CONTENT_TYPE, "image/jpeg")], "<script>alert(1)</script>").into_response(),
        ["studies", .., "rendered"] => {
            let picture = [b"\xff\xd8\xff\xe0".as_slice(), uri.to_string().as_bytes()].concat();
            ([(header::CONTENT_TYPE, "text/html")], picture).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
