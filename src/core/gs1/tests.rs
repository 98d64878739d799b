//! Table tests of the codes, with examples of the GS1 General Specifications.

use super::*;

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 29).unwrap()
}

fn read(scanned: &str) -> Scan {
    parse(scanned, today()).unwrap_or_else(|error| panic!("{scanned:?}: {error:?}"))
}

fn refused(scanned: &str) -> (ScanFault, usize) {
    match parse(scanned, today()) {
        Err(error) => (error.fault, error.at),
        Ok(scan) => panic!("{scanned:?} was read as {scan:?}"),
    }
}

fn day(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, day)
}

#[test]
fn a_pack_of_a_medicine_has_article_batch_expiry_and_serial() {
    for scanned in [
        "]d201095060001343521728120010AB-12\u{1d}21987654",
        "010950600013435217281200",
        "\u{1d}010950600013435217281200\u{1d}10AB-12\u{1d}21987654\u{1d}",
        "]C121987654\u{1d}10AB-12\u{1d}172812000109506000134352",
        "  ]Q30109506000134352\u{1d}1728120010AB-12\u{1d}21987654\r\n",
    ] {
        let scan = read(scanned);
        assert_eq!(scan.gtin.as_deref(), Some("09506000134352"), "{scanned:?}");
        assert_eq!(scan.expires_on, day(2028, 12, 31), "{scanned:?}");
        if scan.elements.len() > 2 {
            assert_eq!((scan.batch.as_deref(), scan.serial.as_deref()), (Some("AB-12"), Some("987654")), "{scanned:?}");
        }
    }
}

#[test]
fn a_plain_number_is_an_article_with_fourteen_digits() {
    for (scanned, gtin) in [
        ("9506000134352", "09506000134352"),
        ("]E09506000134352", "09506000134352"),
        ("036000291452", "00036000291452"),
        ("96385074", "00000096385074"),
        ("]E496385074", "00000096385074"),
        ("19506000134359", "19506000134359"),
        ("]I119506000134359", "19506000134359"),
    ] {
        let scan = read(scanned);
        assert_eq!((scan.gtin.as_deref(), scan.elements.len()), (Some(gtin), 0), "{scanned}");
        assert_eq!((scan.batch, scan.expires_on), (None, None), "a code without batch and expiry fills none");
    }
    for wrong in ["9506000134353", "036000291453", "96385075", "]E0950600013435"] {
        assert_eq!(refused(wrong).0, ScanFault::CheckDigit, "{wrong}");
    }
    assert_eq!(gtin("950 6000 13435-2").as_deref(), Some("09506000134352"));
    assert_eq!(gtin("12345"), None);
}

#[test]
fn packages_have_a_number_their_content_and_a_count() {
    let scan = read("]C100106141412345678908");
    assert_eq!(scan.sscc.as_deref(), Some("106141412345678908"));
    let scan = read("]C102095060001343523748\u{1d}10L7");
    assert_eq!((scan.content.as_deref(), scan.count, scan.batch.as_deref()), (Some("09506000134352"), Some(48), Some("L7")));
    assert_eq!(scan.gtin, None, "the content is not the package");
    assert_eq!(read("01095060001343523012").count, Some(12));
    assert_eq!(read("0109506000134352240AX-9").element("240"), Some("AX-9"));
    assert_eq!(read("01095060001343523103001250").element("3103"), Some("001250"));
    assert_eq!(read("4109506000134352").element("410"), Some("9506000134352"));
}

#[test]
fn a_date_without_a_day_is_the_last_of_its_month() {
    for (digits, read) in [
        ("281200", day(2028, 12, 31)),
        ("280200", day(2028, 2, 29)),
        ("270200", day(2027, 2, 28)),
        ("270430", day(2027, 4, 30)),
        ("270431", None),
        ("271301", None),
        ("270001", None),
        ("270000", None),
        ("2701", None),
    ] {
        assert_eq!(day_of(digits, today()), read, "{digits}");
    }
}

#[test]
fn the_century_is_the_nearest() {
    let in_year = |digits: &str, year: i32| day_of(digits, NaiveDate::from_ymd_opt(year, 6, 1).unwrap()).map(|day| day.year());
    for (digits, year, read) in [
        ("760101", 2026, 2076),
        ("770101", 2026, 1977),
        ("990101", 2026, 1999),
        ("000101", 2026, 2000),
        ("260101", 2026, 2026),
        ("490101", 2099, 2149),
        ("500101", 2099, 2050),
        ("000101", 2099, 2100),
        ("510101", 2000, 1951),
        ("500101", 2000, 2050),
    ] {
        assert_eq!(in_year(digits, year), Some(read), "{digits} in {year}");
    }
}

#[test]
fn a_wrong_code_is_refused_with_its_place() {
    for (scanned, refusal) in [
        ("", (ScanFault::NoCode, 1)),
        ("\u{1d}", (ScanFault::NoCode, 1)),
        ("]A0ABC", (ScanFault::OtherKind, 1)),
        ("]C0010950600013435", (ScanFault::OtherKind, 1)),
        ("0109506000134353", (ScanFault::CheckDigit, 3)),
        ("010950600013435X", (ScanFault::Character, 16)),
        ("01095060001343", (ScanFault::CheckDigit, 14)),
        ("010950600013435", (ScanFault::TooShort, 3)),
        ("010950600013435217281301", (ScanFault::Date, 19)),
        ("0109506000134352172812", (ScanFault::TooShort, 19)),
        ("010950600013435205ABC", (ScanFault::UnknownIdentifier, 17)),
        ("0109506000134352ABC", (ScanFault::UnknownIdentifier, 17)),
        ("ABC", (ScanFault::UnknownIdentifier, 1)),
        ("010950600013435210", (ScanFault::TooShort, 19)),
        ("010950600013435210\u{1d}21A", (ScanFault::TooShort, 19)),
        ("010950600013435210ABCDEFGHIJKLMNOPQRSTU", (ScanFault::TooLong, 39)),
        ("010950600013435210AB C", (ScanFault::Character, 21)),
        ("010950600013435210ABÄ", (ScanFault::Character, 21)),
        ("10A\u{1d}10B", (ScanFault::Repeated, 5)),
        ("Ä1", (ScanFault::UnknownIdentifier, 1)),
        ("]Ä", (ScanFault::OtherKind, 1)),
    ] {
        assert_eq!(refused(scanned), refusal, "{scanned:?}");
    }
    assert_eq!(read("10A\u{1d}10A").elements.len(), 1, "the same twice is once");
}

#[test]
fn a_lost_separator_is_refused_and_not_guessed() {
    for (scanned, at) in [
        ("010950600013435210AB1217281200", 22),
        ("010950600013435210AB1221987654", 23),
        ("010950600013435217281200", 0),
        ("01095060001343521728120010AB-12", 0),
        ("0109506000134352172812001021-AB", 0),
        ("0109506000134352172812001017281200", 0),
    ] {
        let read = parse(scanned, today());
        if at == 0 {
            assert!(read.is_ok(), "{scanned}: {read:?}");
        } else {
            assert_eq!(refused(scanned), (ScanFault::LostSeparator, at), "{scanned}");
        }
    }
    let tried = |separator: &str| Scanner { separator: separator.to_owned(), is_tried: true };
    let scan = parse_from("010950600013435210AB1221987654", today(), &tried("")).unwrap();
    assert_eq!(scan.batch.as_deref(), Some("AB1221987654"), "a scanner that was tried keeps the separator");
    for separator in ["|", "~", "<GS>", "\\x1d", "\u{1d}"] {
        let scanned = format!("010950600013435210AB12{separator}21987654");
        let scan = parse_from(&scanned, today(), &tried(separator)).unwrap();
        assert_eq!((scan.batch.as_deref(), scan.serial.as_deref()), (Some("AB12"), Some("987654")), "{separator}");
    }
}

#[test]
fn no_text_stops_the_program() {
    let letters = ['0', '1', '7', '2', ']', 'd', 'C', 'Ä', '\u{1d}', ' ', '9', '"'];
    let mut state = 7_u64;
    for _ in 0..50_000 {
        let mut text = String::new();
        for _ in 0..(state >> 40) % 40 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            text.push(letters[usize::try_from(state >> 33).unwrap() % letters.len()]);
        }
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        if let Ok(scan) = parse(&text, today()) {
            assert!(scan.gtin.is_none_or(|gtin| gtin.len() == 14 && is_checked(&gtin)), "{text:?}");
        }
    }
}
