//! Draws pictures again from their points: a WebP, which not every program opens, and the preview of the first page of a TIFF.

use std::io::Cursor;

use image::{
    DynamicImage, ImageError, ImageFormat,
    codecs::{jpeg::JpegEncoder, png::PngEncoder, webp::WebPDecoder},
};

use super::DocumentMedia;
use crate::core::picture;

/// The most points along one side.
const SIDE: u32 = 15_000;
/// The most memory for reading a picture: a page of A4 at 600 points per inch, in colours.
const MEMORY: u64 = 128 * 1024 * 1024;
/// The most points of a preview, across and down.
const PREVIEW: (u32, u32) = (1_400, 2_000);
/// The quality of a picture as JPEG, of 100: letters of small print stay legible.
const QUALITY: u8 = 92;

/// Why a picture is not drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Undrawn {
    Damaged,
    TooManyPoints,
    /// It moves.
    Animated,
}

impl From<ImageError> for Undrawn {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::Limits(_) => Self::TooManyPoints,
            _ => Self::Damaged,
        }
    }
}

fn written(picture: &DynamicImage, is_photo: bool) -> Result<(DocumentMedia, Vec<u8>), ImageError> {
    let mut bytes = Vec::new();
    if is_photo {
        DynamicImage::from(picture.to_rgb8()).write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, QUALITY))?;
        return Ok((DocumentMedia::Jpeg, bytes));
    }
    picture.write_with_encoder(PngEncoder::new(&mut bytes))?;
    Ok((DocumentMedia::Png, bytes))
}

/// Draws a WebP again: a photo as JPEG, a picture without losses as PNG. Everything else in the file is left behind.
pub(super) fn webp(bytes: &[u8]) -> Result<(DocumentMedia, Vec<u8>), Undrawn> {
    if WebPDecoder::new(Cursor::new(bytes))?.has_animation() {
        return Err(Undrawn::Animated);
    }
    let picture = picture::read(bytes, ImageFormat::WebP, SIDE, MEMORY)?;
    let is_lossless = bytes.windows(4).take(4096).any(|window| window == b"VP8L") || picture.color().has_alpha();
    Ok(written(&picture, !is_lossless)?)
}

/// Draws the first page of a TIFF, small enough for a screen.
pub(super) fn preview(bytes: &[u8]) -> Result<(DocumentMedia, Vec<u8>), Undrawn> {
    let page = DynamicImage::from(picture::read(bytes, ImageFormat::Tiff, SIDE, MEMORY)?.to_rgb8());
    let is_large = page.width() > PREVIEW.0 || page.height() > PREVIEW.1;
    let page = if is_large { page.thumbnail(PREVIEW.0, PREVIEW.1) } else { page };
    Ok(written(&page, true)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::codecs::webp::WebPEncoder;

    fn finds(haystack: &[u8], needle: &[u8]) -> bool {
        haystack.windows(needle.len()).any(|window| window == needle)
    }

    #[test]
    fn a_webp_is_drawn_again_and_loses_everything_else() {
        let mut file = Vec::new();
        DynamicImage::new_rgb8(40, 30).write_with_encoder(WebPEncoder::new_lossless(&mut file)).expect("a picture");
        let mut hidden = file.clone();
        hidden.extend_from_slice(b"EXIF\x10\0\0\0GPS 42.1 <script>");
        let (media, drawn) = webp(&hidden).expect("drawn");
        assert_eq!(media, DocumentMedia::Png);
        assert!(!finds(&drawn, b"GPS") && !finds(&drawn, b"script"));
        assert_eq!(webp(&file[..file.len() / 2]), Err(Undrawn::Damaged));
    }

    #[test]
    fn the_first_page_of_a_tiff_is_shown() {
        let (media, drawn) = preview(&super::super::tiff::sample(3)).expect("drawn");
        assert_eq!(media, DocumentMedia::Jpeg);
        assert!(drawn.starts_with(b"\xff\xd8\xff"));
        assert_eq!(preview(b"II\x2a\0\x08\0\0\0"), Err(Undrawn::Damaged));
    }
}
