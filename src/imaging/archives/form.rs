//! The fields of an archive of images, and the acts of radiology's head on it.

use axum::http::Uri;

use super::{ImageArchive, store};
use crate::{
    audit::Action,
    core::{Error, ImagingArchiveId, Permission, Result, error::FieldErrors},
    db::DbError,
    server::Ctx,
    tr,
};

/// The fields of an archive.
#[derive(Clone, PartialEq, Eq)]
pub struct ArchiveForm {
    pub name: String,
    pub base_url: String,
    pub login: String,
    /// Empty: the password stays.
    pub password: String,
}

impl std::fmt::Debug for ArchiveForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ArchiveForm").field("name", &self.name).field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

impl ArchiveForm {
    /// Reads the form.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    pub fn read(name: &str, base_url: &str, login: &str, password: &str) -> Result<Self> {
        let mut errors = FieldErrors::new();
        let name = errors.required_line("name", name, 80);
        let base_url = errors.required_line("base_url", base_url, 300).trim_end_matches('/').to_owned();
        if !base_url.is_empty() && !is_address(&base_url) {
            errors.add("base_url", tr!(imaging.base_url_wrong));
        }
        let login = errors.line("archive_login", login, 100);
        if login.contains(':') {
            errors.add("archive_login", tr!(imaging.login_wrong));
        }
        if password.chars().count() > 200 || password.chars().any(char::is_control) {
            errors.add("archive_password", tr!(imaging.password_wrong));
        }
        errors.finish()?;
        Ok(Self { name, base_url, login, password: password.to_owned() })
    }
}

/// Whether a text is the address of a DICOMweb service: scheme, host and path alone.
fn is_address(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else { return false };
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'@' | b'?' | b'#' | b'\\' | b'%'));
    plain && matches!(uri.scheme_str(), Some("https" | "http")) && uri.host().is_some_and(|host| !host.is_empty()) && !text.contains("/..")
}

fn changed() -> Error {
    Error::conflict(tr!(imaging.archive_changed))
}

/// Adds an archive (`version` 0), or changes one. The same form of a new one sent again changes nothing. Another address needs the password again:
/// it is not sent to a machine for which it was not typed.
///
/// # Errors
/// [`Error::Invalid`] with the field; [`Error::Conflict`] when somebody else changed it.
pub async fn save(ctx: &mut Ctx, id: ImagingArchiveId, version: i64, form: &ArchiveForm) -> Result<()> {
    let (stamp, clinic) = (ctx.stamp(), ctx.clinic.id);
    ctx.at_clinic(Permission::ManageImaging, clinic)?;
    let taken = |error: DbError| if error.is_unique() { Error::invalid("name", tr!(imaging.archive_name_taken)) } else { error.into() };
    let before = store::archive(&mut ctx.tx, id).await?;
    let Some(before) = before else {
        if version != 0 {
            return Err(Error::NotFound);
        }
        store::insert_archive(&mut ctx.tx, (id, clinic), form, stamp).await.map_err(taken)?;
        ctx.did(Action::Create, "imaging_archive", id, None);
        return Ok(());
    };
    ctx.at_clinic(Permission::ManageImaging, before.clinic_id)?;
    if version == 0 {
        return if (&before.name, &before.base_url) == (&form.name, &form.base_url) { Ok(()) } else { Err(Error::key_used()) };
    }
    let form = with_password(&before, form)?;
    let lock = ctx.tx.lock(id).await?;
    if !store::update_archive(&mut ctx.tx, lock, version, &form, stamp).await.map_err(taken)? {
        return Err(changed());
    }
    ctx.did(Action::Update, "imaging_archive", id, None);
    Ok(())
}

fn with_password(before: &ImageArchive, form: &ArchiveForm) -> Result<ArchiveForm> {
    let mut form = form.clone();
    if form.password.is_empty() && !form.login.is_empty() {
        if before.base_url != form.base_url || before.login != form.login {
            return Err(Error::invalid("archive_password", tr!(imaging.password_again)));
        }
        form.password.clone_from(&before.password);
    }
    Ok(form)
}

/// Retires an archive, or brings it back. A retired one is not asked.
///
/// # Errors
/// [`Error::Conflict`] when somebody else changed it.
pub async fn retire(ctx: &mut Ctx, id: ImagingArchiveId, version: i64, is_retired: bool) -> Result<()> {
    let before = store::archive(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::ManageImaging, before.clinic_id)?;
    let stamp = ctx.stamp();
    let lock = ctx.tx.lock(id).await?;
    if !store::set_archive_retired(&mut ctx.tx, lock, version, is_retired.then_some(stamp.at), stamp).await? {
        return Err(changed());
    }
    ctx.did(Action::Update, "imaging_archive", id, None);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_scheme_host_and_path_alone() {
        for url in ["https://pacs.test/dicom-web", "http://127.0.0.1:8042/dicom-web", "https://[::1]:8042/x"] {
            assert!(is_address(url), "{url}");
        }
        for url in [
            "pacs.test",
            "ftp://pacs.test/",
            "https://user:word@pacs.test/",
            "https://pacs.test/?x=1",
            "https://pacs.test/../x",
            "https://",
        ] {
            assert!(!is_address(url), "{url}");
        }
    }
}
