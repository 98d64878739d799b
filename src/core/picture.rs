//! Reads a picture that was sent, within limits: a small file can claim millions of points.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits};

/// Reads the whole picture, turned as the camera says, with at most so many points along one `side` and so many bytes of `memory`.
///
/// # Errors
/// [`ImageError::Limits`] when it is larger; another one when it is damaged.
pub fn read(bytes: &[u8], format: ImageFormat, side: u32, memory: u64) -> Result<DynamicImage, ImageError> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(side);
    limits.max_image_height = Some(side);
    limits.max_alloc = Some(memory);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let turned = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(turned);
    Ok(picture)
}
