//! Builds the style sheet: `style/main.css` and all its imports, as one minified file.

use std::path::Path;

use anyhow::{Result, anyhow};
use lightningcss::bundler::{Bundler, FileProvider};
use lightningcss::printer::PrinterOptions;
use lightningcss::stylesheet::{MinifyOptions, ParserOptions};
use lightningcss::targets::{Browsers, Targets};

/// Bundles and minifies a style sheet.
///
/// Addresses from the site's root (`url(/fonts/…)`) become relative to the bundle's folder, so that they keep the
/// versioned prefix that the style sheet itself was loaded with.
pub fn bundle(entry: &Path) -> Result<String> {
    let files = FileProvider::new();
    let mut bundler = Bundler::new(&files, None, ParserOptions::default());
    let mut sheet = bundler.bundle(entry).map_err(|error| anyhow!("{error}"))?;
    let targets = Targets::from(evergreen());
    sheet.minify(MinifyOptions { targets, ..MinifyOptions::default() }).map_err(|error| anyhow!("{}: {error}", entry.display()))?;
    let css = sheet
        .to_css(PrinterOptions { minify: true, targets, ..PrinterOptions::default() })
        .map_err(|error| anyhow!("{}: {error}", entry.display()))?;
    Ok(css.code.replace("url(/", "url(../").replace("url(\"/", "url(\"../"))
}

/// Returns the browsers of spring 2024 and later: nesting, layers, container queries and `light-dark()` stay unchanged
/// for them.
fn evergreen() -> Browsers {
    let version = |major: u32, minor: u32| Some((major << 16) | (minor << 8));
    Browsers {
        chrome: version(123, 0),
        edge: version(123, 0),
        android: version(123, 0),
        firefox: version(121, 0),
        safari: version(17, 5),
        ios_saf: version(17, 5),
        ..Browsers::default()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn imports_are_bundled_in_their_layers_and_addresses_stay_relative() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("base")).unwrap();
        fs::write(folder.path().join("base/font.css"), "@font-face { font-family: A; src: url(/fonts/a.woff2); }").unwrap();
        fs::write(
            folder.path().join("main.css"),
            "@layer base, page;\n@import \"base/font.css\" layer(base);\n@layer page { .card { & p { color: light-dark(red, blue); } } }",
        )
        .unwrap();
        let css = bundle(&folder.path().join("main.css")).unwrap();
        assert!(css.starts_with("@layer base"), "{css}");
        assert!(css.contains("url(../fonts/a.woff2)"), "{css}");
        assert!(css.contains("light-dark("), "{css}");
        assert!(!css.contains("@import"), "{css}");
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("main.css"), "@import \"missing.css\";").unwrap();
        let error = bundle(&folder.path().join("main.css")).unwrap_err().to_string();
        assert!(error.contains("main.css"), "{error}");
    }
}
