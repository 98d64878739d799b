//! The list of erasures: one line for each, with time, request, patient and code.

use std::{collections::BTreeSet, fmt::Write as _};

use hkdf::hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::{
    core::{ErasureId, PatientId, time::Instant},
    keys::Secret,
};

/// The name of the list beside the backups.
pub const LIST: &str = "erasures.list";

/// An erasure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    pub at: Instant,
    pub erasure: ErasureId,
    pub patient: PatientId,
}

impl Line {
    fn text(&self) -> String {
        format!("{} {} {}", self.at.format("%Y-%m-%dT%H:%M:%S%.6fZ"), self.erasure, self.patient)
    }

    /// Reads a line, and says whether one of the keys made its code.
    fn read(keys: &[Secret], text: &str) -> Option<Self> {
        let (body, code) = text.trim().rsplit_once(' ')?;
        let code = data_encoding::HEXLOWER.decode(code.as_bytes()).ok()?;
        let proven = keys.iter().any(|key| mac(key, body).is_some_and(|mac| mac.verify_slice(&code).is_ok()));
        let mut parts = body.split(' ');
        let (at, erasure, patient) = (parts.next()?, parts.next()?, parts.next()?);
        let line = Self { at: at.parse().ok()?, erasure: erasure.parse().ok()?, patient: patient.parse().ok()? };
        (proven && parts.next().is_none()).then_some(line)
    }
}

fn mac(key: &Secret, body: &str) -> Option<Hmac<Sha256>> {
    let mut mac = <Hmac<Sha256> as hkdf::hmac::Mac>::new_from_slice(&key[..]).ok()?;
    mac.update(body.as_bytes());
    Some(mac)
}

/// Reads a list: its lines, and the number of those that none of the keys made.
pub fn read(keys: &[Secret], text: &str) -> (Vec<Line>, usize) {
    let (mut lines, mut unproven) = (BTreeSet::new(), 0);
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        match Line::read(keys, line) {
            Some(line) => {
                lines.insert(line);
            }
            None => unproven += 1,
        }
    }
    (lines.into_iter().collect(), unproven)
}

/// Writes the lines that a list lacks; returns their text and number. The first key makes their codes.
pub fn written(keys: &[Secret], text: &str, done: &[Line]) -> (String, usize) {
    let listed: BTreeSet<ErasureId> = read(keys, text).0.into_iter().map(|line| line.erasure).collect();
    let (mut more, mut added) = (String::new(), 0);
    for line in done.iter().filter(|line| !listed.contains(&line.erasure)) {
        let body = line.text();
        let Some(code) = keys.first().and_then(|key| mac(key, &body)) else { continue };
        let _ = writeln!(more, "{body} {}", data_encoding::HEXLOWER.encode(&code.finalize().into_bytes()));
        added += 1;
    }
    (more, added)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_with_the_key_that_made_it_and_with_no_other() {
        let key = |byte: u8| Secret::new([byte; 32]);
        let at = "2026-11-30T14:02:00.123456Z".parse().expect("an instant");
        let line = Line { at, erasure: ErasureId::new(), patient: PatientId::new() };
        let (text, added) = written(&[key(1)], "", &[line]);
        assert_eq!((added, text.lines().count()), (1, 1));
        assert_eq!(read(&[key(2), key(1)], &text), (vec![line], 0), "after a rotation of the keys");
        assert_eq!(read(&[key(2)], &text), (vec![], 1), "another hospital's");
        assert_eq!(read(&[key(1)], &text.replace("14:02", "14:03")), (vec![], 1), "changed");
        assert_eq!(read(&[key(1)], &format!("{text}\n\nnonsense\n")), (vec![line], 1));
        assert_eq!(written(&[key(1)], &text, &[line]), (String::new(), 0), "it is there already");
    }
}
