//! Writes a workbook of one sheet (Office Open XML, ISO/IEC 29500-1), as Excel and `LibreOffice` read it. Its parts are stored without
//! compression.

use std::io::{Cursor, Write as _};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::core::{Error, Result};

/// A cell of a sheet.
pub enum SheetCell {
    Text(String),
    /// A number in plain digits, with a point before its decimals.
    Number(String),
    /// An amount of money in the same form; it is shown with the decimals of the sheet.
    Amount(String),
}

/// A workbook of one sheet: a row of headings that stays in view, rows, and a row of sums.
pub struct Workbook<'s> {
    pub name: &'s str,
    pub columns: &'s [String],
    pub rows: Vec<Vec<SheetCell>>,
    pub total: Option<Vec<SheetCell>>,
    /// The decimals of the currency.
    pub decimals: u32,
}

/// The media type of a workbook.
pub const MEDIA_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATED: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
/// The places of the styles in `cellXfs`.
const BOLD: usize = 1;
const AMOUNT: usize = 2;
const BOLD_AMOUNT: usize = 3;

/// Returns the text for XML, without the control characters that XML forbids.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(letter),
            '\u{fffe}' | '\u{ffff}' => {}
            letter if letter.is_control() && letter < ' ' => {}
            letter => out.push(letter),
        }
    }
    out
}

/// Returns a name that a sheet may have: at most 31 characters, none of those that formulas use.
fn sheet_name(title: &str) -> String {
    let name: String = title.chars().filter(|letter| !"[]:*?/\\'".contains(*letter)).take(31).collect();
    if name.trim().is_empty() { "1".to_owned() } else { name }
}

/// Returns the letters of a column: A, B, … Z, AA.
fn column(mut place: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'A' + u8::try_from(place % 26).unwrap_or_default()));
        if place < 26 {
            return letters.iter().rev().collect();
        }
        place = place / 26 - 1;
    }
}

fn row_xml(number: usize, cells: &[SheetCell], bold: bool) -> String {
    let cells = cells.iter().enumerate().map(|(place, cell)| {
        let at = format!("{}{number}", column(place));
        match cell {
            SheetCell::Text(text) => {
                let style = if bold { BOLD } else { 0 };
                format!("<c r=\"{at}\" s=\"{style}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{}</t></is></c>", escaped(text))
            }
            SheetCell::Number(digits) => format!("<c r=\"{at}\" s=\"{}\"><v>{}</v></c>", if bold { BOLD } else { 0 }, escaped(digits)),
            SheetCell::Amount(digits) => {
                format!("<c r=\"{at}\" s=\"{}\"><v>{}</v></c>", if bold { BOLD_AMOUNT } else { AMOUNT }, escaped(digits))
            }
        }
    });
    format!("<row r=\"{number}\">{}</row>", cells.collect::<String>())
}

impl Workbook<'_> {
    fn sheet_xml(&self) -> String {
        let widths = (1..=self.columns.len()).map(|place| format!("<col min=\"{place}\" max=\"{place}\" width=\"20\" customWidth=\"1\"/>"));
        let widths: String = widths.collect();
        let heads: Vec<_> = self.columns.iter().cloned().map(SheetCell::Text).collect();
        let mut rows = row_xml(1, &heads, true);
        for (number, cells) in (2..).zip(&self.rows) {
            rows.push_str(&row_xml(number, cells, false));
        }
        if let Some(total) = &self.total {
            rows.push_str(&row_xml(self.rows.len() + 2, total, true));
        }
        format!(
            "{HEAD}<worksheet xmlns=\"{MAIN}\"><sheetViews><sheetView workbookViewId=\"0\"><pane ySplit=\"1\" topLeftCell=\"A2\" \
             activePane=\"bottomLeft\" state=\"frozen\"/></sheetView></sheetViews><cols>{widths}</cols><sheetData>{rows}</sheetData></worksheet>"
        )
    }

    fn styles_xml(&self) -> String {
        let decimals = usize::try_from(self.decimals).unwrap_or_default();
        let amounts = if decimals == 0 { "#,##0".to_owned() } else { format!("#,##0.{}", "0".repeat(decimals)) };
        format!(
            "{HEAD}<styleSheet xmlns=\"{MAIN}\"><numFmts count=\"1\"><numFmt numFmtId=\"164\" formatCode=\"{amounts}\"/></numFmts>\
             <fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font><font><b/><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts>\
             <fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill></fills>\
             <borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
             <cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs>\
             <cellXfs count=\"4\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/>\
             <xf numFmtId=\"0\" fontId=\"1\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyFont=\"1\"/>\
             <xf numFmtId=\"164\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\"/>\
             <xf numFmtId=\"164\" fontId=\"1\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\" applyFont=\"1\"/></cellXfs>\
             <cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/></cellStyles></styleSheet>"
        )
    }

    /// Writes the workbook.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self) -> Result<Vec<u8>> {
        let failed = |error: &dyn std::fmt::Display| Error::internal("a report as a workbook", error);
        let name = escaped(&sheet_name(self.name));
        let parts = [
            (
                "[Content_Types].xml",
                format!(
                    "{HEAD}<Types xmlns=\"{PACKAGE}/content-types\">\
                     <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
                     <Default Extension=\"xml\" ContentType=\"application/xml\"/>\
                     <Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/>\
                     <Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/>\
                     <Override PartName=\"/xl/styles.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml\"/></Types>"
                ),
            ),
            (
                "_rels/.rels",
                format!(
                    "{HEAD}<Relationships xmlns=\"{PACKAGE}/relationships\">\
                     <Relationship Id=\"rId1\" Type=\"{RELATED}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
                ),
            ),
            (
                "xl/workbook.xml",
                format!(
                    "{HEAD}<workbook xmlns=\"{MAIN}\" xmlns:r=\"{RELATED}\"><sheets><sheet name=\"{name}\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
                ),
            ),
            (
                "xl/_rels/workbook.xml.rels",
                format!(
                    "{HEAD}<Relationships xmlns=\"{PACKAGE}/relationships\">\
                     <Relationship Id=\"rId1\" Type=\"{RELATED}/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
                     <Relationship Id=\"rId2\" Type=\"{RELATED}/styles\" Target=\"styles.xml\"/></Relationships>"
                ),
            ),
            ("xl/styles.xml", self.styles_xml()),
            ("xl/worksheets/sheet1.xml", self.sheet_xml()),
        ];
        let mut file = ZipWriter::new(Cursor::new(Vec::new()));
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        for (name, text) in parts {
            file.start_file(name, stored).map_err(|error| failed(&error))?;
            file.write_all(text.as_bytes()).map_err(|error| failed(&error))?;
        }
        Ok(file.finish().map_err(|error| failed(&error))?.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn columns_have_the_letters_of_a_spreadsheet() {
        for (place, letters) in [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")] {
            assert_eq!(column(place), letters);
        }
    }

    #[test]
    fn a_workbook_has_texts_as_texts_and_amounts_as_numbers() {
        let columns = ["Name".to_owned(), "Amount".to_owned()];
        let sheet = Workbook {
            name: "Day book: 1/2",
            columns: &columns,
            rows: vec![vec![SheetCell::Text("=1+1 <&>\u{1}".to_owned()), SheetCell::Amount("-1234.50".to_owned())]],
            total: Some(vec![SheetCell::Number("1".to_owned()), SheetCell::Amount("0.05".to_owned())]),
            decimals: 2,
        };
        let mut file = zip::ZipArchive::new(Cursor::new(sheet.write().expect("written"))).expect("a package");
        let mut part = |name: &str| {
            let mut text = String::new();
            file.by_name(name).expect(name).read_to_string(&mut text).expect("text");
            text
        };
        assert!(part("xl/workbook.xml").contains("name=\"Day book 12\""));
        assert!(part("xl/styles.xml").contains("#,##0.00\""));
        let rows = part("xl/worksheets/sheet1.xml");
        assert!(rows.contains("<t xml:space=\"preserve\">=1+1 &lt;&amp;&gt;</t>"), "{rows}");
        assert!(rows.contains("<c r=\"B2\" s=\"2\"><v>-1234.50</v></c>") && rows.contains("<c r=\"A3\" s=\"1\"><v>1</v></c>"), "{rows}");
    }
}
