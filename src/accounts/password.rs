//! Passwords: argon2id with OWASP's parameters (m = 19 MiB, t = 2, p = 1), hashed on blocking threads, a few at a time,
//! so that a hundred sign-ins at once do not slow the pages.

use std::sync::LazyLock;

use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher as _, PasswordVerifier as _, Version,
    password_hash::{SaltString, rand_core::OsRng},
};
use tokio::sync::Semaphore;

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
    argon2().hash_password(password.as_bytes(), &salt).map(|hash| hash.to_string()).map_err(|error| {
        let reference = crate::server::reference();
        tracing::error!(reference, error = %error, "password hashing failed");
        Error::Internal { reference }
    })
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
    async fn only_the_right_password_is_right() {
        let hash = hash("correct horse battery".to_owned()).await.expect("hashed");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_eq!(verify("correct horse battery".to_owned(), Some(hash.clone())).await, Ok(true));
        assert_eq!(verify("wrong".to_owned(), Some(hash)).await, Ok(false));
        assert_eq!(verify("nobody has this password".to_owned(), None).await, Ok(false));
    }
}
