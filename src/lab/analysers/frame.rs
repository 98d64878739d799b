//! Frames of MLLP: `VT`, the message, `FS`, and a `CR` that some senders leave out. Bytes come in any pieces.

/// The largest message in bytes.
pub const LARGEST: usize = 1024 * 1024;
/// The most bytes between two messages that are none.
const LARGEST_GAP: usize = 4 * 1024;

const START: u8 = 0x0b;
const END: u8 = 0x1c;

/// A step of reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Framed {
    /// More bytes are needed.
    More,
    Message(Vec<u8>),
    /// The message is larger than [`LARGEST`]: its beginning.
    TooLarge(Vec<u8>),
    /// So many bytes outside of a message: the sender does not speak MLLP.
    Noise,
}

/// The bytes of a connection that were not read yet.
#[derive(Debug, Default)]
pub struct Frames {
    buffer: Vec<u8>,
    /// The bytes that were looked at for an end.
    seen: usize,
    is_inside: bool,
    gap: usize,
}

impl Frames {
    /// Adds bytes as they came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Whether a message has begun and has not ended.
    pub const fn is_inside(&self) -> bool {
        self.is_inside
    }

    /// Takes the next message.
    pub fn next_frame(&mut self) -> Framed {
        if !self.is_inside {
            match self.buffer.iter().position(|byte| *byte == START) {
                Some(at) => {
                    self.gap = 0;
                    self.buffer.drain(..=at);
                    self.is_inside = true;
                    self.seen = 0;
                }
                None => {
                    self.gap += self.buffer.len();
                    self.buffer.clear();
                    return if self.gap > LARGEST_GAP { Framed::Noise } else { Framed::More };
                }
            }
        }
        let unseen = self.buffer.get(self.seen..).unwrap_or_default();
        match unseen.iter().position(|byte| *byte == END) {
            Some(at) if self.seen + at <= LARGEST => {
                let mut message: Vec<u8> = self.buffer.drain(..=self.seen + at).collect();
                message.pop();
                (self.is_inside, self.seen) = (false, 0);
                Framed::Message(message)
            }
            Some(_) => Framed::TooLarge(self.beginning()),
            None if self.buffer.len() > LARGEST => Framed::TooLarge(self.beginning()),
            None => {
                self.seen = self.buffer.len();
                Framed::More
            }
        }
    }

    fn beginning(&self) -> Vec<u8> {
        self.buffer.iter().take(16 * 1024).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads bytes in pieces of this size.
    fn in_pieces(bytes: &[u8], size: usize) -> Vec<Framed> {
        let (mut frames, mut read) = (Frames::default(), Vec::new());
        for piece in bytes.chunks(size) {
            frames.push(piece);
            loop {
                match frames.next_frame() {
                    Framed::More => break,
                    other => read.push(other),
                }
            }
        }
        read
    }

    #[test]
    fn frames_come_in_any_pieces() {
        let bytes = b"\r\n\x0bone\x1c\r\x0btwo\x1c\x0b\x1c\r\x0bthree";
        let expected = [b"one".to_vec(), b"two".to_vec(), Vec::new()].map(Framed::Message);
        for size in 1..bytes.len() {
            assert_eq!(in_pieces(bytes, size), expected, "pieces of {size}");
        }
    }

    #[test]
    fn sizes_are_limited() {
        let fits = [&[START][..], &vec![b'x'; LARGEST], &[END]].concat();
        assert!(matches!(in_pieces(&fits, 4096).as_slice(), [Framed::Message(message)] if message.len() == LARGEST));
        let mut frames = Frames::default();
        frames.push(&[START]);
        frames.push(&vec![b'x'; LARGEST + 1]);
        assert!(matches!(frames.next_frame(), Framed::TooLarge(beginning) if beginning.len() == 16 * 1024));
        let mut frames = Frames::default();
        frames.push(&vec![b'x'; LARGEST_GAP + 1]);
        assert_eq!(frames.next_frame(), Framed::Noise);
    }
}
