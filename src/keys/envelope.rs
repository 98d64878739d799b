//! Encrypts and decrypts the fields of a row. The module `keys` describes the format.

use std::marker::PhantomData;

use infirmary_ciphers::TAG;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Keyring, cipher::Cipher};
use crate::core::Error;

/// The format of new envelopes.
const FORMAT: u8 = 2;
/// The earlier format, which is not bound to the row's owner.
const UNBOUND: u8 = 1;
/// The length of format, version, nonce, data key and its tag.
const HEAD: usize = 1 + 4 + 12 + 48;

/// The sealed fields of a table's rows. `O` is the type of the owner's id; a row without an owner uses its own id.
#[derive(Debug)]
pub struct Fields<const N: usize, O> {
    table: &'static str,
    owner: &'static str,
    columns: &'static [&'static str; N],
    of: PhantomData<fn(O)>,
}

/// [`Fields`] with any number of fields.
pub trait SealedFields: Sync {
    fn table(&self) -> &'static str;
    /// The column with the id of the row's owner.
    fn owner(&self) -> &'static str;
    fn columns(&self) -> &'static [&'static str];
}

impl<const N: usize, O> SealedFields for Fields<N, O> {
    fn table(&self) -> &'static str {
        self.table
    }

    fn owner(&self) -> &'static str {
        self.owner
    }

    fn columns(&self) -> &'static [&'static str] {
        self.columns
    }
}

/// The content of a row's column `sealed`.
#[derive(Clone, PartialEq, Eq, Default, sqlx::Type)]
#[sqlx(transparent)]
pub struct Sealed(pub Vec<u8>);

impl Sealed {
    /// The fields' own bytes, which a change of the key does not alter.
    pub(super) fn fields(&self) -> &[u8] {
        self.0.get(HEAD..).unwrap_or_default()
    }
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// A row and its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowOf {
    pub id: Uuid,
    pub owner: Uuid,
}

/// Fields of a row to be stored; they are encrypted when the statement is sent.
#[derive(Clone, PartialEq, Eq)]
pub struct ToSeal {
    table: &'static str,
    columns: &'static [&'static str],
    row: RowOf,
    plain: Vec<Zeroizing<String>>,
}

/// Prints the row, not the text.
impl std::fmt::Debug for ToSeal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ToSeal({} {})", self.table, self.row.id)
    }
}

/// A row whose sealed fields cannot be decrypted: it was changed from outside, or its key is missing.
#[derive(Debug, thiserror::Error)]
#[error("{table} {id}: {why}")]
pub struct Unopened {
    table: &'static str,
    id: Uuid,
    why: String,
}

impl From<Unopened> for Error {
    fn from(error: Unopened) -> Self {
        Self::internal("sealed fields do not open", &error)
    }
}

/// Returns the key version of an envelope; `None` for an empty envelope.
pub fn version_of(sealed: &Sealed) -> Option<u32> {
    sealed.0.get(1..5).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes)
}

/// Whether an envelope is bound to its row's owner. An empty envelope counts as bound.
pub fn is_bound(sealed: &Sealed) -> bool {
    sealed.0.first() != Some(&UNBOUND)
}

/// Returns the first bytes of an envelope of this version: the format and the version.
pub fn beginning(version: u32) -> Vec<u8> {
    [[FORMAT].as_slice(), &version.to_be_bytes()].concat()
}

impl<const N: usize, O: Into<Uuid>> Fields<N, O> {
    pub(super) const fn new(table: &'static str, owner: &'static str, columns: &'static [&'static str; N]) -> Self {
        Self { table, owner, columns, of: PhantomData }
    }

    /// Prepares the fields of the row `id` of `owner` for its column `sealed`.
    pub fn seal(&self, id: impl Into<Uuid>, owner: O, plain: [&str; N]) -> ToSeal {
        let plain = plain.into_iter().map(|text| Zeroizing::new(text.to_owned())).collect();
        ToSeal { table: self.table, columns: self.columns, row: RowOf { id: id.into(), owner: owner.into() }, plain }
    }

    /// Decrypts the fields of the row `id` of `owner`.
    ///
    /// # Errors
    /// When the envelope belongs to another row, the row belongs to another owner, it was changed, or its key is
    /// missing.
    pub fn open(&self, keys: &Keyring, id: impl Into<Uuid>, owner: O, sealed: &Sealed) -> Result<[String; N], Unopened> {
        let mut opened = std::array::from_fn(|_| String::new());
        open(keys, self, RowOf { id: id.into(), owner: owner.into() }, sealed, |place, text| {
            if let Some(field) = opened.get_mut(place) {
                *field = text;
            }
        })?;
        Ok(opened)
    }

    /// Decrypts one field of the row `id` of `owner`, but not the others.
    ///
    /// # Errors
    /// As [`Fields::open`].
    pub fn open_one(&self, column: &str, keys: &Keyring, id: impl Into<Uuid>, owner: O, sealed: &Sealed) -> Result<String, Unopened> {
        let mut opened = String::new();
        open_some(keys, self, RowOf { id: id.into(), owner: owner.into() }, sealed, |name| name == column, |_, text| opened = text)?;
        Ok(opened)
    }
}

/// Decrypts all fields of a row of any table; calls `each` with the position and the text of each field that is not
/// empty.
///
/// # Errors
/// As [`Fields::open`].
pub fn open(keys: &Keyring, of: &dyn SealedFields, row: RowOf, sealed: &Sealed, each: impl FnMut(usize, String)) -> Result<(), Unopened> {
    open_some(keys, of, row, sealed, |_| true, each)
}

fn open_some(
    keys: &Keyring,
    of: &dyn SealedFields,
    row: RowOf,
    sealed: &Sealed,
    wanted: impl Fn(&str) -> bool,
    mut each: impl FnMut(usize, String),
) -> Result<(), Unopened> {
    let unopened = |why: &str| Unopened { table: of.table(), id: row.id, why: why.to_owned() };
    if sealed.0.is_empty() {
        return Ok(());
    }
    let (data_key, fields) = unwrap(keys, of.table(), row, sealed)?;
    let data_key = cipher(&data_key);
    for (number, text) in fields {
        let place = usize::from(number).wrapping_sub(1);
        let column = of.columns().get(place).ok_or_else(|| unopened("a field is not known"))?;
        if !wanted(column) {
            continue;
        }
        let plain = data_key.decrypt(&field_nonce(number), text, &about(of.table(), column, row.id));
        let plain = plain.map_err(|_| unopened("a field is not what was sealed"))?;
        each(place, String::from_utf8(plain).map_err(|_| unopened("a field is no text"))?);
    }
    Ok(())
}

impl ToSeal {
    /// Prepares all fields of a row of any table, in their order.
    pub fn new(of: &dyn SealedFields, row: RowOf, plain: Vec<String>) -> Self {
        Self { table: of.table(), columns: of.columns(), row, plain: plain.into_iter().map(Zeroizing::new).collect() }
    }

    /// Whether all fields are empty.
    pub fn is_empty(&self) -> bool {
        self.plain.iter().all(|text| text.is_empty())
    }

    /// Encrypts the fields into an envelope.
    ///
    /// # Errors
    /// A sentence: there is no key, or the system has no random bytes.
    pub fn envelope(&self, keys: &Keyring) -> Result<Vec<u8>, String> {
        if self.is_empty() {
            return Ok(Vec::new());
        }
        let data_key = super::generate()?;
        let whole = self.plain.iter().map(|text| 1 + 4 + TAG + text.len()).sum::<usize>();
        let mut envelope = Vec::with_capacity(HEAD + whole);
        let fields: Vec<_> = (1_u8..).zip(self.columns.iter().zip(&self.plain)).filter(|(_, (_, text))| !text.is_empty()).collect();
        let numbers: Vec<u8> = fields.iter().map(|(number, _)| *number).collect();
        wrap(&mut envelope, keys, (self.table, self.row, &numbers), &data_key)?;
        let data_key = cipher(&data_key);
        for (number, (column, text)) in fields {
            let sealed = data_key.encrypt(&field_nonce(number), text.as_bytes(), &about(self.table, column, self.row.id));
            let sealed = sealed.map_err(|_| "a field is too long to be sealed".to_owned())?;
            envelope.push(number);
            envelope.extend_from_slice(&u32::try_from(sealed.len()).map_err(|error| error.to_string())?.to_be_bytes());
            envelope.extend_from_slice(&sealed);
        }
        Ok(envelope)
    }
}

/// Returns the same fields under the current version of the key, bound to the row's owner. Their bytes do not change: only the
/// data key is wrapped again.
///
/// # Errors
/// As [`Fields::open`].
pub fn rewrap(keys: &Keyring, of: &dyn SealedFields, row: RowOf, sealed: &Sealed) -> Result<Sealed, Unopened> {
    let (data_key, fields) = unwrap(keys, of.table(), row, sealed)?;
    let mut envelope = Vec::with_capacity(sealed.0.len());
    let numbers: Vec<u8> = fields.iter().map(|(number, _)| *number).collect();
    let unopened = |why| Unopened { table: of.table(), id: row.id, why };
    wrap(&mut envelope, keys, (of.table(), row, &numbers), &data_key).map_err(unopened)?;
    envelope.extend_from_slice(sealed.0.get(HEAD..).unwrap_or_default());
    Ok(Sealed(envelope))
}

/// Writes the head of an envelope.
fn wrap(envelope: &mut Vec<u8>, keys: &Keyring, (table, row, numbers): (&str, RowOf, &[u8]), data_key: &[u8; 32]) -> Result<(), String> {
    let ((version, key), _) = keys.in_use()?;
    let mut nonce = [0; 12];
    getrandom::fill(&mut nonce).map_err(|error| format!("no random bytes: {error}"))?;
    let wrapped =
        key.wrap.encrypt(&nonce, data_key, &about_key(table, row, numbers)).map_err(|_| "a data key cannot be wrapped".to_owned())?;
    envelope.push(FORMAT);
    envelope.extend_from_slice(&version.to_be_bytes());
    envelope.extend_from_slice(&nonce);
    envelope.extend_from_slice(&wrapped);
    Ok(())
}

/// The number and the bytes of a field.
type Field<'s> = (u8, &'s [u8]);

/// Returns the fields after the head of an envelope; `None` when one is incomplete.
fn fields(mut rest: &[u8]) -> Option<Vec<Field<'_>>> {
    let mut fields = Vec::with_capacity(4);
    while let Some((number, after)) = rest.split_first() {
        let (length, after) = after.split_first_chunk::<4>()?;
        let (text, after) = after.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        fields.push((*number, text));
        rest = after;
    }
    Some(fields)
}

/// Returns the data key of an envelope, and its fields.
fn unwrap<'s>(keys: &Keyring, table: &'static str, row: RowOf, sealed: &'s Sealed) -> Result<(super::Secret, Vec<Field<'s>>), Unopened> {
    let unopened = |why: String| Unopened { table, id: row.id, why };
    let whole = sealed.0.split_at_checked(HEAD).and_then(|(head, rest)| Some((head, fields(rest)?)));
    let (head, fields) = whole.ok_or_else(|| unopened("the envelope is cut off".to_owned()))?;
    let numbers: Vec<u8> = fields.iter().map(|(number, _)| *number).collect();
    let (nonce, wrapped) = head.get(5..17).zip(head.get(17..)).unwrap_or_default();
    let about = match head.first() {
        Some(&FORMAT) => about_key(table, row, &numbers),
        Some(&UNBOUND) => [&about(table, "", row.id), numbers.as_slice()].concat(),
        _ => return Err(unopened("the envelope is of a format of the future".to_owned())),
    };
    let key = keys.key(version_of(sealed).unwrap_or_default()).map_err(unopened)?;
    let nonce = <[u8; 12]>::try_from(nonce).map_err(|error| unopened(error.to_string()))?;
    let opened = key.wrap.decrypt(&nonce, wrapped, &about).map(Zeroizing::new);
    let opened = opened.map_err(|_| unopened("the envelope is of another row or owner, or was changed".to_owned()))?;
    let mut data_key = Zeroizing::new([0; 32]);
    if opened.len() != data_key.len() {
        return Err(unopened("the envelope's key is of another length".to_owned()));
    }
    data_key.copy_from_slice(&opened);
    Ok((data_key, fields))
}

fn cipher(data_key: &[u8; 32]) -> Cipher {
    Cipher::new(data_key)
}

/// The nonce of a field: a data key encrypts each number once.
fn field_nonce(number: u8) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[11] = number;
    nonce
}

/// Returns the same fields in the former format, under the current version of the key.
#[cfg(any(debug_assertions, feature = "testing"))]
pub fn unbind(keys: &Keyring, of: &dyn SealedFields, row: RowOf, sealed: &Sealed) -> Sealed {
    let (data_key, fields) = unwrap(keys, of.table(), row, sealed).expect("opens");
    let numbers: Vec<u8> = fields.iter().map(|(number, _)| *number).collect();
    let ((version, key), _) = keys.in_use().expect("a key");
    let about = [&about(of.table(), "", row.id), numbers.as_slice()].concat();
    let wrapped = key.wrap.encrypt(&[7; 12], &data_key[..], &about).expect("wrapped");
    Sealed([[UNBOUND].as_slice(), &version.to_be_bytes(), &[7; 12], &wrapped, sealed.fields()].concat())
}

/// The associated data of a data key: the row that it belongs to, and the row's owner.
fn about_key(table: &str, row: RowOf, numbers: &[u8]) -> Vec<u8> {
    [b"infirmary sealed 2".as_slice(), table.as_bytes(), &[0], row.id.as_bytes(), row.owner.as_bytes(), numbers].concat()
}

/// The associated data of a field, and of the data key in the former format: the place that the text belongs to.
fn about(table: &str, column: &str, id: Uuid) -> Vec<u8> {
    [b"infirmary sealed 1".as_slice(), table.as_bytes(), &[0], column.as_bytes(), &[0], id.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{EncounterId, PatientId};
    use crate::keys::{CONTACTS, COVERAGES, NOTES, PHONE_INDEX, Source};

    fn ring(text: &str) -> Keyring {
        let keys = Keyring::default();
        keys.load(&Source::Setting(Zeroizing::new(text.to_owned()))).expect("keys");
        keys.use_versions(1, None);
        keys
    }

    fn keys() -> Keyring {
        ring(&format!("1:{},2:{}", "11".repeat(32), "22".repeat(32)))
    }

    const ID: Uuid = Uuid::from_u128(7);
    const OWNER: EncounterId = EncounterId(Uuid::from_u128(70));
    const ROW: RowOf = RowOf { id: ID, owner: OWNER.0 };

    fn sealed(keys: &Keyring, text: [&str; 4]) -> Sealed {
        Sealed(NOTES.seal(ID, OWNER, text).envelope(keys).expect("sealed"))
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_alone() {
        let keys = keys();
        let text = ["Cough", "", "Bronchitis; ñ", "Rest"];
        let envelope = sealed(&keys, text);
        assert_eq!(NOTES.open(&keys, ID, OWNER, &envelope).expect("opens"), text);
        assert_eq!(NOTES.open_one("plan", &keys, ID, OWNER, &envelope).expect("opens"), "Rest");
        assert!(NOTES.open(&keys, Uuid::from_u128(8), OWNER, &envelope).is_err(), "in another row");
        assert!(NOTES.open(&keys, ID, EncounterId(Uuid::from_u128(71)), &envelope).is_err(), "of another owner");
        let patient = PatientId(Uuid::from_u128(9));
        let contact = Sealed(CONTACTS.seal(ID, patient, ["555"]).envelope(&keys).expect("sealed"));
        assert!(COVERAGES.open(&keys, ID, patient, &contact).is_err(), "in another table");
        assert_eq!(sealed(&keys, ["", "", "", ""]), Sealed::default());
        assert_eq!(NOTES.open(&keys, ID, OWNER, &Sealed::default()).expect("opens"), ["", "", "", ""]);
        assert_ne!(sealed(&keys, text), envelope, "never twice the same");
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let keys = keys();
        let envelope = sealed(&keys, ["Cough", "Wheeze", "", ""]);
        for at in 0..envelope.0.len() {
            for bit in [1, 128] {
                let mut changed = envelope.clone();
                changed.0[at] ^= bit;
                assert!(NOTES.open(&keys, ID, OWNER, &changed).is_err(), "byte {at}");
            }
            let cut = Sealed(envelope.0[..at].to_vec());
            assert!(at == 0 || NOTES.open(&keys, ID, OWNER, &cut).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_field_does_not_open_in_the_place_of_another() {
        let keys = keys();
        let envelope = sealed(&keys, ["One", "Two", "", ""]);
        let mut swapped = envelope.clone();
        let field = 1 + 4 + 3 + TAG;
        swapped.0[HEAD] = 2;
        swapped.0[HEAD + field] = 1;
        assert_eq!(envelope.0.len(), HEAD + 2 * field);
        assert!(NOTES.open(&keys, ID, OWNER, &swapped).is_err());
    }

    #[test]
    fn an_envelope_of_before_opens_and_is_bound_when_it_is_wrapped_anew() {
        let keys = keys();
        let bound = sealed(&keys, ["Cough", "", "", "Rest"]);
        let before = unbind(&keys, &NOTES, ROW, &bound);
        assert_eq!((is_bound(&bound), is_bound(&before)), (true, false));
        for owner in [OWNER, EncounterId(Uuid::from_u128(71))] {
            assert_eq!(NOTES.open(&keys, ID, owner, &before).expect("opens"), ["Cough", "", "", "Rest"]);
        }
        let after = rewrap(&keys, &NOTES, ROW, &before).expect("rewrapped");
        assert!(is_bound(&after) && after.fields() == before.fields());
        assert_eq!(NOTES.open(&keys, ID, OWNER, &after).expect("opens"), ["Cough", "", "", "Rest"]);
        assert!(NOTES.open(&keys, ID, EncounterId(Uuid::from_u128(71)), &after).is_err(), "of another owner");
        // The first byte is in no associated data, but each format has its own prefix there.
        let mut relabelled = after;
        relabelled.0[0] = UNBOUND;
        assert!(NOTES.open(&keys, ID, OWNER, &relabelled).is_err());
    }

    #[test]
    fn a_new_version_wraps_the_same_fields() {
        let keys = keys();
        let old = sealed(&keys, ["Cough", "", "", ""]);
        keys.use_versions(2, Some(1));
        let new = rewrap(&keys, &NOTES, ROW, &old).expect("rewrapped");
        assert_eq!((version_of(&old), version_of(&new)), (Some(1), Some(2)));
        assert_eq!(old.0[HEAD..], new.0[HEAD..]);
        assert_ne!(old.0[..HEAD], new.0[..HEAD]);
        assert!(is_bound(&old) && is_bound(&new) && new.0.starts_with(&beginning(2)));
        for envelope in [&old, &new] {
            assert_eq!(NOTES.open_one("history", &keys, ID, OWNER, envelope).expect("opens"), "Cough");
        }
        let without = ring(&format!("1:{}", "11".repeat(32)));
        assert!(NOTES.open(&without, ID, OWNER, &new).expect_err("no key").to_string().contains("no key of version 2"));
        let other = ring(&format!("1:{}", "33".repeat(32)));
        assert!(NOTES.open(&other, ID, OWNER, &old).is_err(), "the wrong key");
        let [now, before] = PHONE_INDEX.sought("5087191838").map(|blind| blind.bytes(&keys).expect("a key").expect("not empty"));
        assert_ne!(now, before);
        keys.use_versions(1, None);
        assert_eq!(PHONE_INDEX.of("5087191838").bytes(&keys), Ok(Some(before)));
        assert_eq!(PHONE_INDEX.of("").bytes(&keys), Ok(None));
    }
}
