//! Asks an archive over DICOMweb (PS3.18): QIDO-RS finds studies, series and images; WADO-RS renders an image.
//!
//! Only archives that the setting `image_archives` names are asked. Texts of an answer are cut to the lengths that are stored; what has no valid
//! UID is left out.

use std::time::Duration;

use axum::http::{Request, Response, StatusCode, Uri, header};
use chrono::NaiveDate;
use data_encoding::BASE64;
use http_body_util::Full;
use hyper::body::Bytes;
use serde_json::{Map, Value};

use super::{ImageArchive, SentPatient};
use crate::{
    server::{config::Config, outgoing::HttpTarget},
    ui::encoded,
};

/// The time limit for a list, and for an image.
const PATIENCE: Duration = Duration::from_secs(20);
/// The largest list and the largest image, in bytes.
const LARGEST_LIST: usize = 32 * 1024 * 1024;
const LARGEST_IMAGE: usize = 32 * 1024 * 1024;
/// The studies of one answer, and the answers that are read.
const PAGE: usize = 200;
const PAGES: usize = 10;
/// The images of a study that are shown.
const MOST_IMAGES: usize = 5_000;

pub(super) type Element = Map<String, Value>;

/// A study as an archive describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundStudy {
    pub uid: String,
    pub accession: String,
    pub modalities: String,
    /// `2026-11-29 12:00`
    pub taken: String,
    pub series_count: i64,
    pub image_count: i64,
    pub patient: SentPatient,
    pub description: String,
}

/// A series with its images, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundSeries {
    pub uid: String,
    pub modality: String,
    pub number: i64,
    pub description: String,
    pub images: Vec<ImageAt>,
}

/// An image: a frame of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageAt {
    pub instance: String,
    /// Counted from 1.
    pub frame: i64,
}

/// The grey values that are shown: the middle and the width of the window, as recorded in the image's own unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shade {
    pub center: i32,
    pub width: i32,
}

/// The parts of an address by which it is allowed: scheme, host and port.
fn origin(uri: &Uri) -> Option<(&str, &str, u16)> {
    let scheme = uri.scheme_str()?;
    Some((scheme, uri.host()?, uri.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 })))
}

/// Whether the setting `image_archives` names the archive of an address.
pub fn is_allowed(config: &Config, base_url: &str) -> bool {
    let Ok(asked) = base_url.parse::<Uri>() else { return false };
    config.image_archives.split(',').filter_map(|one| one.trim().parse::<Uri>().ok()).any(|one| {
        let allowed = origin(&one);
        allowed.is_some() && allowed == origin(&asked)
    })
}

/// An archive that can be asked.
pub struct ArchiveClient {
    target: HttpTarget,
    path: String,
    authorization: Option<String>,
}

impl ArchiveClient {
    /// Creates the client of an archive.
    ///
    /// # Errors
    /// A sentence, when the settings do not name the archive or its address is wrong.
    pub fn new(config: &Config, archive: &ImageArchive) -> Result<Self, String> {
        if !is_allowed(config, &archive.base_url) {
            return Err("the setting `image_archives` does not name this address".to_owned());
        }
        let uri: Uri = archive.base_url.parse().map_err(|_| "the address is wrong".to_owned())?;
        let target = HttpTarget::new(&uri, config.image_archive_authority.as_deref())?;
        let path = uri.path().trim_end_matches('/').to_owned();
        let authorization = (!archive.login.is_empty())
            .then(|| format!("Basic {}", BASE64.encode(format!("{}:{}", archive.login, archive.password).as_bytes())));
        Ok(Self { target, path, authorization })
    }

    async fn get(&self, rest: &str, accept: &str, most: usize) -> Result<Response<Bytes>, String> {
        let mut request = Request::get(format!("{}{rest}", self.path))
            .header(header::HOST, self.target.host_header())
            .header(header::ACCEPT, accept)
            .header(header::USER_AGENT, "infirmary");
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let request = request.body(Full::new(Bytes::new())).map_err(|error| error.to_string())?;
        self.target.send(request, most, PATIENCE).await
    }

    /// Reads a list. An archive may answer an empty one with 204.
    pub(super) async fn list(&self, rest: &str) -> Result<Vec<Element>, String> {
        let answer = self.get(rest, "application/dicom+json", LARGEST_LIST).await?;
        match answer.status() {
            StatusCode::NO_CONTENT => Ok(Vec::new()),
            StatusCode::OK => serde_json::from_slice(answer.body()).map_err(|_| "the answer is no list in DICOM JSON".to_owned()),
            status => Err(format!("the archive answered {status}")),
        }
    }

    /// Finds the studies with an accession number.
    pub async fn by_accession(&self, accession: &str) -> Result<Vec<FoundStudy>, String> {
        let found = self.list(&format!("/studies?AccessionNumber={}&limit={PAGE}{STUDY_FIELDS}", encoded(accession))).await?;
        // An archive may match beginnings too.
        Ok(found.iter().filter_map(study).filter(|study| study.accession == accession).collect())
    }

    /// Finds the studies from a day on.
    pub async fn since(&self, day: NaiveDate) -> Result<Vec<FoundStudy>, String> {
        let mut all: Vec<FoundStudy> = Vec::new();
        for page in 0..PAGES {
            let offset = page * PAGE;
            let rest = format!("/studies?StudyDate={}-&limit={PAGE}&offset={offset}{STUDY_FIELDS}", day.format("%Y%m%d"));
            let found = self.list(&rest).await?;
            let before = all.len();
            for study in found.iter().filter_map(study) {
                if all.iter().all(|known| known.uid != study.uid) {
                    all.push(study);
                }
            }
            // An archive that ignores the limits answers with the same studies again.
            if found.len() < PAGE || all.len() == before {
                break;
            }
        }
        Ok(all)
    }

    /// Reads the series and images of a study.
    pub async fn series(&self, study_uid: &str) -> Result<Vec<FoundSeries>, String> {
        let found = self.list(&format!("/studies/{study_uid}/series?includefield=0008103E")).await?;
        let mut all: Vec<FoundSeries> = found.iter().filter_map(series).collect();
        let mut images: Vec<(String, i64, ImageAt)> = Vec::new();
        let instances = self.list(&format!("/studies/{study_uid}/instances?includefield=00280008")).await?;
        let any_rows = instances.iter().any(|one| number(one, "00280010") > 0);
        for one in &instances {
            let (Some(of), Some(instance)) = (uid(one, "0020000E"), uid(one, "00080018")) else { continue };
            // A report in the study has no pixels.
            if any_rows && number(one, "00280010") == 0 {
                continue;
            }
            for frame in 1..=number(one, "00280008").max(1) {
                if images.len() >= MOST_IMAGES {
                    break;
                }
                images.push((of.clone(), number(one, "00200013"), ImageAt { instance: instance.clone(), frame }));
            }
        }
        images.sort_by(|one, other| (one.1, &one.2.instance, one.2.frame).cmp(&(other.1, &other.2.instance, other.2.frame)));
        for one in &mut all {
            one.images = images.iter().filter(|(of, _, _)| *of == one.uid).map(|(_, _, image)| image.clone()).collect();
        }
        all.retain(|one| !one.images.is_empty());
        all.sort_by(|one, other| (one.number, &one.uid).cmp(&(other.number, &other.uid)));
        Ok(all)
    }

    /// Renders an image as JPEG or PNG. `side`: the longest side in pixels.
    pub async fn rendered(
        &self,
        study_uid: &str,
        series_uid: &str,
        image: &ImageAt,
        shade: Option<Shade>,
        side: Option<u32>,
    ) -> Result<(&'static str, Bytes), String> {
        let mut query = Vec::new();
        if let Some(shade) = shade {
            query.push(format!("window={},{},linear", shade.center, shade.width));
        }
        if let Some(side) = side {
            query.push(format!("viewport={side},{side}"));
        }
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        let (instance, frame) = (&image.instance, image.frame);
        let rest = format!("/studies/{study_uid}/series/{series_uid}/instances/{instance}/frames/{frame}/rendered{query}");
        let answer = self.get(&rest, "image/jpeg", LARGEST_IMAGE).await?;
        if answer.status() != StatusCode::OK {
            return Err(format!("the archive answered {}", answer.status()));
        }
        let bytes = answer.into_body();
        // The bytes tell the type: an archive does not decide what a browser runs.
        let media = match bytes.get(..4) {
            Some([0xff, 0xd8, 0xff, _]) => "image/jpeg",
            Some(b"\x89PNG") => "image/png",
            _ => return Err("the answer is no picture".to_owned()),
        };
        Ok((media, bytes))
    }
}

/// The attributes of a study that are asked for besides those that each archive returns.
const STUDY_FIELDS: &str = "&includefield=00080061&includefield=00081030&includefield=00201206&includefield=00201208";

/// The values of an attribute as text, with a comma between two.
pub(super) fn text(of: &Element, tag: &str) -> String {
    let Some(Value::Array(values)) = of.get(tag).and_then(|element| element.get("Value")) else { return String::new() };
    let words = values.iter().map(|value| match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Object(name) => name.get("Alphabetic").and_then(Value::as_str).unwrap_or_default().trim().to_owned(),
        _ => String::new(),
    });
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ")
}

fn cut(text: &str, most: usize) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(most).collect()
}

fn number(of: &Element, tag: &str) -> i64 {
    text(of, tag).parse().unwrap_or_default()
}

/// A UID: at most 64 digits and dots, so that it can stand in an address.
pub(super) fn uid(of: &Element, tag: &str) -> Option<String> {
    let uid = text(of, tag);
    let fits = (1..=64).contains(&uid.len()) && uid.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && !uid.contains("..");
    fits.then_some(uid)
}

fn study(of: &Element) -> Option<FoundStudy> {
    let (day, time) = (text(of, "00080020"), text(of, "00080030"));
    let day = NaiveDate::parse_from_str(&day, "%Y%m%d").map(|day| day.to_string()).unwrap_or_default();
    let time = match (time.get(..2), time.get(2..4)) {
        (Some(hour), Some(minute)) if time.bytes().take(4).all(|byte| byte.is_ascii_digit()) => format!(" {hour}:{minute}"),
        _ => String::new(),
    };
    Some(FoundStudy {
        uid: uid(of, "0020000D")?,
        accession: cut(&text(of, "00080050"), 64),
        modalities: cut(&text(of, "00080061"), 60),
        taken: if day.is_empty() { day } else { format!("{day}{time}") },
        series_count: number(of, "00201206").max(0),
        image_count: number(of, "00201208").max(0),
        patient: SentPatient {
            number: cut(&text(of, "00100020"), 64),
            name: cut(&text(of, "00100010"), 200),
            birth_date: cut(&text(of, "00100030"), 16),
            sex: cut(&text(of, "00100040"), 16),
        },
        description: cut(&text(of, "00081030"), 200),
    })
}

fn series(of: &Element) -> Option<FoundSeries> {
    Some(FoundSeries {
        uid: uid(of, "0020000E")?,
        modality: cut(&text(of, "00080060"), 16),
        number: number(of, "00200011"),
        description: cut(&text(of, "0008103E"), 200),
        images: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_study_is_read_from_dicom_json() {
        // As Orthanc 1.10.1 with its plugin 1.7 answers.
        let answer = r#"{"00080020":{"Value":["20261129"],"vr":"DA"},"00080030":{"Value":["120059.5"],"vr":"TM"},
            "00080050":{"Value":["R263330000017"],"vr":"SH"},"00080061":{"Value":["CT","SR"],"vr":"CS"},"00080090":{"vr":"PN"},
            "00100010":{"Value":[{"Alphabetic":"Núñez^Ana"}],"vr":"PN"},"00100020":{"Value":["2B1"],"vr":"LO"},
            "0020000D":{"Value":["2.25.1"],"vr":"UI"},"00201206":{"Value":[1],"vr":"IS"},"00201208":{"Value":["12"],"vr":"IS"}}"#;
        let found = study(&serde_json::from_str(answer).expect("an object")).expect("a study");
        assert_eq!((found.uid.as_str(), found.accession.as_str(), found.modalities.as_str()), ("2.25.1", "R263330000017", "CT, SR"));
        assert_eq!((found.taken.as_str(), found.series_count, found.image_count), ("2026-11-29 12:00", 1, 12));
        assert_eq!((found.patient.name.as_str(), found.patient.birth_date.as_str()), ("Núñez^Ana", ""));
        let wrong = answer.replace("2.25.1", "../instances");
        assert_eq!(study(&serde_json::from_str(&wrong).expect("an object")), None, "a UID that leads elsewhere");
        let long = answer.replace("120059.5", "12é9").replace("R263330000017", &"x".repeat(500));
        let found = study(&serde_json::from_str(&long).expect("an object")).expect("a study");
        assert_eq!((found.taken.as_str(), found.accession.len()), ("2026-11-29", 64));
    }

    #[test]
    fn only_archives_of_the_settings_are_asked() {
        let config = Config { image_archives: "https://pacs.test, http://127.0.0.1:8042/".to_owned(), ..Config::default() };
        for (url, expected) in [
            ("https://pacs.test/dicom-web", true),
            ("https://pacs.test:443/x", true),
            ("http://127.0.0.1:8042/dicom-web", true),
            ("http://pacs.test/dicom-web", false),
            ("https://pacs.test:8443/", false),
            ("http://127.0.0.1:80/", false),
            ("https://pacs.test.evil.test/", false),
            ("nowhere", false),
        ] {
            assert_eq!(is_allowed(&config, url), expected, "{url}");
        }
        assert!(!is_allowed(&Config::default(), "https://pacs.test/"));
    }
}
