//! Finds equal values of a sealed field without decrypting any.

use hkdf::hmac::Mac as _;

use super::Keyring;

/// The number of bytes of the HMAC that are stored: enough that no two values of a hospital collide.
const KEPT: usize = 16;

/// The blind index of a sealed field: a separate column beside the envelope.
#[derive(Debug)]
pub struct BlindIndex {
    pub table: &'static str,
    /// The sealed field.
    pub field: &'static str,
    /// The column with the index.
    pub column: &'static str,
    /// Converts a value to the form that is compared.
    compared: fn(&str) -> String,
}

/// A value to be stored or searched for; the database receives only its HMAC.
#[derive(Clone)]
pub struct Blind {
    index: &'static BlindIndex,
    value: String,
    former: bool,
}

impl PartialEq for Blind {
    fn eq(&self, other: &Self) -> bool {
        (self.index.column, &self.value, self.former) == (other.index.column, &other.value, other.former)
    }
}

/// Prints the column, not the value.
impl std::fmt::Debug for Blind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Blind({}.{})", self.index.table, self.index.column)
    }
}

impl BlindIndex {
    pub(super) const fn new(table: &'static str, field: &'static str, column: &'static str, compared: fn(&str) -> String) -> Self {
        Self { table, field, column, compared }
    }

    /// Whether two values are equal in the form that is compared; an empty value equals none.
    pub fn same(&self, one: &str, other: &str) -> bool {
        let one = (self.compared)(one);
        !one.is_empty() && one == (self.compared)(other)
    }

    /// The index value that is stored beside the envelope. An empty value has none.
    pub fn of(&'static self, value: &str) -> Blind {
        Blind { index: self, value: (self.compared)(value), former: false }
    }

    /// The values to search for with `... IN `: during a rotation of keys, a row may still have the former index.
    pub fn sought(&'static self, value: &str) -> [Blind; 2] {
        [false, true].map(|former| Blind { index: self, value: (self.compared)(value), former })
    }
}

impl Blind {
    /// Returns the stored bytes; `None` for an empty value.
    ///
    /// # Errors
    /// When there is no key.
    pub fn bytes(&self, keys: &Keyring) -> Result<Option<Vec<u8>>, String> {
        if self.value.is_empty() {
            return Ok(None);
        }
        let (current, former) = keys.in_use()?;
        let mut mac = if self.former { former } else { current }.1.index.clone();
        for part in [self.index.table, "\0", self.index.field, "\0", &self.value] {
            mac.update(part.as_bytes());
        }
        Ok(mac.finalize().into_bytes().get(..KEPT).map(<[u8]>::to_vec))
    }
}
