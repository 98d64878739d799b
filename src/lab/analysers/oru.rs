//! Reads the measured values of a message: `ORU^R01` of HL7 2.3.1 to 2.5.1, each `OBX` a value.

use super::hl7::{Charset, Hl7Message, MessageHead, Segment};

/// The most values of one message.
pub const MOST_VALUES: usize = 2_000;

crate::text_enum! {
    /// The field in which an analyser sends the number of the sample.
    pub enum SampleField("sample_field") {
        Spm2 = "spm_2" => "SPM-2",
        Obr3 = "obr_3" => "OBR-3",
        Obr2 = "obr_2" => "OBR-2",
    }
}

crate::text_enum! {
    /// The reason why a whole message is not filed.
    pub enum MessageReason("reason") {
        Filed = "" => "",
        Unreadable = "unreadable" => crate::tr!(lab.message_unreadable),
        Charset = "charset" => crate::tr!(lab.message_charset),
        Type = "type" => crate::tr!(lab.message_type),
        ControlId = "control_id" => crate::tr!(lab.message_control_id),
        Practice = "practice" => crate::tr!(lab.message_practice),
        NoValues = "no_values" => crate::tr!(lab.message_no_values),
        TooLarge = "too_large" => crate::tr!(lab.message_too_large),
    }
}

/// One measured value, as it was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SentValue {
    pub position: i64,
    pub sample: String,
    pub code: String,
    /// The name of the test, as the analyser has it.
    pub name: String,
    pub unit: String,
    pub value: String,
    pub flag: String,
    /// OBX-11: `F` final, `P` preliminary, `C` corrected, `X` none.
    pub status: String,
    /// OBX-4, which tells apart values of one code.
    pub sequence: String,
    /// The time of the measurement as it was sent, or of the message.
    pub measured: String,
    /// The numbers of the patient, if the message names one.
    pub patients: Vec<String>,
}

/// Decodes and reads a message; the reason why it is not filed otherwise.
pub fn read(raw: &[u8], usual: Charset, field: SampleField) -> Result<Vec<SentValue>, MessageReason> {
    let head = MessageHead::read(raw).ok_or(MessageReason::Unreadable)?;
    let charset = if head.charset.is_empty() { Some(usual) } else { Charset::named(&head.charset) };
    let text = charset.and_then(|charset| charset.decode(raw)).ok_or(MessageReason::Charset)?;
    if text.contains('\0') {
        return Err(MessageReason::Unreadable);
    }
    if head.kind != "ORU^R01" {
        return Err(MessageReason::Type);
    }
    if head.control_id.trim().is_empty() || head.control_id.chars().count() > 199 {
        return Err(MessageReason::ControlId);
    }
    if head.is_practice() {
        return Err(MessageReason::Practice);
    }
    let message = Hl7Message::read(&text).ok_or(MessageReason::Unreadable)?;
    let values = values(&message, field);
    match values.len() {
        0 => Err(MessageReason::NoValues),
        count if count > MOST_VALUES => Err(MessageReason::TooLarge),
        _ => Ok(values),
    }
}

fn cut(text: &str, longest: usize) -> String {
    text.chars().take(longest).collect()
}

/// The facts that the values after a segment have in common.
#[derive(Default)]
struct ValueContext {
    patients: Vec<String>,
    sample: String,
    /// Values whose specimen comes after them.
    since_request: usize,
}

fn values(message: &Hl7Message, field: SampleField) -> Vec<SentValue> {
    let sent_at = message.head().text(7, 1);
    let (mut around, mut values) = (ValueContext::default(), Vec::<SentValue>::new());
    for segment in message.segments() {
        match segment.name() {
            "PID" => {
                let numbers = segment.repetitions(3).into_iter().map(|one| cut(&segment.of(one, 1), 60));
                around = ValueContext { patients: numbers.filter(|number| !number.is_empty()).collect(), ..ValueContext::default() };
            }
            "OBR" => {
                around.since_request = values.len();
                match field {
                    SampleField::Obr3 => around.sample = segment.text(3, 1),
                    SampleField::Obr2 => around.sample = segment.text(2, 1),
                    SampleField::Spm2 => {}
                }
            }
            // A specimen stands before the requests of its message, or after the values of one.
            "SPM" if field == SampleField::Spm2 => {
                let number = segment.text(2, 1);
                let mut open = values.iter_mut().skip(around.since_request).filter(|value| value.sample.is_empty()).peekable();
                around.sample = if open.peek().is_some() { String::new() } else { number.clone() };
                open.for_each(|value| value.sample = cut(&number, 40));
            }
            "OBX" => {
                let position = i64::try_from(values.len() + 1).unwrap_or(i64::MAX);
                values.push(value(segment, position, &around, &sent_at));
            }
            _ => {}
        }
    }
    values
}

fn value(segment: Segment<'_>, position: i64, around: &ValueContext, sent_at: &str) -> SentValue {
    let measured = [segment.text(19, 1), segment.text(14, 1), sent_at.to_owned()].into_iter().find(|time| !time.is_empty());
    SentValue {
        position,
        sample: cut(around.sample.trim(), 40),
        code: cut(&segment.text(3, 1), 80),
        name: cut(&segment.text(3, 2), 120),
        unit: cut(&segment.text(6, 1), 40),
        value: measured_text(segment),
        flag: cut(&segment.text(8, 1), 10),
        status: cut(&segment.text(11, 1), 4),
        sequence: cut(&segment.text(4, 1), 20),
        measured: cut(&measured.unwrap_or_default(), 40),
        patients: around.patients.clone(),
    }
}

/// Returns the value as a person would type it.
fn measured_text(segment: Segment<'_>) -> String {
    match segment.text(2, 1).as_str() {
        "NM" => plain_number(&segment.text(5, 1)),
        // Structured numeric: comparator, first number, separator, second number.
        "SN" => {
            let [comparator, first, separator, second] = [1, 2, 3, 4].map(|part| segment.text(5, part));
            format!("{comparator}{}{separator}{}", plain_number(&first), plain_number(&second))
        }
        "CE" | "CWE" | "CNE" => {
            let code = segment.text(5, 1);
            if code.is_empty() { segment.text(5, 2) } else { code }
        }
        _ => segment.prose(5),
    }
}

/// Writes a number without what HL7 allows and people leave out: `+4.10` is `4.10`, `.5` is `0.5`.
fn plain_number(text: &str) -> String {
    let text = text.trim().trim_start_matches('+').trim_end_matches('.');
    match text.strip_prefix('.') {
        Some(fraction) => format!("0.{fraction}"),
        None => text.replace("-.", "-0."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(lines: &[&str]) -> Vec<u8> {
        let head = "MSH|^~\\&|AU680|LAB|HIS|H|20261129101500||ORU^R01^ORU_R01|42|P|2.5.1||||||UNICODE UTF-8";
        [&[head], lines].concat().join("\r").into_bytes()
    }

    fn one(line: &str) -> SentValue {
        let read = super::read(&message(&["OBR|1||260001000011|^^^X", line]), Charset::Utf8, SampleField::Obr3).expect("read");
        read.into_iter().next().expect("a value")
    }

    #[test]
    fn each_kind_of_value_is_read_as_a_person_types_it() {
        for (line, value) in [
            ("OBX|1|NM|K^Potassium||4.1|mmol/L|||||F", "4.1"),
            ("OBX|1|NM|K||+.5|mmol/L|||||F", "0.5"),
            ("OBX|1|SN|TNI||<^0.010|ng/mL|||||F", "<0.010"),
            ("OBX|1|SN|TITRE||^1^:^80||||||F", "1:80"),
            ("OBX|1|ST|K|| 5,9 |mmol/L|||||F", "5,9"),
            ("OBX|1|CWE|HIV||NEG^Negative||||||F", "NEG"),
            ("OBX|1|TX|MORPH||Anisocytosis~a\\T\\b||||||F", "Anisocytosis\na&b"),
        ] {
            assert_eq!(one(line).value, value, "{line}");
        }
        let read = one("OBX|1|NM|K^Potassium^L|2|4.1|mmol/L|3-5|HH|||P|||20261129101000");
        assert_eq!((read.sample.as_str(), read.code.as_str(), read.name.as_str()), ("260001000011", "K", "Potassium"));
        assert_eq!((read.unit.as_str(), read.flag.as_str(), read.status.as_str()), ("mmol/L", "HH", "P"));
        assert_eq!((read.sequence.as_str(), read.measured.as_str()), ("2", "20261129101000"));
    }

    #[test]
    fn the_sample_stands_in_one_of_three_fields() {
        let lines =
            ["PID|1||2B1^^^H~77^^^X", "SPM|1|260001000011", "OBR|1|2|3", "OBX|1|NM|K||4|u|||||F", "OBR|2|4|5", "OBX|1|NM|NA||140|u|||||F"];
        for (field, samples) in [(SampleField::Obr3, ["3", "5"]), (SampleField::Obr2, ["2", "4"])] {
            let read = super::read(&message(&lines), Charset::Utf8, field).expect("read");
            assert_eq!(read.iter().map(|value| value.sample.as_str()).collect::<Vec<_>>(), samples);
            assert_eq!(read[0].patients, ["2B1", "77"]);
            assert_eq!(read[1].position, 2);
        }
        let after = ["OBR|1", "OBX|1|NM|K||4|u|||||F", "SPM|1|A", "OBR|2", "OBX|1|NM|K||5|u|||||F", "SPM|2|B"];
        let read = super::read(&message(&after), Charset::Utf8, SampleField::Spm2).expect("read");
        assert_eq!(read.iter().map(|value| value.sample.as_str()).collect::<Vec<_>>(), ["A", "B"]);
        let before = ["SPM|1|A", "OBR|1", "OBX|1|NM|K||4|u|||||F", "SPM|2|B", "OBR|2", "OBX|1|NM|K||5|u|||||F"];
        let read = super::read(&message(&before), Charset::Utf8, SampleField::Spm2).expect("read");
        assert_eq!(read.iter().map(|value| value.sample.as_str()).collect::<Vec<_>>(), ["A", "B"]);
    }

    #[test]
    fn a_message_that_is_not_filed_says_why() {
        let wrong = |from: &str, to: &str| {
            let text = String::from_utf8(message(&["OBX|1|NM|K||4|u|||||F"])).expect("text").replace(from, to);
            read(text.as_bytes(), Charset::Utf8, SampleField::Obr3).expect_err("refused")
        };
        assert_eq!(wrong("ORU^R01", "ADT^A01"), MessageReason::Type);
        assert_eq!(wrong("|42|", "||"), MessageReason::ControlId);
        assert_eq!(wrong("|P|2.5.1", "|T|2.5.1"), MessageReason::Practice);
        assert_eq!(wrong("UNICODE UTF-8", "8859/15"), MessageReason::Charset);
        assert_eq!(wrong("OBX", "ZZZ"), MessageReason::NoValues);
        assert_eq!(wrong("MSH", "HSM"), MessageReason::Unreadable);
        let latin = [&message(&[])[..], b"\rOBX|1|ST|K||caf\xe9||||||F"].concat();
        assert_eq!(read(&latin, Charset::Utf8, SampleField::Obr3), Err(MessageReason::Charset));
    }

    /// 10,000 messages with changed, removed and inserted bytes: each is read or refused.
    #[test]
    fn no_message_stops_the_parser() {
        let lines = ["PID|1||2B1^^^H~77", "SPM|1|A&B", "OBR|1|2|3", "OBX|1|SN|K^x||<^4\\T\\\\XE9\\|u|||||F", "OBX|2|TX|T||a~b"];
        let whole = message(&lines);
        let letters = *b"|^~\\&\r\n\0\xe9\xc3X1MSHOBX";
        let mut seed = 20_261_129_u64;
        let mut draw = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 33).unwrap_or_default() % below.max(1)
        };
        let (mut filed, mut refused) = (0, 0);
        for _ in 0..10_000 {
            let mut changed = whole.clone();
            for _ in 0..=draw(6) {
                if changed.is_empty() {
                    break;
                }
                let (at, letter) = (draw(changed.len()), letters[draw(letters.len())]);
                match draw(4) {
                    0 => drop(changed.remove(at)),
                    1 => changed.insert(at, letter),
                    2 => changed.truncate(at.max(1)),
                    _ => changed[at] = letter,
                }
            }
            let field = SampleField::ALL[draw(3)];
            match read(&changed, Charset::ALL[draw(3)], field) {
                Ok(values) => {
                    filed += 1;
                    assert!(values.iter().all(|value| value.code.chars().count() <= 80 && !value.value.contains('\0')));
                }
                Err(_) => refused += 1,
            }
        }
        assert!(filed > 1_000 && refused > 1_000, "{filed} read, {refused} refused");
    }
}
