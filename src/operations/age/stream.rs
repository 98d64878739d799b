//! The payload of a sealed file: a nonce, then chunks of 64 KiB, each with its tag. A chunk's own nonce is its number and whether it
//! is the last one.

use std::io::{self, BufRead, BufReader, Read, Write};

use infirmary_ciphers::{ChaCha20Poly1305, TAG};

use super::{
    Identity, Recipient, damaged,
    header::{self, FileKey, derive},
};

const CHUNK: usize = 64 * 1024;

/// Returns the cipher of a payload.
fn cipher(key: &FileKey, nonce: &[u8; 16]) -> io::Result<ChaCha20Poly1305> {
    Ok(ChaCha20Poly1305::new(&*derive(&key[..], nonce, "payload")?))
}

/// The nonce of a chunk.
fn nonce(number: u64, last: bool) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&number.to_be_bytes());
    nonce[11] = u8::from(last);
    nonce
}

/// Encrypts all that is written to it. Without [`Seal::finish`] the file does not open.
pub struct Seal<W: Write> {
    out: W,
    cipher: ChaCha20Poly1305,
    number: u64,
    chunk: Vec<u8>,
}

impl<W: Write> Seal<W> {
    /// Begins a file for these recipients.
    ///
    /// # Errors
    /// When the header cannot be written.
    pub fn new(mut out: W, to: &[Recipient]) -> io::Result<Self> {
        let key = header::write(&mut out, to)?;
        let mut nonce = [0; 16];
        header::random(&mut nonce)?;
        out.write_all(&nonce)?;
        Ok(Self { out, cipher: cipher(&key, &nonce)?, number: 0, chunk: Vec::with_capacity(CHUNK) })
    }

    fn put(&mut self, last: bool) -> io::Result<()> {
        let sealed = self.cipher.encrypt(&nonce(self.number, last), &self.chunk[..]);
        self.out.write_all(&sealed.map_err(|_| io::Error::other("a chunk cannot be encrypted"))?)?;
        self.number += 1;
        self.chunk.clear();
        Ok(())
    }

    /// Writes the last chunk.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.put(true)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

impl<W: Write> Write for Seal<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk waits until more comes, because the last one is marked.
        if self.chunk.len() == CHUNK {
            self.put(false)?;
        }
        let some = bytes.len().min(CHUNK - self.chunk.len());
        self.chunk.extend_from_slice(&bytes[..some]);
        Ok(some)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Decrypts a file while it is read. Each chunk is checked before its bytes are given out; only the end of the file shows that
/// nothing is missing.
pub struct Opened<R: Read> {
    from: BufReader<R>,
    cipher: ChaCha20Poly1305,
    number: u64,
    /// The chunk that was read and not yet opened.
    ahead: Vec<u8>,
    chunk: Vec<u8>,
    /// The number of bytes of `chunk` that were given out.
    given: usize,
    last: bool,
}

impl<R: Read> Opened<R> {
    /// Opens a file with one of these identities.
    ///
    /// # Errors
    /// When the header was changed or none of the identities opens it.
    pub fn new(from: R, with: &[Identity]) -> io::Result<Self> {
        let mut from = BufReader::with_capacity(CHUNK + TAG, from);
        let key = header::read(&mut from, with)?;
        let mut nonce = [0; 16];
        from.read_exact(&mut nonce).map_err(|_| damaged("it is cut off"))?;
        let cipher = cipher(&key, &nonce)?;
        let ahead = sealed_chunk(&mut from)?;
        Ok(Self { from, cipher, number: 0, ahead, chunk: Vec::new(), given: 0, last: false })
    }

    fn next(&mut self) -> io::Result<()> {
        let sealed = std::mem::take(&mut self.ahead);
        self.ahead = sealed_chunk(&mut self.from)?;
        self.last = self.ahead.is_empty();
        if sealed.len() < TAG {
            return Err(damaged("it is cut off"));
        }
        let opened = self.cipher.decrypt(&nonce(self.number, self.last), &sealed[..]);
        self.chunk = opened.map_err(|_| damaged(&format!("chunk {}", self.number + 1)))?;
        if self.last && self.chunk.is_empty() && self.number > 0 {
            return Err(damaged("its end"));
        }
        self.number += 1;
        self.given = 0;
        Ok(())
    }
}

/// Reads a chunk with its tag; fewer bytes at the end of the file.
fn sealed_chunk(from: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut chunk = Vec::with_capacity(CHUNK + TAG);
    from.take(u64::try_from(CHUNK + TAG).unwrap_or(u64::MAX)).read_to_end(&mut chunk)?;
    Ok(chunk)
}

impl<R: Read> Read for Opened<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        while self.given == self.chunk.len() {
            if self.last {
                return Ok(0);
            }
            self.next()?;
        }
        let some = bytes.len().min(self.chunk.len() - self.given);
        bytes[..some].copy_from_slice(&self.chunk[self.given..self.given + some]);
        self.given += some;
        Ok(some)
    }
}
