//! Passkeys (`WebAuthn`, <https://www.w3.org/TR/webauthn-3/>): a key in the person's device signs a challenge of the program. The device asks for
//! a finger, a face or its own code first, so that a passkey counts as both factors. The program stores the public half.
//!
//! A challenge is a row that lasts five minutes; the answer takes it away, and so it counts once, on one node.

#[cfg(feature = "ssr")]
mod acts;
pub mod api;
#[cfg(feature = "ssr")]
mod store;

#[cfg(feature = "ssr")]
pub use server::*;

#[cfg(feature = "ssr")]
mod server {
    use chrono::Duration;
    use serde::{Serialize, de::DeserializeOwned};
    use sha2::{Digest as _, Sha256};
    use uuid::Uuid;
    use webauthn_rs::prelude::{
        DiscoverableAuthentication, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential, Url, Webauthn, WebauthnBuilder,
    };

    use super::store::{self, PasskeyRow};
    use crate::{
        core::{Error, PasskeyId, Result, UserId, time::Instant},
        db::{Locked, Tx},
        server::{AppState, Principal, config::Config},
        tr,
    };

    /// The time between a challenge and its answer.
    pub(super) const LASTS: Duration = Duration::minutes(5);

    /// The longest name of a passkey.
    pub(super) const LONGEST_NAME: usize = 60;

    /// A passkey of the user, as its owner sees it.
    #[derive(Clone, Debug)]
    pub struct OwnPasskey {
        pub id: PasskeyId,
        pub name: String,
        pub since: Instant,
        pub last_used: Option<Instant>,
    }

    /// Returns the site for which passkeys are made; `None` when browsers have none there: an address without a name, or without HTTPS. A
    /// program that listens on its own machine only is `localhost`.
    pub fn passkey_site(config: &Config) -> Option<Url> {
        let own = config.public_url.is_empty() && config.address.ip().is_loopback();
        let mut site = Url::parse(&config.site_address()).ok()?;
        if own {
            site.set_host(Some("localhost")).ok()?;
        }
        let name = site.domain()?;
        (site.scheme() == "https" || name == "localhost").then_some(site)
    }

    /// Returns the checker of the site's passkeys.
    fn checker(state: &AppState) -> Result<Webauthn> {
        let site = passkey_site(&state.config).ok_or_else(|| Error::conflict(tr!(accounts.passkeys_nowhere)))?;
        let hospital = state.hospital().name.clone();
        let name = site.domain().unwrap_or_default().to_owned();
        let built = WebauthnBuilder::new(&name, &site).map(|builder| builder.rp_name(&hospital)).and_then(WebauthnBuilder::build);
        built.map_err(|error| Error::internal("the site has no passkeys", &error))
    }

    /// Returns the refusal of an answer: it is the same whatever was wrong.
    pub(super) fn refused() -> Error {
        Error::invalid("key", tr!(accounts.passkey_refused))
    }

    fn text(value: &impl Serialize) -> Result<String> {
        serde_json::to_string(value).map_err(|error| Error::internal("a challenge is not stored", &error))
    }

    fn read<T: DeserializeOwned>(stored: &str) -> Result<T> {
        serde_json::from_str(stored).map_err(|error| Error::internal("a stored challenge is unreadable", &error))
    }

    /// Returns the SHA-256 of a credential's id.
    pub(super) fn hash(credential: &[u8]) -> Vec<u8> {
        Sha256::digest(credential).to_vec()
    }

    /// Stores a challenge for a new passkey of the user; returns its id.
    pub(super) async fn challenge_to_add(tx: &mut Tx, state: &AppState, who: &Principal, now: Instant) -> Result<Uuid> {
        let present = store::of_user(tx, who.user).await?;
        if present.len() >= store::MOST {
            return Err(too_many());
        }
        let mut known = Vec::with_capacity(present.len());
        for row in &present {
            known.push(row.open(tx)?.1.cred_id().clone());
        }
        let begun = checker(state)?.start_passkey_registration(who.user.0, &who.login, &who.name, Some(known));
        let (options, registration) = begun.map_err(|error| Error::internal("no challenge for a passkey", &error))?;
        let mut options = serde_json::to_value(&options).map_err(|error| Error::internal("a challenge is not stored", &error))?;
        // A passkey must name its owner by itself, because nobody types a name to sign in with it.
        let chosen = &mut options["publicKey"]["authenticatorSelection"];
        chosen["residentKey"] = "required".into();
        chosen["requireResidentKey"] = true.into();
        let id = Uuid::now_v7();
        let challenge = (options["publicKey"].to_string(), text(&registration)?);
        store::insert_challenge(tx, (id, Some(who.user)), challenge, now + LASTS).await?;
        Ok(id)
    }

    /// Stores a challenge for signing in.
    pub(super) async fn challenge_to_sign_in(tx: &mut Tx, state: &AppState, id: Uuid, now: Instant) -> Result<()> {
        let begun = checker(state)?.start_discoverable_authentication();
        let (options, authentication) = begun.map_err(|error| Error::internal("no challenge for a passkey", &error))?;
        store::insert_challenge(tx, (id, None), (text(&options.public_key)?, text(&authentication)?), now + LASTS).await
    }

    /// Returns what the browser gets for a challenge that still waits for its answer.
    pub(in crate::accounts) async fn options(tx: &mut Tx, id: Uuid, user: Option<UserId>, now: Instant) -> Result<Option<String>> {
        store::options(tx, id, user, now).await
    }

    /// Checks the answer to a challenge for a new passkey, and stores the passkey. It takes the challenge away.
    pub(super) async fn add(
        tx: &mut Tx,
        state: &AppState,
        (user, challenge): (Locked<UserId>, Uuid),
        (name, answer): (&str, &str),
        now: Instant,
    ) -> Result<PasskeyId> {
        let Some(stored) = store::take_challenge(tx, challenge, Some(user.id()), now).await? else { return Err(refused()) };
        let registration: PasskeyRegistration = read(&stored)?;
        let answer: RegisterPublicKeyCredential = serde_json::from_str(answer).map_err(|_| refused())?;
        let credential = checker(state)?.finish_passkey_registration(&answer, &registration).map_err(|error| {
            tracing::info!(%error, "a new passkey was refused");
            refused()
        })?;
        let id = PasskeyId::new();
        let added = store::insert(tx, (id, user), (name, &text(&credential)?), &hash(credential.cred_id().as_ref()), now).await;
        match added {
            Ok(()) => Ok(id),
            Err(error) if error.violates("passkeys_at_most_ten") => Err(too_many()),
            Err(error) if error.is_unique() => Err(Error::conflict(tr!(accounts.passkey_known))),
            Err(error) => Err(error.into()),
        }
    }

    fn too_many() -> Error {
        Error::conflict(tr!(accounts.passkeys_many, count = store::MOST.to_string()))
    }

    /// Returns the user's passkeys, the oldest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn own_passkeys(tx: &mut Tx, user: UserId) -> Result<Vec<OwnPasskey>> {
        let rows = store::of_user(tx, user).await?;
        let mut own = Vec::with_capacity(rows.len());
        for row in rows {
            let (name, _) = row.open(tx)?;
            own.push(OwnPasskey { id: row.id, name, since: row.created_at, last_used: row.last_used_at });
        }
        Ok(own)
    }

    /// Removes a passkey of the user; returns its name, and `None` when there is none.
    pub(super) async fn remove(tx: &mut Tx, user: Locked<UserId>, id: PasskeyId) -> Result<Option<String>> {
        let Some(row) = store::of_user(tx, user.id()).await?.into_iter().find(|row| row.id == id) else { return Ok(None) };
        let (name, _) = row.open(tx)?;
        match store::remove(tx, user, id).await {
            Ok(removed) => Ok(removed.then_some(name)),
            Err(error) if error.violates("passkeys_last_way") => Err(Error::conflict(tr!(accounts.passkey_last))),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes all passkeys of a user who lost a device, or whose account is closed; returns their number.
    pub(in crate::accounts) async fn remove_all(tx: &mut Tx, user: Locked<UserId>) -> Result<usize> {
        let mut removed = 0;
        for row in store::of_user(tx, user.id()).await? {
            removed += usize::from(store::remove(tx, user, row.id).await?);
        }
        Ok(removed)
    }

    /// An answer to a challenge for signing in. It says which user and which passkey it is from; neither is proved yet.
    pub(super) struct PasskeyAnswer {
        credential: PublicKeyCredential,
        pub user: UserId,
    }

    impl PasskeyAnswer {
        /// Reads the answer that a browser sent; `None` when it is none.
        pub fn read(sent: &str) -> Option<Self> {
            let credential: PublicKeyCredential = serde_json::from_str(sent).ok()?;
            let user = Uuid::from_slice(credential.get_user_unique_id()?).ok()?;
            Some(Self { credential, user: UserId(user) })
        }

        /// Checks the answer against its challenge and the user's passkey. The use of the passkey is recorded.
        pub async fn check(&self, tx: &mut Tx, state: &AppState, user: Locked<UserId>, stored: &str, now: Instant) -> Result<bool> {
            let authentication: DiscoverableAuthentication = read(stored)?;
            let row: Option<PasskeyRow> = store::of_credential(tx, user.id(), &hash(self.credential.get_credential_id())).await?;
            let Some(row) = row else { return Ok(false) };
            let (name, mut credential) = row.open(tx)?;
            let result = match checker(state)?.finish_discoverable_authentication_v2(&self.credential, authentication, &credential) {
                Ok(result) => result,
                Err(error) => {
                    tracing::info!(%error, "a passkey was refused");
                    return Ok(false);
                }
            };
            if !result.user_verified() {
                return Ok(false);
            }
            let changed = credential.update_credential(&result) == Some(true);
            let changed = if changed { Some(text(&credential)?) } else { None };
            store::used(tx, (row.id, user), changed.as_deref().map(|credential| (name.as_str(), credential)), now).await?;
            Ok(true)
        }
    }

    /// Takes the challenge of a sign-in away; `None` when it was answered before, or is too old.
    pub(super) async fn take_sign_in(tx: &mut Tx, id: Uuid, now: Instant) -> Result<Option<String>> {
        store::take_challenge(tx, id, None, now).await
    }

    /// Deletes challenges that nobody answered in time.
    pub(in crate::accounts) async fn tidy(tx: &mut Tx, now: Instant) -> Result<()> {
        store::tidy(tx, now).await
    }

    pub(super) use super::store::login_of;

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn passkeys_need_a_name_and_https() {
            let site = |public: &str, address: &str| {
                let config = Config { public_url: public.to_owned(), address: address.parse().expect("an address"), ..Config::default() };
                passkey_site(&config).map(|site| site.to_string())
            };
            assert_eq!(site("", "127.0.0.1:3000").as_deref(), Some("http://localhost:3000/"));
            assert_eq!(site("https://hospital.example/", "0.0.0.0:80").as_deref(), Some("https://hospital.example/"));
            for (public, address) in
                [("", "0.0.0.0:3000"), ("http://hospital.example", "127.0.0.1:80"), ("https://10.0.0.7", "127.0.0.1:80")]
            {
                assert_eq!(site(public, address), None, "{public} {address}");
            }
        }
    }
}
