//! Passwords: argon2id with OWASP's parameters (m = 19 MiB, t = 2, p = 1), hashed on blocking threads, a few at a time,
//! so that a hundred sign-ins at once do not slow the pages.

use std::{path::Path, sync::LazyLock};

use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher as _, PasswordVerifier as _, Version,
    password_hash::{SaltString, rand_core::OsRng},
};
use tokio::sync::Semaphore;

use super::stolen;
use crate::core::{Error, Result};

/// The shortest password that is taken (NIST SP 800-63B-4: at least 8; 15 where it is the only factor).
pub const MIN_LENGTH: usize = 12;
/// The longest: more would let anybody keep a core busy.
pub const MAX_LENGTH: usize = 256;

/// How many are hashed at once: one core stays free for pages.
static TURNS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1).max(1))));

/// A hash of nobody's password: signing in as somebody unknown takes as long as with a wrong password.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now("nobody has this password").unwrap_or_default());

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19_456, 2, 1, None).unwrap_or_default())
}

fn hash_now(password: &str) -> Result<String> {
    let salt = SaltString::generate(&mut OsRng);
    let hashed = argon2().hash_password(password.as_bytes(), &salt);
    hashed.map(|hash| hash.to_string()).map_err(|error| Error::internal("password hashing failed", &error))
}

/// Passwords that many people have, those of [`MIN_LENGTH`] and more (from Django's list, BSD-3-Clause, sorted).
const COMMON: &str = include_str!("common_passwords.txt");

/// Refuses a new password that is too short, too long, common, stolen (in the file of the hospital, if it has one) or easy to
/// guess; `about` is what a guesser knows of its owner.
///
/// # Errors
/// [`Error::Invalid`] of the field `new_password`; without being able to read the file, none is taken.
pub async fn check(password: &str, about: Vec<String>, stolen_passwords: Option<&Path>) -> Result<()> {
    let refused = |why: String| Err(Error::invalid("new_password", why));
    if password.chars().count() < MIN_LENGTH {
        return refused(crate::tr!(accounts.password_short, count = MIN_LENGTH.to_string()));
    }
    if password.len() > MAX_LENGTH {
        return refused(crate::tr!(accounts.password_long, count = MAX_LENGTH.to_string()));
    }
    let folded = password.to_lowercase();
    if COMMON.lines().any(|common| common == folded) {
        return refused(crate::tr!(accounts.password_common).to_owned());
    }
    if let Some(file) = stolen_passwords {
        let (file, text) = (file.to_owned(), password.to_owned());
        let found = on_a_turn(move || stolen::contains(&file, &text)).await?;
        if found.map_err(|error| Error::internal("the file of stolen passwords", &error))? {
            return refused(crate::tr!(accounts.password_stolen).to_owned());
        }
    }
    let text = password.to_owned();
    let score = on_a_turn(move || {
        let about: Vec<&str> = about.iter().flat_map(|text| text.split_whitespace()).chain(["infirmary", "hospital"]).collect();
        zxcvbn::zxcvbn(&text, &about).score()
    })
    .await?;
    if score < zxcvbn::Score::Three { refused(crate::tr!(accounts.password_easy).to_owned()) } else { Ok(()) }
}

/// Hashes a password, waiting for a turn.
///
/// # Errors
/// When hashing fails.
pub async fn hash(password: String) -> Result<String> {
    on_a_turn(move || hash_now(&password)).await?
}

/// Whether the password is the user's; `None` for somebody unknown, which takes as long.
///
/// # Errors
/// When no turn comes.
pub async fn verify(password: String, hash: Option<String>) -> Result<bool> {
    on_a_turn(move || {
        // Made before the first is looked at, so that the first unknown one does not take longer than the others.
        let nobody = &*NOBODY;
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| nobody.clone());
        let right = PasswordHash::new(&hash).is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok());
        right && known
    })
    .await
}

async fn on_a_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let _turn = TURNS.acquire().await.map_err(|_| Error::Busy)?;
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Busy)
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
        assert_eq!(verify("correct horse battery".to_owned(), Some(hash.clone())).await, Ok(true));
        assert_eq!(verify("wrong".to_owned(), Some(hash)).await, Ok(false));
        assert_eq!(verify("nobody has this password".to_owned(), None).await, Ok(false));
    }
}
