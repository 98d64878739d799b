//! The versions of the key that the program holds in memory.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use hkdf::{
    Hkdf,
    hmac::{Hmac, Mac as _},
};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{Source, cipher::Cipher};

/// The 32 bytes of one version of the key.
pub type Secret = Zeroizing<[u8; 32]>;

/// The keys derived from one version.
pub(super) struct Key {
    pub wrap: Cipher,
    pub index: Hmac<Sha256>,
    browser: Hmac<Sha256>,
    check: [u8; 16],
}

impl Key {
    fn new(secret: &Secret) -> Self {
        let derive = Hkdf::<Sha256>::new(Some(b"infirmary keys 1"), &secret[..]);
        let expanded = |what: &[u8], out: &mut [u8]| derive.expand(what, out).unwrap_or_else(|_| unreachable!("HKDF gives 32 bytes"));
        let (mut wrap, mut index, mut browser) = (Zeroizing::new([0; 32]), Zeroizing::new([0; 32]), Zeroizing::new([0; 32]));
        let mut check = [0; 16];
        expanded(b"wrap", &mut wrap[..]);
        expanded(b"index", &mut index[..]);
        expanded(b"browser", &mut browser[..]);
        expanded(b"check", &mut check);
        let hmac = |key: &[u8; 32]| Hmac::new_from_slice(&key[..]).unwrap_or_else(|_| unreachable!("HMAC takes any key"));
        Self { wrap: Cipher::new(&wrap), index: hmac(&index), browser: hmac(&browser), check }
    }
}

#[derive(Default)]
struct Ring {
    keys: BTreeMap<u32, Arc<Key>>,
    /// The version that new rows are encrypted with.
    current: u32,
    /// The version that rows may still be encrypted with; the current one if no rotation is running.
    former: u32,
    /// The limits of the source: nothing is encrypted with a version before the first, and rows of versions before the second are not
    /// decrypted.
    least: (u32, u32),
}

/// The keys of a database, shared by all its users. Without keys nothing is encrypted or decrypted.
#[derive(Clone, Default)]
pub struct Keyring(Arc<(RwLock<Ring>, RwLock<Option<Source>>)>);

/// Prints the versions, not the keys.
impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ring = self.0.0.read().unwrap_or_else(PoisonError::into_inner);
        write!(f, "Keyring({:?}, current {})", ring.keys.keys(), ring.current)
    }
}

type Numbered = (u32, Arc<Key>);

impl Keyring {
    /// Loads all keys of the source and remembers the source, so that versions added later are found there.
    ///
    /// # Errors
    /// A sentence: the source cannot be read.
    pub fn load(&self, source: &Source) -> Result<(), String> {
        let set = source.read()?;
        let mut ring = self.0.0.write().unwrap_or_else(PoisonError::into_inner);
        for (version, secret) in &set.versions {
            ring.keys.insert(*version, Arc::new(Key::new(secret)));
        }
        ring.least = (set.current, set.oldest);
        *self.0.1.write().unwrap_or_else(PoisonError::into_inner) = Some(source.clone());
        Ok(())
    }

    /// Encrypts with `current` from now on; rows of `former` are found too.
    pub fn use_versions(&self, current: u32, former: Option<u32>) {
        let mut ring = self.0.0.write().unwrap_or_else(PoisonError::into_inner);
        ring.current = current;
        ring.former = former.unwrap_or(current);
    }

    /// The version that new rows are encrypted with.
    pub fn current(&self) -> u32 {
        self.0.0.read().unwrap_or_else(PoisonError::into_inner).current
    }

    /// Returns the oldest version that may be current, and the oldest that rows may be encrypted with. The source sets both, not
    /// the database.
    pub fn least(&self) -> (u32, u32) {
        let ring = self.0.0.read().unwrap_or_else(PoisonError::into_inner);
        (ring.least.0.max(ring.current), ring.least.1)
    }

    /// Returns the keys for one user's browser, for the drafts that it keeps under that name: of the version in use, then of each
    /// version before it, the latest first, so that a draft from before a rotation can still be decrypted. The keys cannot be
    /// computed from the name.
    ///
    /// # Errors
    /// When there is no key.
    pub fn browser_keys(&self, name: &str) -> Result<Vec<Secret>, String> {
        let ((current, key), _) = self.in_use()?;
        let ring = self.0.0.read().unwrap_or_else(PoisonError::into_inner);
        let former = ring.keys.range(..current).rev().map(|(_, key)| key);
        let of = |key: &Key| {
            let mut mac = key.browser.clone();
            mac.update(name.as_bytes());
            Zeroizing::new(mac.finalize().into_bytes().into())
        };
        Ok(std::iter::once(&key).chain(former).map(|key| of(key)).collect())
    }

    /// Returns the sixteen bytes that identify a version; `None` when there is no such key.
    pub fn check_value(&self, version: u32) -> Option<[u8; 16]> {
        self.found(version).ok().map(|key| key.check)
    }

    pub(super) fn in_use(&self) -> Result<(Numbered, Numbered), String> {
        let (current, former) = {
            let ring = self.0.0.read().unwrap_or_else(PoisonError::into_inner);
            if let (Some(current), Some(former)) = (ring.keys.get(&ring.current), ring.keys.get(&ring.former)) {
                return Ok(((ring.current, current.clone()), (ring.former, former.clone())));
            }
            (ring.current, ring.former)
        };
        Ok(((current, self.key(current)?), (former, self.key(former)?)))
    }

    /// Returns the key of a version; refuses a version that only decrypts older backups.
    pub(super) fn key(&self, version: u32) -> Result<Arc<Key>, String> {
        let oldest = self.least().1;
        if version < oldest {
            return Err(format!("version {version} of the key opens older backups only, the oldest in use is {oldest}"));
        }
        self.found(version)
    }

    /// Returns the key of a version; reads the source again if the version is not in memory.
    fn found(&self, version: u32) -> Result<Arc<Key>, String> {
        let there = || self.0.0.read().unwrap_or_else(PoisonError::into_inner).keys.get(&version).cloned();
        if let Some(key) = there() {
            return Ok(key);
        }
        let source = self.0.1.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(source) = source {
            self.load(&source)?;
        }
        there().ok_or_else(|| format!("there is no key of version {version}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_gets_the_keys_of_before_a_rotation_too() {
        let keys = Keyring::default();
        let text = format!("1:{},2:{}", "5e".repeat(32), "b7".repeat(32));
        keys.load(&Source::Setting(Zeroizing::new(text))).expect("keys");
        keys.use_versions(1, None);
        let before = keys.browser_keys("note:a:b").expect("keys");
        assert_eq!(before.len(), 1);
        keys.use_versions(2, Some(1));
        let after = keys.browser_keys("note:a:b").expect("keys");
        assert_eq!(after.len(), 2);
        assert!(*after[1] == *before[0] && *after[0] != *before[0]);
        assert!(*keys.browser_keys("note:a:c").expect("keys")[0] != *after[0], "each place has its own");
    }
}
