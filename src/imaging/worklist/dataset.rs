//! Reads data sets that a device sent, within the bytes that came: a length that says more is refused.
//!
//! The library's own reader trusts a length: it did not return within 15 seconds when one said four gigabytes. Here only texts, numbers and sequences of items are read, in
//! implicit and explicit VR little endian (PS3.5, 7).

use std::collections::{BTreeMap, BTreeSet};

use dicom_core::Tag;

/// The deepest sequence in a sequence.
const DEEPEST: usize = 4;
const UNDEFINED: u32 = u32::MAX;
const ITEM: (u16, u16) = (0xfffe, 0xe000);
const ITEM_END: (u16, u16) = (0xfffe, 0xe00d);
const SEQUENCE_END: (u16, u16) = (0xfffe, 0xe0dd);
/// The sequence whose items are read also when its length is given and its kind is not.
const STEPS: (u16, u16) = (0x0040, 0x0100);
/// The kinds of values whose length has four bytes.
const LONG: [&[u8; 2]; 13] = [b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"];

#[derive(Clone, Debug, PartialEq, Eq)]
enum ReadValue {
    Bytes(Vec<u8>),
    Items(Vec<ReadSet>),
}

/// The elements of a data set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadSet(BTreeMap<(u16, u16), ReadValue>);

/// A part of a sequence.
enum SequencePart {
    Item(ReadSet),
    /// The mark that ends it.
    End,
}

/// The bytes that were not read yet.
struct Rest<'b>(&'b [u8]);

impl<'b> Rest<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn short(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    fn long(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn tag(&mut self) -> Option<(u16, u16)> {
        Some((self.short()?, self.short()?))
    }

    fn part(&mut self, length: u32) -> Option<Self> {
        Some(Self(self.take(usize::try_from(length).ok()?)?))
    }

    /// Reads elements to the end, or to the mark that ends an item.
    fn set(&mut self, is_explicit: bool, depth: usize, is_marked: bool) -> Option<ReadSet> {
        let mut read = BTreeMap::new();
        while !self.0.is_empty() {
            let tag = self.tag()?;
            if is_marked && tag == ITEM_END {
                self.long()?;
                return Some(ReadSet(read));
            }
            let kind = if is_explicit { Some(self.take(2)?) } else { None };
            let length = match kind {
                Some(kind) if LONG.iter().any(|long| long.as_slice() == kind) => {
                    self.short()?;
                    self.long()?
                }
                Some(_) => u32::from(self.short()?),
                None => self.long()?,
            };
            let is_sequence = length == UNDEFINED || kind == Some(b"SQ".as_slice()) || (kind.is_none() && tag == STEPS);
            let value = match is_sequence {
                true => ReadValue::Items(self.items(is_explicit, depth + 1, length)?),
                false => ReadValue::Bytes(self.part(length)?.0.to_vec()),
            };
            read.insert(tag, value);
        }
        (!is_marked).then_some(ReadSet(read))
    }

    /// Reads the items of a sequence.
    fn items(&mut self, is_explicit: bool, depth: usize, length: u32) -> Option<Vec<ReadSet>> {
        if depth > DEEPEST {
            return None;
        }
        let mut items = Vec::new();
        if length != UNDEFINED {
            let mut own = self.part(length)?;
            while !own.0.is_empty() {
                let SequencePart::Item(item) = own.item(is_explicit, depth)? else { return None };
                items.push(item);
            }
            return Some(items);
        }
        while let SequencePart::Item(item) = self.item(is_explicit, depth)? {
            items.push(item);
        }
        Some(items)
    }

    fn item(&mut self, is_explicit: bool, depth: usize) -> Option<SequencePart> {
        let (tag, length) = (self.tag()?, self.long()?);
        match tag {
            SEQUENCE_END => Some(SequencePart::End),
            ITEM if length == UNDEFINED => Some(SequencePart::Item(self.set(is_explicit, depth, true)?)),
            ITEM => Some(SequencePart::Item(self.part(length)?.set(is_explicit, depth, false)?)),
            _ => None,
        }
    }
}

impl ReadSet {
    /// Reads a data set; `None` when its lengths do not fit the bytes.
    pub fn read(bytes: &[u8], is_explicit: bool) -> Option<Self> {
        Rest(bytes).set(is_explicit, 0, false)
    }

    /// The tags of the elements.
    pub fn tags(&self) -> BTreeSet<(u16, u16)> {
        self.0.keys().copied().collect()
    }

    /// The first item of a sequence.
    pub fn item(&self, tag: Tag) -> Option<&Self> {
        match self.0.get(&(tag.group(), tag.element()))? {
            ReadValue::Items(items) => items.first(),
            ReadValue::Bytes(_) => None,
        }
    }

    fn bytes(&self, tag: Tag) -> &[u8] {
        match self.0.get(&(tag.group(), tag.element())) {
            Some(ReadValue::Bytes(bytes)) => bytes,
            _ => &[],
        }
    }

    /// A whole number of two bytes.
    pub fn number(&self, tag: Tag) -> Option<u16> {
        Some(u16::from_le_bytes(self.bytes(tag).try_into().ok()?))
    }

    /// A text without its filling: UTF-8, or else each byte as the letter of its number (ISO 8859-1).
    pub fn text(&self, tag: Tag) -> String {
        let bytes = self.bytes(tag);
        let text = std::str::from_utf8(bytes).map_or_else(|_| bytes.iter().map(|byte| char::from(*byte)).collect(), str::to_owned);
        text.trim_matches([' ', '\0']).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use dicom_core::{DataElement, PrimitiveValue, VR, value::DataSetSequence};
    use dicom_dictionary_std::tags;
    use dicom_object::InMemDicomObject;
    use dicom_transfer_syntax_registry::entries::{EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN};

    use super::*;

    /// A query as the library writes it.
    fn query(is_explicit: bool) -> Vec<u8> {
        let key = |tag: Tag, vr: VR, value: &str| DataElement::new(tag, vr, PrimitiveValue::from(value));
        let step = InMemDicomObject::from_element_iter([key(tags::MODALITY, VR::CS, "CT")]);
        let mut query = InMemDicomObject::from_element_iter([
            key(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192"),
            key(tags::PATIENT_NAME, VR::PN, "Núñ*"),
            key(tags::PATIENT_ID, VR::LO, "2B1"),
        ]);
        query.put(DataElement::new(tags::SCHEDULED_PROCEDURE_STEP_SEQUENCE, VR::SQ, DataSetSequence::from(vec![step])));
        let syntax = if is_explicit { EXPLICIT_VR_LITTLE_ENDIAN.erased() } else { IMPLICIT_VR_LITTLE_ENDIAN.erased() };
        let mut bytes = Vec::new();
        query.write_dataset_with_ts(&mut bytes, &syntax).expect("written");
        bytes
    }

    #[test]
    fn both_ways_of_writing_are_read() {
        for is_explicit in [false, true] {
            let read = ReadSet::read(&query(is_explicit), is_explicit).expect("read");
            assert_eq!((read.text(tags::PATIENT_NAME).as_str(), read.text(tags::PATIENT_ID).as_str()), ("Núñ*", "2B1"));
            let step = read.item(tags::SCHEDULED_PROCEDURE_STEP_SEQUENCE).expect("a step");
            assert_eq!(step.text(tags::MODALITY), "CT");
            assert_eq!(read.tags().len(), 4);
        }
        // An item of a given length.
        let given = b"\x40\0\0\x01\x12\0\0\0\xfe\xff\0\xe0\x0a\0\0\0\x08\0\x60\0\x02\0\0\0CT";
        let read = ReadSet::read(given, false).expect("read");
        assert_eq!(read.item(tags::SCHEDULED_PROCEDURE_STEP_SEQUENCE).expect("a step").text(tags::MODALITY), "CT");
        assert_eq!(ReadSet::read(b"\x10\0\x10\0\xf0\xff\xff\xff", false), None, "a length beyond the bytes");
    }

    #[test]
    fn no_bytes_stop_the_reader() {
        let mut seed = 20_261_129_u64;
        let mut draw = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 33).unwrap_or_default() % below.max(1)
        };
        let (mut read, mut refused) = (0, 0);
        for round in 0..10_000 {
            let is_explicit = round % 2 == 0;
            let mut bytes = query(is_explicit);
            for _ in 0..=draw(4) {
                if bytes.is_empty() {
                    break;
                }
                let (at, byte) = (draw(bytes.len()), u8::try_from(draw(256)).unwrap_or_default());
                match draw(4) {
                    0 => drop(bytes.remove(at)),
                    1 => bytes.insert(at, byte),
                    2 => bytes.truncate(at),
                    _ => bytes[at] = byte,
                }
            }
            match ReadSet::read(&bytes, is_explicit) {
                Some(_) => read += 1,
                None => refused += 1,
            }
        }
        assert!(read > 500 && refused > 500, "{read} read, {refused} refused");
    }
}
