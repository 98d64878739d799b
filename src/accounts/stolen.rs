//! Searches stolen passwords in a file of the hospital; no data leaves the machine.
//!
//! The file is the one that Have I Been Pwned distributes, ordered by hash: a line for each password, its SHA-1 in 40
//! hexadecimal digits, and after a colon how often it was found. A search in its 40 GB reads some thirty lines.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, ErrorKind, Seek, SeekFrom},
    path::Path,
};

use sha1::{Digest as _, Sha1};

/// The buffer's size in bytes: enough for a line; a larger buffer would read unused data at each step of the search.
const BUFFER: usize = 128;
const DIGITS: usize = 40;

/// Whether the file can be searched.
///
/// # Errors
/// A sentence, when the file cannot be read or does not begin with a hash.
pub fn check(path: &Path) -> Result<(), String> {
    let first = open(path).and_then(|mut file| hash_at(&mut file, 0));
    first.map(|_| ()).map_err(|error| format!("setting `stolen_passwords`: {}: {error}", path.display()))
}

/// Whether the password is in the file.
///
/// # Errors
/// When the file cannot be read, or one of its lines is not a hash.
pub fn contains(path: &Path, password: &str) -> io::Result<bool> {
    let hash: String = Sha1::digest(password).iter().map(|byte| format!("{byte:02X}")).collect();
    search(&mut open(path)?, hash.as_bytes())
}

fn open(path: &Path) -> io::Result<BufReader<File>> {
    Ok(BufReader::with_capacity(BUFFER, File::open(path)?))
}

/// Searches by halving the part of the file in which the line may begin, until the line is found or the part is empty.
fn search(file: &mut (impl BufRead + Seek), wanted: &[u8]) -> io::Result<bool> {
    let (mut low, mut high) = (0, file.seek(SeekFrom::End(0))?);
    while low < high {
        let middle = low + (high - low) / 2;
        let start = if middle == low { low } else { line_from(file, middle)? };
        if start >= high {
            high = middle;
            continue;
        }
        let (hash, end) = hash_at(file, start)?;
        match hash.as_slice().cmp(wanted) {
            std::cmp::Ordering::Equal => return Ok(true),
            std::cmp::Ordering::Less => low = end,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    Ok(false)
}

/// Returns the start of the first line that begins at or after `place`, which is not 0.
fn line_from(file: &mut (impl BufRead + Seek), place: u64) -> io::Result<u64> {
    file.seek(SeekFrom::Start(place - 1))?;
    let read = file.skip_until(b'\n')?;
    Ok(place - 1 + u64::try_from(read).unwrap_or(u64::MAX))
}

/// Returns the hash of the line that begins at `start`, and the end of the line.
fn hash_at(file: &mut (impl BufRead + Seek), start: u64) -> io::Result<(Vec<u8>, u64)> {
    file.seek(SeekFrom::Start(start))?;
    let mut line = Vec::new();
    let read = file.read_until(b'\n', &mut line)?;
    let hash = line.get(..DIGITS).filter(|hash| hash.iter().all(u8::is_ascii_hexdigit));
    let hash = hash.ok_or_else(|| io::Error::new(ErrorKind::InvalidData, format!("no SHA-1 in hexadecimal digits at byte {start}")))?;
    Ok((hash.to_ascii_uppercase(), start + u64::try_from(read).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_them_is_found_and_nothing_else() {
        let hash = |number: usize| Sha1::digest(format!("stolen {number}")).iter().map(|byte| format!("{byte:02X}")).collect::<String>();
        for many in [0, 1, 2, 3, 100] {
            for ending in ["\r\n", "\n"] {
                let mut hashes: Vec<String> = (0..many).map(hash).collect();
                hashes.sort();
                let lines: Vec<String> = hashes.iter().enumerate().map(|(seen, hash)| format!("{hash}:{}", seen * 37)).collect();
                for text in [lines.join(ending), lines.iter().map(|line| format!("{line}{ending}")).collect()] {
                    let mut file = io::Cursor::new(text);
                    for number in 0..many {
                        assert!(search(&mut file, hash(number).as_bytes()).expect("read"), "{number} of {many}");
                    }
                    for number in many..many + 50 {
                        assert!(!search(&mut file, hash(number).as_bytes()).expect("read"), "{number} of {many}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_no_such_file_is_said() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("stolen.txt");
        assert!(check(&file).expect_err("there is none").contains("stolen.txt"));
        std::fs::write(&file, "password\n123456\n").expect("written");
        assert!(check(&file).expect_err("no hashes").contains("no SHA-1 in hexadecimal digits at byte 0"));
        assert!(contains(&file, "password").is_err(), "nobody takes it for a file without that password");
        std::fs::write(&file, "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:52256179\n").expect("written");
        assert_eq!(check(&file), Ok(()));
        assert!(contains(&file, "password").expect("read") && !contains(&file, "Password").expect("read"));
    }
}
