//! Reads the structure of a TIFF (TIFF Revision 6.0, section 2): its pages, and whether all of it is there. Its pixels stay as they were
//! sent; the tags that say where, when and with what it was taken are removed.

/// The most pages of a file.
const PAGES: usize = 2_000;
/// The tags that are removed: make, model, artist, host computer, XMP, IPTC, Photoshop, Exif and place.
const REMOVED: [u16; 9] = [271, 272, 315, 316, 700, 33_723, 34_377, 34_665, 34_853];
/// The tags whose value is the place of another directory.
const DIRECTORIES: [u16; 2] = [34_665, 34_853];
const WIDTH: u16 = 256;
const LENGTH: u16 = 257;
/// The tags with the places of the pixels, each with that of their lengths: strips, and tiles.
const PIXELS: [(u16, u16); 2] = [(273, 279), (324, 325)];
/// The bytes of an entry of a directory.
const ENTRY: usize = 12;

/// The bytes of a file, with the order of its numbers.
struct Reader<'b> {
    bytes: &'b [u8],
    little: bool,
}

impl<'b> Reader<'b> {
    fn new(bytes: &'b [u8]) -> Option<Self> {
        let little = match bytes.get(..4)? {
            b"II\x2a\0" => true,
            b"MM\0\x2a" => false,
            _ => return None,
        };
        Some(Self { bytes, little })
    }

    fn short(&self, at: usize) -> Option<u16> {
        let two: [u8; 2] = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.little { u16::from_le_bytes(two) } else { u16::from_be_bytes(two) })
    }

    fn long(&self, at: usize) -> Option<usize> {
        let four: [u8; 4] = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        usize::try_from(if self.little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) }).ok()
    }

    /// Returns the places of the entries of a directory, and the place of the next directory.
    fn directory(&self, at: usize) -> Option<(Vec<Entry>, usize)> {
        let count = usize::from(self.short(at)?);
        let first = at.checked_add(2)?;
        let entries = (0..count).map(|nth| self.entry(first + nth * ENTRY)).collect::<Option<Vec<_>>>()?;
        Some((entries, self.long(first + count * ENTRY)?))
    }

    fn entry(&self, at: usize) -> Option<Entry> {
        let (tag, kind, count) = (self.short(at)?, self.short(at + 2)?, self.long(at + 4)?);
        let size: usize = match kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 => 8,
            _ => return None,
        };
        let length = count.checked_mul(size)?;
        let value = if length <= 4 { at + 8 } else { self.long(at + 8)? };
        self.bytes.get(value..value.checked_add(length)?)?;
        Some(Entry { at, tag, kind, count, value, length })
    }

    /// Returns the numbers of an entry.
    fn numbers(&self, entry: &Entry) -> Option<Vec<usize>> {
        (0..entry.count)
            .map(|nth| match entry.kind {
                3 => self.short(entry.value + nth * 2).map(usize::from),
                4 => self.long(entry.value + nth * 4),
                _ => None,
            })
            .collect()
    }

    /// Whether a directory is a page with all its pixels.
    fn is_page(&self, entries: &[Entry]) -> Option<()> {
        let find = |tag: u16| entries.iter().find(|entry| entry.tag == tag);
        find(WIDTH).zip(find(LENGTH))?;
        let (places, lengths) = PIXELS.into_iter().find_map(|(places, lengths)| Some((find(places)?, find(lengths)?)))?;
        let (places, lengths) = (self.numbers(places)?, self.numbers(lengths)?);
        if places.is_empty() || places.len() != lengths.len() {
            return None;
        }
        places.into_iter().zip(lengths).try_for_each(|(at, length)| self.bytes.get(at..at.checked_add(length)?).map(|_| ()))
    }

    /// Returns the places of the pages' directories; `None` when a part of the file is missing.
    fn pages(&self) -> Option<Vec<usize>> {
        let (mut pages, mut at) = (Vec::new(), self.long(4)?);
        while at != 0 {
            if pages.len() == PAGES || pages.contains(&at) {
                return None;
            }
            let (entries, next) = self.directory(at)?;
            self.is_page(&entries)?;
            pages.push(at);
            at = next;
        }
        (!pages.is_empty()).then_some(pages)
    }
}

/// An entry of a directory, and the place of its value.
struct Entry {
    at: usize,
    tag: u16,
    kind: u16,
    count: usize,
    value: usize,
    length: usize,
}

/// Returns the number of pages; `None` when the file is no TIFF, or a part of it is missing.
pub(super) fn pages(bytes: &[u8]) -> Option<usize> {
    Some(Reader::new(bytes)?.pages()?.len())
}

/// Returns the file without the tags that say where, when and with what it was taken; `None` when it is damaged.
pub(super) fn cleaned(bytes: &[u8]) -> Option<Vec<u8>> {
    let reader = Reader::new(bytes)?;
    let pages = reader.pages()?;
    let mut kept = bytes.to_vec();
    for at in &pages {
        let (entries, _) = reader.directory(*at)?;
        let (removed, staying): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(|entry| REMOVED.contains(&entry.tag));
        if removed.is_empty() {
            continue;
        }
        for entry in &removed {
            blank(&mut kept, entry.value, entry.length);
            if DIRECTORIES.contains(&entry.tag)
                && let Some((inner, _)) = reader.long(entry.at + 8).and_then(|at| reader.directory(at))
            {
                for entry in inner {
                    blank(&mut kept, entry.value, entry.length);
                    blank(&mut kept, entry.at, ENTRY);
                }
            }
        }
        // The entries move together, and the place of the next directory follows them.
        let count = u16::try_from(staying.len()).ok()?;
        let mut directory = if reader.little { count.to_le_bytes().to_vec() } else { count.to_be_bytes().to_vec() };
        for entry in &staying {
            directory.extend_from_slice(bytes.get(entry.at..entry.at + ENTRY)?);
        }
        let end = at + 2 + (staying.len() + removed.len()) * ENTRY;
        directory.extend_from_slice(bytes.get(end..end + 4)?);
        directory.resize(end + 4 - at, 0);
        kept.get_mut(*at..end + 4)?.copy_from_slice(&directory);
    }
    // Two parts that share their bytes are no file that a scanner makes.
    (self::pages(&kept)? == pages.len()).then_some(kept)
}

fn blank(bytes: &mut [u8], at: usize, length: usize) {
    if let Some(part) = bytes.get_mut(at..at.saturating_add(length)) {
        part.fill(0);
    }
}

/// Writes a file of so many pages of 2 × 2 points, each with a place, for tests.
#[cfg(test)]
pub(super) fn sample(count: u8) -> Vec<u8> {
    let mut file = b"II\x2a\0\x08\0\0\0".to_vec();
    for page in 0..count {
        let at = u32::try_from(file.len()).expect("short");
        let (entries, pixels) = (10_u32, at + 2 + 10 * 12 + 4);
        let (model, place) = (pixels + 4, pixels + 4 + 8);
        let next = if page + 1 == count { 0 } else { place + 2 + 12 + 4 + 12 };
        let entry = |tag: u16, kind: u16, many: u32, value: u32| {
            let mut twelve = tag.to_le_bytes().to_vec();
            twelve.extend_from_slice(&kind.to_le_bytes());
            twelve.extend_from_slice(&many.to_le_bytes());
            twelve.extend_from_slice(&value.to_le_bytes());
            twelve
        };
        let directory = [
            entry(256, 4, 1, 2),
            entry(257, 4, 1, 2),
            entry(258, 3, 1, 8),
            entry(259, 3, 1, 1),
            entry(262, 3, 1, 1),
            entry(272, 2, 8, model),
            entry(273, 4, 1, pixels),
            entry(278, 4, 1, 2),
            entry(279, 4, 1, 4),
            entry(34_853, 4, 1, place),
        ];
        file.extend_from_slice(&u16::try_from(entries).expect("short").to_le_bytes());
        file.extend(directory.into_iter().flatten());
        file.extend_from_slice(&next.to_le_bytes());
        file.extend_from_slice(&[0, 80, 160, page]);
        file.extend_from_slice(b"a phone\0");
        file.extend_from_slice(&1_u16.to_le_bytes());
        file.extend_from_slice(&entry(29, 2, 12, place + 2 + 12 + 4));
        file.extend_from_slice(&[0; 4]);
        file.extend_from_slice(b"GPS 42.1 -72");
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(haystack: &[u8], needle: &[u8]) -> bool {
        haystack.windows(needle.len()).any(|window| window == needle)
    }

    #[test]
    fn a_file_keeps_its_pages_and_loses_its_place() {
        for count in [1, 3] {
            let file = sample(count);
            assert_eq!(pages(&file), Some(usize::from(count)));
            let kept = cleaned(&file).expect("a file");
            assert_eq!((pages(&kept), kept.len()), (Some(usize::from(count)), file.len()));
            assert!(!finds(&kept, b"GPS") && !finds(&kept, b"phone"), "{kept:?}");
            assert!(finds(&kept, &[0, 80, 160, count - 1]), "the pixels stay");
            assert_eq!(cleaned(&kept), Some(kept), "cleaning again changes nothing");
        }
    }

    #[test]
    fn a_file_that_is_cut_or_goes_in_circles_is_damaged() {
        let file = sample(2);
        for end in [0, 4, 8, 40, 130, 200, 304] {
            assert_eq!(pages(&file[..end]), None, "{end}");
        }
        let mut circle = sample(1);
        let next = 8 + 2 + 10 * 12;
        circle[next] = 8;
        assert_eq!(pages(&circle), None);
        let mut beyond = sample(1);
        // The pixels of the first page are said to lie behind the end.
        beyond[8 + 2 + 6 * 12 + 10] = 1;
        assert_eq!(pages(&beyond), None);
        assert_eq!(pages(b"MM\0\x2a\0\0\0\x08\0\0"), None);
    }
}
