//! Passwords: hashed with argon2id and OWASP's parameters (m = 19 MiB, t = 2, p = 1) on blocking threads, a few at a time, so that a
//! hundred simultaneous sign-ins do not slow down the pages. New passwords are checked in a queue of their own. Each queue has a limited
//! length: a request that finds it full is refused at once.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::LazyLock,
    time::Duration,
};

use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher as _, PasswordVerifier as _, Version,
    password_hash::{SaltString, rand_core::OsRng},
};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::stolen;
use crate::core::{Error, Result};

/// The shortest password that is accepted (NIST SP 800-63B-4: at least 8; 15 where it is the only factor).
pub const MIN_LENGTH: usize = 12;
/// The longest password, in characters: a longer one would let a stranger keep a core busy.
pub const MAX_LENGTH: usize = 256;

/// The number of characters of a new password that are checked: the time grows with its square.
const JUDGED: usize = 72;
/// The number of different signs for a letter ("p4ssw0rd") that are checked together: zxcvbn tries each combination.
const SIGNS: usize = 6;
/// The longest time that a request waits for the check of a new password. One check takes less than 0.1 s.
const JUDGING: Duration = Duration::from_secs(10);

/// The queue for hashing passwords: one core stays free for pages. Hashing takes some 15 to 40 ms.
static HASHING: LazyLock<Queue> =
    LazyLock::new(|| Queue::new(std::thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1).max(1)), 512));

/// The queue for requests of strangers: at most two of them are in the queue for hashing, the others wait here.
static STRANGERS: LazyLock<Queue> = LazyLock::new(|| Queue::new(2, 128));

/// The queue for checking new passwords.
static JUDGES: LazyLock<Queue> = LazyLock::new(|| Queue::new(1, 16));

/// A limited number of places, and a limited number of requests that wait for one.
struct Queue {
    places: Semaphore,
    room: Semaphore,
}

impl Queue {
    fn new(places: usize, room: usize) -> Self {
        Self { places: Semaphore::new(places), room: Semaphore::new(room) }
    }

    /// Waits for a place.
    ///
    /// # Errors
    /// [`Error::Busy`], at once, when too many wait.
    async fn place(&self) -> Result<SemaphorePermit<'_>> {
        let _waits = self.room.try_acquire().map_err(|_| Error::Busy)?;
        self.places.acquire().await.map_err(|_| Error::Busy)
    }
}

/// The kind of request that waits for a password to be hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// The user is signed in, or signed in from the same address before.
    Known,
    /// All other requests. A known user waits for at most two of them, however many there are.
    Stranger,
}

/// A hash that belongs to no user: signing in with an unknown name takes as long as with a wrong password.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now("nobody has this password").unwrap_or_default());

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19_456, 2, 1, None).unwrap_or_default())
}

fn hash_now(password: &str) -> Result<String> {
    let salt = SaltString::generate(&mut OsRng);
    let hashed = argon2().hash_password(password.as_bytes(), &salt);
    hashed.map(|hash| hash.to_string()).map_err(|error| Error::internal("password hashing failed", &error))
}

/// Passwords that many people use, of [`MIN_LENGTH`] characters and more (from Django's list, BSD-3-Clause, sorted).
const COMMON: &str = include_str!("common_passwords.txt");

/// Whether the text is longer than any password; such a text is not hashed.
pub fn is_too_long(password: &str) -> bool {
    password.chars().count() > MAX_LENGTH
}

fn refused(why: impl Into<String>) -> Error {
    Error::invalid("new_password", why)
}

/// Refuses a new password that is too short, too long or common; this takes almost no time.
///
/// # Errors
/// [`Error::Invalid`] of the field `new_password`.
pub fn check_quickly(password: &str) -> Result<()> {
    if password.chars().count() < MIN_LENGTH {
        return Err(refused(crate::tr!(accounts.password_short, count = MIN_LENGTH.to_string())));
    }
    if is_too_long(password) {
        return Err(refused(crate::tr!(accounts.password_long, count = MAX_LENGTH.to_string())));
    }
    let folded = password.to_lowercase();
    if COMMON.lines().any(|common| common == folded) {
        return Err(refused(crate::tr!(accounts.password_common)));
    }
    Ok(())
}

/// Refuses the same passwords as [`check_quickly`], and also one that is stolen (in the hospital's file, if it has one) or easy to
/// guess. `about` holds the facts that an attacker may know about its owner.
///
/// # Errors
/// [`Error::Invalid`] of the field `new_password`; when the file cannot be read, every password is refused. [`Error::Busy`] when too
/// many passwords are being checked.
pub async fn check(password: &str, about: Vec<String>, stolen_passwords: Option<&Path>) -> Result<()> {
    check_quickly(password)?;
    let (text, file) = (password.to_owned(), stolen_passwords.map(Path::to_owned));
    let judged = async {
        let place = JUDGES.place().await?;
        let judged = tokio::task::spawn_blocking(move || {
            // A check keeps its place until it ends, even if the request no longer waits for it.
            let _place = place;
            judge(&text, &about, file)
        });
        judged.await.map_err(|_| Error::Busy)?
    };
    match tokio::time::timeout(JUDGING, judged).await.map_err(|_| Error::Busy)?? {
        Judgement::Stolen => Err(refused(crate::tr!(accounts.password_stolen))),
        Judgement::Easy => Err(refused(crate::tr!(accounts.password_easy))),
        Judgement::Good => Ok(()),
    }
}

enum Judgement {
    Stolen,
    Easy,
    Good,
}

fn judge(password: &str, about: &[String], stolen_passwords: Option<PathBuf>) -> Result<Judgement> {
    let found = stolen_passwords.map(|file| stolen::contains(&file, password)).transpose();
    if found.map_err(|error| Error::internal("the file of stolen passwords", &error))? == Some(true) {
        return Ok(Judgement::Stolen);
    }
    let about: Vec<&str> = about.iter().flat_map(|text| text.split_whitespace()).chain(["infirmary", "hospital"]).collect();
    let easy = judged_texts(password).iter().any(|text| zxcvbn::zxcvbn(text, &about).score() < zxcvbn::Score::Three);
    Ok(if easy { Judgement::Easy } else { Judgement::Good })
}

/// Returns the texts that are checked instead of the password; each of them must be good. Usually that is its beginning. When the
/// beginning has more different signs for letters than are checked together, it is the beginning without the meaning of its digits,
/// and the beginning without the meaning of its symbols.
fn judged_texts(password: &str) -> Vec<String> {
    let text: String = password.chars().take(JUDGED).collect();
    // The signs that zxcvbn may read as a letter.
    let signs: BTreeSet<char> = text.chars().filter(|letter| "4@8({[<3690!1|7$5+%2".contains(*letter)).collect();
    if signs.len() <= SIGNS {
        return vec![text];
    }
    // A character of the private use area has no meaning, and each sign gets its own one, so that repetitions remain
    // repetitions.
    let without = |meant: fn(&char) -> bool| {
        let hide = |letter: char| match signs.contains(&letter) && meant(&letter) {
            true => char::from_u32(0xE000 + u32::from(letter)).unwrap_or(letter),
            false => letter,
        };
        text.chars().map(hide).collect()
    };
    vec![without(char::is_ascii_digit), without(char::is_ascii_punctuation)]
}

/// Hashes a new password after waiting for a place.
///
/// # Errors
/// When hashing fails; [`Error::Busy`] when too many wait.
pub async fn hash(password: String) -> Result<String> {
    on_a_turn(Waiting::Known, move || hash_now(&password)).await?
}

/// Whether the password matches the hash; `None` for an unknown user, which takes as long.
///
/// # Errors
/// [`Error::Busy`] when too many wait.
pub async fn verify(password: String, hash: Option<String>, waiting: Waiting) -> Result<bool> {
    on_a_turn(waiting, move || {
        // The hash is made before the first comparison, so that the first unknown user does not take longer than later
        // ones.
        let nobody = &*NOBODY;
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| nobody.clone());
        let right = PasswordHash::new(&hash).is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok());
        right && known
    })
    .await
}

async fn on_a_turn<T: Send + 'static>(waiting: Waiting, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let stranger = match waiting {
        Waiting::Stranger => Some(STRANGERS.place().await?),
        Waiting::Known => None,
    };
    let turn = HASHING.place().await?;
    let done = tokio::task::spawn_blocking(move || {
        // A cancelled request does not free its place before its work is done.
        let _places = (turn, stranger);
        work()
    });
    done.await.map_err(|_| Error::Busy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_easily_guessed_is_no_password() {
        let about = || vec!["rosa.martin@hospital.test".to_owned(), "Rosa Martínez".to_owned()];
        for (wrong, why) in [
            ("short", "Use at least 12 characters."),
            ("Qwerty123456", "Many people use this password. Choose another."),
            ("aaaaaaaaaaaaaaaa", "Too easy to guess."),
            ("Password2026!", "Too easy to guess."),
            ("rosa.martin@hospital.test", "Too easy to guess."),
            (&"long ".repeat(60), "Use at most 256 characters."),
        ] {
            let Err(Error::Invalid(errors)) = check(wrong, about(), None).await else { panic!("{wrong} was taken") };
            assert!(errors[0].field == "new_password" && errors[0].message.starts_with(why), "{wrong}: {errors:?}");
        }
        assert_eq!(check("violet harbor eleven spoons", about(), None).await, Ok(()));
    }

    #[tokio::test]
    async fn signs_for_letters_are_judged_a_few_at_a_time() {
        let all: String = "4@8({[<3690!1|7$5+%2".chars().cycle().take(240).collect();
        let texts = judged_texts(&all);
        assert_eq!((texts.len(), texts[0].chars().count()), (2, JUDGED));
        for text in &texts {
            let signs: BTreeSet<char> = text.chars().filter(char::is_ascii).collect();
            assert!(signs.len() == 10, "{text}: digits or symbols, and not both");
        }
        assert_eq!(check(&all, Vec::new(), None).await, Ok(()));
        // Neither half hides a weakness of the other.
        for weak in ["1234567890123456", "!@#$%^&*()!@#$%^&*()", "p4ssw0rdp4ssw0rd"] {
            let Err(Error::Invalid(errors)) = check(weak, Vec::new(), None).await else { panic!("{weak} was taken") };
            assert!(errors[0].message.starts_with("Too easy") || errors[0].message.starts_with("Many people"), "{weak}: {errors:?}");
        }
        assert_eq!(judged_texts("violet h4rbor eleven spoons"), ["violet h4rbor eleven spoons"]);
    }

    #[tokio::test]
    async fn a_queue_has_an_end_and_who_finds_it_full_is_told_at_once() {
        let queue = Queue::new(1, 2);
        let first = queue.place().await.expect("a place");
        let (mut second, mut third) = (Box::pin(queue.place()), Box::pin(queue.place()));
        assert!(futures::poll!(&mut second).is_pending() && futures::poll!(&mut third).is_pending());
        assert!(matches!(futures::poll!(Box::pin(queue.place())), std::task::Poll::Ready(Err(Error::Busy))));
        drop(third);
        assert!(futures::poll!(Box::pin(queue.place())).is_pending(), "who goes away makes room");
        drop(first);
        drop(second.await.expect("the next one's turn"));
    }

    #[tokio::test]
    async fn letters_of_any_language_count_as_one_each() {
        assert!(!is_too_long(&"ü".repeat(MAX_LENGTH)) && is_too_long(&"ü".repeat(MAX_LENGTH + 1)));
        let words = "ñandú peñón açaí øre ".repeat(12);
        assert_eq!((words.chars().count(), check_quickly(&words)), (252, Ok(())));
    }

    #[tokio::test]
    async fn a_password_that_was_stolen_is_refused() {
        use sha1::Digest as _;
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("stolen.txt");
        let hash: String = sha1::Sha1::digest("violet harbor eleven spoons").iter().map(|byte| format!("{byte:02X}")).collect();
        std::fs::write(&file, format!("{hash}:3\r\n")).expect("written");
        let Err(Error::Invalid(errors)) = check("violet harbor eleven spoons", Vec::new(), Some(&file)).await else { panic!("taken") };
        assert!(errors[0].field == "new_password" && errors[0].message.starts_with("This password was stolen"), "{errors:?}");
        assert_eq!(check("violet harbor twelve spoons", Vec::new(), Some(&file)).await, Ok(()));
        let gone = check("violet harbor twelve spoons", Vec::new(), Some(&folder.path().join("none"))).await;
        assert!(matches!(gone, Err(Error::Internal { .. })), "{gone:?}");
    }

    #[tokio::test]
    async fn only_the_right_password_is_right() {
        let hash = hash("correct horse battery".to_owned()).await.expect("hashed");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_eq!(verify("correct horse battery".to_owned(), Some(hash.clone()), Waiting::Known).await, Ok(true));
        assert_eq!(verify("wrong".to_owned(), Some(hash), Waiting::Known).await, Ok(false));
        assert_eq!(verify("nobody has this password".to_owned(), None, Waiting::Stranger).await, Ok(false));
    }
}
