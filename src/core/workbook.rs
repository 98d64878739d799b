//! Reads the first sheet of a workbook (Office Open XML) as the text of a file of separated values, so that the imports of such files take workbooks as
//! well. Cells are read as they stand: nothing is calculated, and a cell with a formula is refused with its place, because what a program once calculated for it
//! may be old. The sizes of the file, of what is packed in it and of the sheet are limited before anything is kept.

use std::io::{self, Cursor, Read as _};

use calamine::{DataRef, Reader as _, Xlsx};

use crate::tr;

/// The largest file.
pub const MOST: usize = 4 * 1024 * 1024;
/// The most bytes of all its parts, unpacked.
const UNPACKED: u64 = 64 * 1024 * 1024;
const PARTS: usize = 1_000;
/// The largest sheet.
const ROWS: u32 = 20_000;
const COLUMNS: u32 = 100;
/// The longest text that a form takes.
const TEXT: usize = 900 * 1024;

/// Returns the text of the first sheet.
///
/// # Errors
/// A sentence: it is no workbook, is too large, or a cell has a formula or a fault.
pub fn text_of(bytes: &[u8]) -> Result<String, String> {
    let unreadable = || tr!(workbook.unreadable).to_owned();
    if bytes.len() > MOST {
        return Err(tr!(workbook.too_large, most = MOST / (1024 * 1024)));
    }
    is_small(bytes)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    let sheet = book.sheet_names().into_iter().next().ok_or_else(unreadable)?;
    let mut cells = book.worksheet_cells_reader(&sheet).map_err(|_| unreadable())?;
    let mut rows: Vec<Vec<String>> = Vec::new();
    while let Some(cell) = cells.next_cell_with_formula().map_err(|_| unreadable())? {
        let (row, column) = cell.pos;
        if row >= ROWS || column >= COLUMNS {
            return Err(tr!(workbook.too_many, rows = ROWS, columns = COLUMNS));
        }
        if cell.formula.is_some() {
            return Err(tr!(workbook.formula, cell = place(row, column)));
        }
        let text = text(&cell.value).ok_or_else(|| tr!(workbook.cell_wrong, cell = place(row, column)))?;
        if text.is_empty() {
            continue;
        }
        let (row, column) = (usize::try_from(row).unwrap_or_default(), usize::try_from(column).unwrap_or_default());
        if rows.len() <= row {
            rows.resize(row + 1, Vec::new());
        }
        if rows[row].len() <= column {
            rows[row].resize(column + 1, String::new());
        }
        rows[row][column] = text;
    }
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    for row in rows.iter().filter(|row| !row.is_empty()) {
        writer.write_record(row).map_err(|_| unreadable())?;
    }
    let text = writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(unreadable)?;
    if text.len() > TEXT { Err(tr!(workbook.too_large, most = MOST / (1024 * 1024))) } else { Ok(text) }
}

/// Unpacks all parts and counts their bytes, whatever their heads say.
fn is_small(bytes: &[u8]) -> Result<(), String> {
    let unreadable = || tr!(workbook.unreadable).to_owned();
    let too_large = || tr!(workbook.too_large, most = MOST / (1024 * 1024));
    let mut packed = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    if packed.len() > PARTS {
        return Err(too_large());
    }
    let mut left = UNPACKED;
    for at in 0..packed.len() {
        let part = packed.by_index(at).map_err(|_| unreadable())?;
        let read = io::copy(&mut part.take(left + 1), &mut io::sink()).map_err(|_| unreadable())?;
        left = left.checked_sub(read).ok_or_else(too_large)?;
    }
    Ok(())
}

/// `C7`.
fn place(row: u32, column: u32) -> String {
    let mut letters = Vec::new();
    let mut left = column + 1;
    while left > 0 {
        let digit = u8::try_from((left - 1) % 26).unwrap_or_default();
        letters.push(char::from(b'A' + digit));
        left = (left - 1) / 26;
    }
    format!("{}{}", letters.into_iter().rev().collect::<String>(), row + 1)
}

/// The text of a cell; `None` for one with a fault.
fn text(cell: &DataRef<'_>) -> Option<String> {
    Some(match cell {
        DataRef::Empty => String::new(),
        DataRef::Int(number) => number.to_string(),
        // Rust writes a whole number without decimals, and others in the fewest digits that mean it.
        DataRef::Float(number) if number.is_finite() => number.to_string(),
        DataRef::String(text) => text.trim().to_owned(),
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Bool(value) => if *value { "yes" } else { "no" }.to_owned(),
        DataRef::DateTime(time) => time.as_datetime()?.date().to_string(),
        DataRef::DateTimeIso(text) => text.split('T').next().unwrap_or_default().to_owned(),
        DataRef::Float(_) | DataRef::DurationIso(_) | DataRef::Error(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

    use super::*;
    use crate::core::xlsx::{SheetCell, Workbook};

    /// A workbook whose sheet has this XML.
    fn with_sheet(sheet: &str) -> Vec<u8> {
        let columns = ["a".to_owned()];
        let whole = Workbook { name: "S", columns: &columns, rows: Vec::new(), total: None, decimals: 2 }.write().expect("a workbook");
        let mut from = zip::ZipArchive::new(Cursor::new(whole)).expect("packed");
        let mut to = ZipWriter::new(Cursor::new(Vec::new()));
        for at in 0..from.len() {
            let mut part = from.by_index(at).expect("a part");
            let name = part.name().expect("a name").into_owned();
            let mut bytes = Vec::new();
            part.read_to_end(&mut bytes).expect("read");
            if name.contains("worksheets/") {
                bytes = sheet.as_bytes().to_vec();
            }
            let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
            to.start_file(name, options).expect("begun");
            to.write_all(&bytes).expect("written");
        }
        to.finish().expect("ended").into_inner()
    }

    fn sheet(cells: &str) -> Vec<u8> {
        let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
        with_sheet(&format!("<?xml version=\"1.0\"?><worksheet xmlns=\"{main}\"><sheetData>{cells}</sheetData></worksheet>"))
    }

    #[test]
    fn a_sheet_is_read_as_separated_values() {
        let columns = ["code".to_owned(), "batch".to_owned(), "quantity".to_owned()];
        let rows = vec![
            vec![SheetCell::Text("PARA".to_owned()), SheetCell::Text("007".to_owned()), SheetCell::Number("20".to_owned())],
            vec![SheetCell::Text("A, \"B\"".to_owned()), SheetCell::Text(String::new()), SheetCell::Number("1.5".to_owned())],
        ];
        let whole = Workbook { name: "Stock", columns: &columns, rows, total: None, decimals: 2 }.write().expect("a workbook");
        assert_eq!(text_of(&whole).expect("read"), "code,batch,quantity\nPARA,007,20\n\"A, \"\"B\"\"\",,1.5\n");
        assert_eq!((place(0, 0), place(6, 27)), ("A1".to_owned(), "AB7".to_owned()));
    }

    #[test]
    fn a_formula_a_fault_and_a_sheet_without_end_are_refused_in_words() {
        let formula = sheet("<row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row r=\"2\"><c r=\"B2\"><f>A1*2</f><v>2</v></c></row>");
        assert!(text_of(&formula).expect_err("a formula").contains("B2"));
        let wrong = sheet("<row r=\"1\"><c r=\"A1\" t=\"e\"><v>#DIV/0!</v></c></row>");
        assert!(text_of(&wrong).expect_err("a fault").contains("A1"));
        let far = sheet("<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>");
        assert!(text_of(&far).expect_err("too many rows").contains("20000"));
        for bytes in [&b"code,batch\n"[..], b"PK\x03\x04", b""] {
            assert!(text_of(bytes).is_err());
        }
        assert!(text_of(&vec![0; MOST + 1]).expect_err("too large").contains('4'));
        // 70 MB of blanks are packed into a few kilobytes.
        let mut bomb = ZipWriter::new(Cursor::new(Vec::new()));
        bomb.start_file("xl/workbook.xml", SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)).expect("begun");
        for _ in 0..70 {
            bomb.write_all(&vec![b' '; 1024 * 1024]).expect("written");
        }
        let bomb = bomb.finish().expect("ended").into_inner();
        assert!(bomb.len() < MOST && text_of(&bomb).expect_err("a bomb").contains("MB"));
    }
}
