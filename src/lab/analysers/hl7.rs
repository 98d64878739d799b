//! The syntax of HL7 version 2: character sets, segments, fields, repetitions, components and escape sequences.
//!
//! A message is read as the device sent it: its own separators, segments that end with CR, LF or both, values in the character set that
//! MSH-18 names. Nothing here stops the program, whatever bytes arrive. The module page of the decision says which crates were tried.

crate::text_enum! {
    /// The character set of a message.
    pub enum Charset("charset") {
        Utf8 = "utf_8" => "UTF-8",
        Latin1 = "latin_1" => "ISO 8859-1",
        Ascii = "ascii" => "ASCII",
    }
}

/// The longest text that a field of the header may have in an acknowledgement.
const LONGEST_ECHO: usize = 250;

impl Charset {
    /// Reads MSH-18; `None` for a set that is not known. An empty field has no set of its own.
    pub fn named(text: &str) -> Option<Self> {
        match text.trim().to_uppercase().as_str() {
            "UNICODE UTF-8" | "UTF-8" | "UNICODE" => Some(Self::Utf8),
            "8859/1" | "ISO 8859/1" | "ISO8859-1" | "ISO-8859-1" => Some(Self::Latin1),
            "ASCII" => Some(Self::Ascii),
            _ => None,
        }
    }

    /// Decodes bytes; `None` when they are none of this set.
    pub fn decode(self, bytes: &[u8]) -> Option<String> {
        match self {
            Self::Utf8 => String::from_utf8(bytes.to_vec()).ok(),
            Self::Latin1 => Some(chars(bytes)),
            Self::Ascii => bytes.is_ascii().then(|| chars(bytes)),
        }
    }
}

/// Returns each byte as the letter of its number: text that keeps all bytes.
pub fn chars(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// Returns the bytes of a text made by [`chars`]; letters that are no byte are left out.
pub fn bytes(text: &str) -> Vec<u8> {
    text.chars().filter_map(|letter| u8::try_from(u32::from(letter)).ok()).collect()
}

/// The separators that the head of a message names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Separators {
    pub field: char,
    pub component: char,
    pub repetition: char,
    pub escape: char,
    pub subcomponent: char,
}

impl Separators {
    /// Reads `MSH|^~\&`. Fewer than four encoding letters are filled up from the usual ones.
    fn read(head: &str) -> Option<Self> {
        let rest = head.strip_prefix("MSH")?;
        let mut letters = rest.chars();
        let field = letters.next().filter(|letter| !letter.is_alphanumeric() && !letter.is_whitespace() && !letter.is_control())?;
        let mut given = letters.take_while(|letter| *letter != field);
        let mut next = |usual: char| given.next().unwrap_or(usual);
        let (component, repetition, escape, subcomponent) = (next('^'), next('~'), next('\\'), next('&'));
        Some(Self { field, component, repetition, escape, subcomponent })
    }
}

/// A message whose segments were found. Its text is decoded already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hl7Message {
    separators: Separators,
    segments: Vec<String>,
}

/// One segment.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'m> {
    separators: Separators,
    text: &'m str,
}

impl Hl7Message {
    /// Reads the segments; `None` when the text does not begin with a head.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim_start_matches(['\u{feff}', '\r', '\n', ' ']);
        let segments: Vec<String> = text.split(['\r', '\n']).filter(|line| !line.is_empty()).map(str::to_owned).collect();
        let separators = Separators::read(segments.first()?)?;
        Some(Self { separators, segments })
    }

    /// Returns the segments in their order.
    pub fn segments(&self) -> impl Iterator<Item = Segment<'_>> {
        self.segments.iter().map(|text| Segment { separators: self.separators, text })
    }

    /// Returns the head.
    pub fn head(&self) -> Segment<'_> {
        Segment { separators: self.separators, text: self.segments.first().map_or("", String::as_str) }
    }
}

impl<'m> Segment<'m> {
    /// Returns the name: `OBX`.
    pub fn name(self) -> &'m str {
        self.text.split(self.separators.field).next().unwrap_or_default()
    }

    /// Returns a field as it was sent. In the head, field 1 is the separator itself.
    pub fn raw(self, number: usize) -> &'m str {
        let at = if self.name() == "MSH" { number.saturating_sub(1) } else { number };
        self.text.split(self.separators.field).nth(at).unwrap_or_default()
    }

    /// Returns a component of the first repetition, from 1, without escape sequences.
    pub fn text(self, number: usize, component: usize) -> String {
        self.of(self.repetitions(number).first().copied().unwrap_or_default(), component)
    }

    /// Returns the repetitions of a field.
    pub fn repetitions(self, number: usize) -> Vec<&'m str> {
        self.raw(number).split(self.separators.repetition).collect()
    }

    /// Returns a component of a repetition, from 1, without escape sequences.
    pub fn of(self, repetition: &str, component: usize) -> String {
        let part = repetition.split(self.separators.component).nth(component.saturating_sub(1)).unwrap_or_default();
        let part = part.split(self.separators.subcomponent).next().unwrap_or_default();
        unescaped(part, self.separators).trim().to_owned()
    }

    /// Returns a whole field without escape sequences, its repetitions as lines: a text.
    pub fn prose(self, number: usize) -> String {
        let lines = self.repetitions(number).into_iter().map(|line| unescaped(line, self.separators));
        lines.collect::<Vec<_>>().join("\n").trim().to_owned()
    }
}

/// Replaces escape sequences. One that is not known stays as it was sent.
fn unescaped(text: &str, separators: Separators) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(separators.escape) {
        out.push_str(before);
        let Some((sequence, behind)) = after.split_once(separators.escape) else {
            out.push(separators.escape);
            rest = after;
            continue;
        };
        match sequence {
            "F" => out.push(separators.field),
            "S" => out.push(separators.component),
            "T" => out.push(separators.subcomponent),
            "R" => out.push(separators.repetition),
            "E" => out.push(separators.escape),
            ".br" => out.push('\n'),
            // Highlighting has no meaning here.
            "H" | "N" => {}
            other => match hexadecimal(other) {
                Some(letters) => out.push_str(&letters),
                None => out.extend([separators.escape.to_string(), other.to_owned(), separators.escape.to_string()]),
            },
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// Reads `XE9` or `XC3A9`: bytes in UTF-8, or else letters by their numbers.
fn hexadecimal(sequence: &str) -> Option<String> {
    let digits = sequence.strip_prefix('X').filter(|digits| !digits.is_empty() && digits.len() % 2 == 0)?;
    let digits: Vec<u32> = digits.chars().map(|letter| letter.to_digit(16)).collect::<Option<_>>()?;
    let read: Vec<u8> = digits.chunks(2).filter_map(|pair| u8::try_from(pair.first()? * 16 + pair.get(1)?).ok()).collect();
    Some(String::from_utf8(read.clone()).unwrap_or_else(|_| chars(&read)))
}

/// The head of a message, as its bytes have it: it is read before the character set is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageHead {
    pub separators: Separators,
    pub application: String,
    pub facility: String,
    receiver: [String; 2],
    /// `ORU^R01`.
    pub kind: String,
    pub control_id: String,
    /// `P` production, `T` training, `D` debugging.
    pub processing: String,
    version: String,
    /// MSH-18, its first repetition.
    pub charset: String,
}

impl MessageHead {
    /// Reads the head from the bytes of a frame.
    pub fn read(frame: &[u8]) -> Option<Self> {
        let first = frame.split(|byte| matches!(byte, b'\r' | b'\n')).find(|line| !line.is_empty())?;
        let first = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first);
        let message = Hl7Message::read(&chars(first))?;
        let head = message.head();
        let field = |number: usize| head.raw(number).to_owned();
        let kind = [head.text(9, 1), head.text(9, 2)].join("^");
        Some(Self {
            separators: message.separators,
            application: field(3),
            facility: field(4),
            receiver: [field(5), field(6)],
            kind,
            control_id: field(10),
            processing: head.text(11, 1),
            version: head.text(12, 1),
            charset: head.text(18, 1),
        })
    }

    /// Whether sender and receiver agree that nobody is treated by this message.
    pub fn is_practice(&self) -> bool {
        matches!(self.processing.as_str(), "T" | "D")
    }
}

crate::text_enum! {
    /// The answer to a message.
    pub enum Acknowledgement("acknowledgement") {
        Accepted = "AA",
        Unreadable = "AE",
        OtherKind = "AR",
    }
}

/// Writes the acknowledgement of a message, in its own separators: sender and receiver change places, MSA-2 names the message.
pub fn acknowledge(head: Option<&MessageHead>, code: Acknowledgement, words: &str, id: &str, at: &str) -> Vec<u8> {
    let usual = Separators { field: '|', component: '^', repetition: '~', escape: '\\', subcomponent: '&' };
    let s = head.map_or(usual, |head| head.separators);
    let echo = |text: &str| text.chars().take(LONGEST_ECHO).collect::<String>();
    let (sender, receiver) = match head {
        Some(head) => ([echo(&head.application), echo(&head.facility)], head.receiver.each_ref().map(|field| echo(field))),
        None => Default::default(),
    };
    let (control, processing, version) = match head {
        Some(head) => (echo(&head.control_id), echo(&head.processing), echo(&head.version)),
        None => (String::new(), String::new(), String::new()),
    };
    let processing = if processing.is_empty() { "P".to_owned() } else { processing };
    let version = if version.is_empty() { "2.5.1".to_owned() } else { version };
    let f = s.field;
    let encoding: String = [s.component, s.repetition, s.escape, s.subcomponent].into_iter().collect();
    let kind: String = ["ACK", "R01", "ACK"].join(&s.component.to_string());
    let fields =
        [&receiver[0], &receiver[1], &sender[0], &sender[1], at, "", &kind, id, &processing, &version].map(|field| format!("{field}{f}"));
    let head = format!("MSH{f}{encoding}{f}{}", fields.concat());
    let answer = format!("MSA{f}{}{f}{control}{f}{words}", code.as_str());
    bytes(&format!("\u{b}{}\r{answer}\r\u{1c}\r", head.trim_end_matches(f)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_replaced_and_unknown_ones_stay() {
        let usual = Separators::read("MSH|^~\\&|").expect("separators");
        for (sent, read) in [
            ("plain", "plain"),
            ("a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f", "a|b^c&d~e\\f"),
            ("caf\\XC3A9\\", "café"),
            ("caf\\XE9\\", "café"),
            ("x\\.br\\y", "x\ny"),
            ("\\H\\bold\\N\\", "bold"),
            ("\\Z9\\ and \\oops", "\\Z9\\ and \\oops"),
            ("\\Xaéb\\", "\\Xaéb\\"),
            ("\\X1\\", "\\X1\\"),
        ] {
            assert_eq!(unescaped(sent, usual), read, "{sent}");
        }
    }

    #[test]
    fn the_character_set_is_read_before_the_message() {
        let head = |set: &str| format!("MSH|^~\\&|AU|LAB|H|H|20261129||ORU^R01^ORU_R01|7|P|2.5.1||||||{set}\rOBX|1\r");
        for (set, known) in [
            ("UNICODE UTF-8", Some(Charset::Utf8)),
            ("8859/1", Some(Charset::Latin1)),
            ("ASCII", Some(Charset::Ascii)),
            ("KLINGON", None),
            ("8859/15", None),
        ] {
            let read = MessageHead::read(head(set).as_bytes()).expect("a head");
            assert_eq!((read.kind.as_str(), read.control_id.as_str()), ("ORU^R01", "7"));
            assert_eq!(Charset::named(&read.charset), known, "{set}");
        }
        assert_eq!(Charset::Utf8.decode(b"\xe9"), None);
        assert_eq!(Charset::Ascii.decode(b"\xe9"), None);
        assert_eq!(Charset::Latin1.decode(b"\xe9").as_deref(), Some("é"));
        assert_eq!(bytes(&chars(&[0, 10, 200, 255])), [0, 10, 200, 255]);
    }

    #[test]
    fn segments_end_with_any_line_end_and_the_word_msh_in_a_text_is_a_text() {
        for end in ["\r", "\n", "\r\n"] {
            let text = ["MSH|^~\\&|A|B||||||1", "NTE|1||see MSH|MSH", "OBX|1|NM|K||4.1"].join(end);
            let message = Hl7Message::read(&text).expect("a message");
            let names: Vec<_> = message.segments().map(Segment::name).collect();
            assert_eq!(names, ["MSH", "NTE", "OBX"], "{end:?}");
        }
        assert_eq!(Hl7Message::read("hello"), None);
        assert_eq!(Hl7Message::read("MSH"), None);
        let own = Hl7Message::read("MSH$%~#@$A$B$$$$$ORU%R01$1\rOBX$1$ST$K%Potassium$$a#F#b").expect("own separators");
        let value = own.segments().nth(1).expect("a segment");
        assert_eq!((value.text(3, 2), value.text(5, 1)), ("Potassium".to_owned(), "a$b".to_owned()));
    }

    #[test]
    fn an_acknowledgement_names_the_message_and_swaps_the_places() {
        let head = MessageHead::read(b"MSH|^~\\&|AU|LAB|HIS|WARD|20261129||ORU^R01|42|T|2.3.1").expect("a head");
        let ack = acknowledge(Some(&head), Acknowledgement::Accepted, "", "9", "20261129120000+0000");
        let text = chars(&ack);
        assert_eq!(text, "\u{b}MSH|^~\\&|HIS|WARD|AU|LAB|20261129120000+0000||ACK^R01^ACK|9|T|2.3.1\rMSA|AA|42|\r\u{1c}\r");
    }
}
