//! Reads a picture that was sent, and draws it again at the size that pages and papers need. The bytes that were sent are not kept: a file
//! that is two things at once, or says where a photo was taken, ends here.

use image::{
    DynamicImage, GenericImageView as _, ImageError, ImageFormat,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
    imageops::FilterType,
};

use crate::{core::picture, tr};

/// The most bytes of a file that is sent.
pub const MOST: usize = 8 * 1024 * 1024;
/// The most pixels along one side.
const SIDE: u32 = 10_000;
/// The most memory for reading a picture: a photo of 32 million points.
const MEMORY: u64 = 96 * 1024 * 1024;
/// The fewest pixels along one side.
const LEAST: u32 = 32;
/// The most pixels of a logo, across and down.
const LOGO: (u32, u32) = (600, 240);
/// The most pixels along the side of a photo, which is a square.
const PHOTO: u32 = 400;
/// The quality of a photo as JPEG, of 100.
const QUALITY: u8 = 85;

crate::text_enum! {
    /// The format in which a picture is kept.
    pub enum PictureMedia("media") {
        Jpeg = "jpeg",
        Png = "png",
    }
}

impl PictureMedia {
    /// The type in a `Content-Type`.
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

/// The shape of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// As wide and high as it was sent, made smaller; parts that are not painted stay so.
    Logo,
    /// A square from the middle, nearer to the top.
    Photo,
}

/// A picture, drawn again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    pub media: PictureMedia,
    pub bytes: Vec<u8>,
    pub width: u32,
    pub height: u32,
}

/// Why a picture is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Missing,
    TooLarge,
    WrongType,
    /// The ending of the name claims another type than the content.
    LyingName,
    TooManyPoints,
    TooSmall,
    Damaged,
}

impl Fault {
    /// The sentence for the person who sent it.
    pub fn words(self) -> String {
        match self {
            Self::Missing => tr!(organisation.picture_missing).to_owned(),
            Self::TooLarge => tr!(organisation.picture_too_large, most = MOST / (1024 * 1024)),
            Self::WrongType => tr!(organisation.picture_wrong_type).to_owned(),
            Self::LyingName => tr!(organisation.picture_lying_name).to_owned(),
            Self::TooManyPoints => tr!(organisation.picture_too_many_points).to_owned(),
            Self::TooSmall => tr!(organisation.picture_too_small, least = LEAST),
            Self::Damaged => tr!(organisation.picture_damaged).to_owned(),
        }
    }
}

impl From<ImageError> for Fault {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::Limits(_) => Self::TooManyPoints,
            _ => Self::Damaged,
        }
    }
}

/// Draws a picture again. It takes up to a second of a processor and 100 MB.
///
/// # Errors
/// The reason for which the picture is refused.
pub fn redraw(bytes: &[u8], name: &str, shape: Shape) -> Result<Drawn, Fault> {
    if bytes.is_empty() {
        return Err(Fault::Missing);
    }
    if bytes.len() > MOST {
        return Err(Fault::TooLarge);
    }
    let format = match bytes {
        _ if bytes.starts_with(b"\xff\xd8\xff") => ImageFormat::Jpeg,
        _ if bytes.starts_with(b"\x89PNG\r\n\x1a\n") => ImageFormat::Png,
        _ => return Err(Fault::WrongType),
    };
    if name.rsplit_once('.').is_some_and(|(_, ending)| ImageFormat::from_extension(ending) != Some(format)) {
        return Err(Fault::LyingName);
    }
    let picture = picture::read(bytes, format, SIDE, MEMORY)?;
    let (width, height) = picture.dimensions();
    if width < LEAST || height < LEAST {
        return Err(Fault::TooSmall);
    }
    Ok(match shape {
        Shape::Logo => logo(picture)?,
        Shape::Photo => photo(&picture)?,
    })
}

fn logo(picture: DynamicImage) -> Result<Drawn, ImageError> {
    let (width, height) = picture.dimensions();
    let fits = width <= LOGO.0 && height <= LOGO.1;
    let small = if fits { picture } else { picture.resize(LOGO.0, LOGO.1, FilterType::Lanczos3) };
    let small = DynamicImage::from(small.to_rgba8());
    let mut bytes = Vec::new();
    small.write_with_encoder(PngEncoder::new(&mut bytes))?;
    Ok(Drawn { media: PictureMedia::Png, bytes, width: small.width(), height: small.height() })
}

fn photo(picture: &DynamicImage) -> Result<Drawn, ImageError> {
    let (width, height) = picture.dimensions();
    let side = width.min(height);
    // A face is above the middle of a portrait.
    let square = picture.crop_imm((width - side) / 2, (height - side) / 4, side, side);
    let small = if side > PHOTO { square.resize_exact(PHOTO, PHOTO, FilterType::Lanczos3) } else { square };
    let small = DynamicImage::from(small.to_rgb8());
    let mut bytes = Vec::new();
    small.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, QUALITY))?;
    Ok(Drawn { media: PictureMedia::Jpeg, bytes, width: small.width(), height: small.height() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        DynamicImage::new_rgba8(width, height).write_with_encoder(PngEncoder::new(&mut bytes)).expect("a picture");
        bytes
    }

    #[test]
    fn a_logo_keeps_its_shape_and_a_photo_becomes_a_square() {
        let logo = redraw(&png(1_200, 300), "logo.png", Shape::Logo).expect("drawn");
        assert_eq!((logo.media, logo.width, logo.height), (PictureMedia::Png, 600, 150));
        let small = redraw(&png(120, 40), "logo", Shape::Logo).expect("drawn");
        assert_eq!((small.width, small.height), (120, 40));
        let photo = redraw(&png(1_000, 1_500), "me.PNG", Shape::Photo).expect("drawn");
        assert_eq!((photo.media, photo.width, photo.height), (PictureMedia::Jpeg, 400, 400));
        assert!(photo.bytes.starts_with(b"\xff\xd8\xff"));
        // A photo that was drawn may be sent again.
        assert!(redraw(&photo.bytes, "me.jpeg", Shape::Photo).is_ok());
    }

    #[test]
    fn what_follows_a_picture_in_its_file_is_gone() {
        let mut two = png(64, 64);
        two.extend_from_slice(b"<script>alert(1)</script>");
        let drawn = redraw(&two, "logo.png", Shape::Logo).expect("drawn");
        assert!(!drawn.bytes.windows(7).any(|window| window == b"<script"));
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        for (bytes, name, fault) in [
            (Vec::new(), "logo.png", Fault::Missing),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), "logo.svg", Fault::WrongType),
            (b"GIF89a".to_vec(), "logo.gif", Fault::WrongType),
            (b"\xff\xd8\xff".to_vec(), "photo.jpg", Fault::Damaged),
            (png(64, 64)[..60].to_vec(), "logo.png", Fault::Damaged),
            (png(64, 64), "logo.jpg", Fault::LyingName),
            (png(64, 64), "logo.svg", Fault::LyingName),
            (png(20, 64), "logo.png", Fault::TooSmall),
            (png(10_001, 32), "logo.png", Fault::TooManyPoints),
            (vec![0; MOST + 1], "logo.png", Fault::TooLarge),
        ] {
            assert_eq!(redraw(&bytes, name, Shape::Logo), Err(fault), "{name}, {} bytes", bytes.len());
        }
    }
}
