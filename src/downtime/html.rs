//! One file of HTML without a script, a picture or an address: a browser shows it from a stick.

use std::fmt::Write as _;

/// Text for HTML, with the signs that have a meaning there replaced.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(letter),
        }
    }
    out
}

/// The style of the file: it is read on any screen and printed, one patient on a page.
const STYLE: &str = "body{font:16px/1.4 system-ui,sans-serif;margin:16px;color:#000;background:#fff}\
.made{font-size:44px;font-weight:800;line-height:1.1;border:4px solid #000;padding:12px;margin:0 0 16px}\
.made small{display:block;font-size:18px;font-weight:600}\
section{border-top:3px solid #000;padding-top:8px;margin-top:24px;break-before:page}\
table{border-collapse:collapse;width:100%;margin:8px 0}\
th,td{border:1px solid #000;padding:4px 6px;text-align:left;vertical-align:top;overflow-wrap:anywhere}\
.allergy{border:3px solid #000;padding:6px;font-weight:700}\
.blank td{height:34px}\
h2{margin:0}h3{margin:12px 0 0}\
@page{margin:12mm}";

/// A file that is being written.
pub(super) struct Html(String);

impl Html {
    /// Begins the file.
    pub(super) fn new(language: &str, title: &str) -> Self {
        let mut out = String::with_capacity(32 * 1024);
        // The policy keeps a browser from loading anything, whatever a name contains.
        let _ = write!(
            out,
            "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
            <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
            <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
            <meta name=\"robots\" content=\"noindex\">\n<title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
            escaped(language),
            escaped(title)
        );
        Self(out)
    }

    /// Adds an element with text.
    pub(super) fn element(&mut self, name: &str, class: &str, text: &str) {
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        let _ = writeln!(self.0, "<{name}{class}>{}</{name}>", escaped(text));
    }

    /// Adds the time of making, in large letters, with a line below it.
    pub(super) fn made(&mut self, text: &str, below: &str) {
        let _ = writeln!(self.0, "<p class=\"made\">{}<small>{}</small></p>", escaped(text), escaped(below));
    }

    /// Begins the part of one patient.
    pub(super) fn open_section(&mut self) {
        self.0.push_str("<section>\n");
    }

    /// Ends the part of one patient.
    pub(super) fn close_section(&mut self) {
        self.0.push_str("</section>\n");
    }

    /// Adds a table with a heading; without rows nothing.
    pub(super) fn table(&mut self, heading: &str, columns: &[&str], rows: &[Vec<String>]) {
        if rows.is_empty() {
            return;
        }
        self.element("h3", "", heading);
        self.rows(columns, rows, "");
    }

    /// Adds a table of empty lines for entries by hand.
    pub(super) fn blank(&mut self, heading: &str, columns: &[&str], lines: usize) {
        self.element("h3", "", heading);
        let rows = vec![vec![String::new(); columns.len()]; lines];
        self.rows(columns, &rows, " class=\"blank\"");
    }

    fn rows(&mut self, columns: &[&str], rows: &[Vec<String>], class: &str) {
        let _ = write!(self.0, "<table{class}><thead><tr>");
        for column in columns {
            let _ = write!(self.0, "<th scope=\"col\">{}</th>", escaped(column));
        }
        self.0.push_str("</tr></thead><tbody>\n");
        for row in rows {
            self.0.push_str("<tr>");
            for cell in row {
                let _ = write!(self.0, "<td>{}</td>", escaped(cell));
            }
            self.0.push_str("</tr>\n");
        }
        self.0.push_str("</tbody></table>\n");
    }

    /// Ends the file.
    pub(super) fn finish(mut self) -> String {
        self.0.push_str("</body>\n</html>\n");
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_name_contains_becomes_an_element() {
        let mut html = Html::new("en", "Ward <1>");
        html.table("Orders", &["Order"], &[vec!["<script>alert(\"x\")</script> & 'y'".to_owned()]]);
        html.blank("Notes", &["Time", "Note"], 2);
        let text = html.finish();
        assert!(text.contains("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;y&#39;"), "{text}");
        assert!(!text.contains("<script") && text.contains("default-src 'none'"), "{text}");
        assert_eq!(text.matches("<td></td>").count(), 4);
    }
}
