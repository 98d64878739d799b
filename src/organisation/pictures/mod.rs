//! The pictures that the hospital shows: its logo, on pages and papers, and photos of staff, in the portal. Each is drawn again when it
//! arrives (`redraw`), and has a new id when it is replaced, so that browsers keep what they have.

mod redraw;
mod store;

use crate::{
    audit::{Action, FieldChange},
    core::{Error, PictureId, Result, StaffId, Stamp},
    db::Tx,
    server::Ctx,
    tr,
};

pub use redraw::{Drawn, Fault, MOST, PictureMedia, Shape, redraw};

/// To whom a picture belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The hospital: its logo.
    Hospital,
    /// A member of staff: the photo.
    Person(StaffId),
}

impl Whose {
    /// The shape that the picture gets.
    pub const fn shape(self) -> Shape {
        match self {
            Self::Hospital => Shape::Logo,
            Self::Person(_) => Shape::Photo,
        }
    }
}

/// A picture as pages name it: its id and its size in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureShown {
    pub id: PictureId,
    pub width: u32,
    pub height: u32,
}

impl PictureShown {
    /// The address of the hospital's logo.
    pub fn logo_href(self) -> String {
        format!("/logo/{}", self.id)
    }

    /// The address of a photo.
    pub fn photo_href(self) -> String {
        format!("/photos/{}", self.id)
    }

    fn words(self) -> String {
        format!("{} × {}", self.width, self.height)
    }
}

/// Returns the hospital's logo, or the photo of a member of staff.
///
/// # Errors
/// When the database refuses.
pub async fn picture(tx: &mut Tx, whose: Whose) -> Result<Option<PictureShown>> {
    store::shown(tx, whose).await
}

/// Returns the type and the bytes of a logo or, when `photo`, of a photo.
///
/// # Errors
/// [`Error::NotFound`] when there is none with this id.
pub async fn picture_bytes(tx: &mut Tx, id: PictureId, photo: bool) -> Result<(PictureMedia, Vec<u8>)> {
    store::bytes(tx, id, photo).await?.ok_or(Error::NotFound)
}

/// Puts a picture in the place of the one that its form showed (`seen`, empty for none), or takes that away.
///
/// # Errors
/// [`Error::Conflict`] when somebody changed the picture since the form was shown; [`Error::NotFound`] without such a person.
pub async fn replace(ctx: &mut Ctx, whose: Whose, seen: &str, new: Option<&Drawn>) -> Result<()> {
    match whose {
        Whose::Hospital => ctx.tx.take_turn("master data", "").await?,
        Whose::Person(id) => {
            ctx.tx.lock(id).await?;
        }
    }
    let before = store::shown(&mut ctx.tx, whose).await?;
    if before.map(|before| before.id.to_string()).unwrap_or_default() != seen {
        return Err(Error::conflict(tr!(organisation.picture_changed)));
    }
    if before.is_none() && new.is_none() {
        return Ok(());
    }
    store::remove(&mut ctx.tx, whose).await?;
    let stamp = ctx.stamp();
    let after = match new {
        Some(drawn) => Some(keep(&mut ctx.tx, whose, drawn, stamp).await?),
        None => None,
    };
    let words = |picture: Option<PictureShown>| picture.map(PictureShown::words).unwrap_or_default();
    let change = |field: &str| [FieldChange { field: field.to_owned(), before: words(before), after: words(after) }];
    match whose {
        Whose::Hospital => ctx.did_change(Action::Update, "hospital", uuid::Uuid::nil(), &change("logo")),
        Whose::Person(id) => ctx.did_change(Action::Update, "staff", id, &change("photo")),
    }
    Ok(())
}

/// Keeps a picture in a transaction of the program's own: the demo.
///
/// # Errors
/// When there is one already, or the database refuses.
pub async fn keep(tx: &mut Tx, whose: Whose, drawn: &Drawn, stamp: Stamp) -> Result<PictureShown> {
    let id = PictureId::new();
    store::insert(tx, (id, whose), drawn, stamp).await?;
    Ok(PictureShown { id, width: drawn.width, height: drawn.height })
}
