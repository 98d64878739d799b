//! Builds `target/site`, the files that browsers load besides the pages: the style sheet, the WASM of the program, and
//! the content of `public/`. Only changed files are built again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result, anyhow, bail};
use flate2::Compression;
use flate2::write::GzEncoder;
use wasm_bindgen_cli_support::Bindgen;

use crate::command::{cargo, command, output, run};
use crate::{css, node, paths, progress, wasm};

/// How much the files are optimised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Care {
    /// Fast to build, for development and tests.
    Quick,
    /// As small as the installed tools make them, and compressed.
    Small,
    /// As small as possible; the tools are required.
    Smallest,
}

/// The features that every current browser has. Never use `--all-features`: it creates files that browsers refuse to
/// load.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];
/// The script that loads the parts of the split program.
const LINKS: &str = "links.js";
/// The file types that are compressed beside the original; the others (fonts, pictures) are compressed already.
const COMPRESSIBLE: [&str; 8] = ["css", "html", "js", "json", "svg", "txt", "wasm", "webmanifest"];

/// Builds the site's files.
pub fn build(care: Care) -> Result<()> {
    progress::header("The site's files");
    wasm::ensure_target()?;
    let site = paths::site();
    fs::create_dir_all(site.join("pkg"))?;
    let mut kept = BTreeSet::from([PathBuf::from("pkg")]);
    copy_public(&paths::root().join("public"), &site, &mut kept)?;
    build_styles(&site)?;
    build_browser_half(&site, care)?;
    if care != Care::Quick {
        for script in kept.iter().filter(|file| file.extension().is_some_and(|extension| extension == "js")) {
            minify(&site.join(script))?;
        }
    }
    remove_leftovers(&site, &kept)?;
    if care == Care::Quick { remove_compressed(&site) } else { progress::step("Compressing the site's files", || compress_all(&site)) }
}

/// The list of the files that each lazy island loads, in JSON.
pub fn parts_file() -> PathBuf {
    paths::site().with_extension("parts.json")
}

/// Returns the names of all files, in one line.
pub fn listing() -> Result<String> {
    let names: Vec<_> = files_under(&paths::site())?.iter().map(|file| file.display().to_string()).collect();
    Ok(names.join(","))
}

fn build_styles(site: &Path) -> Result<()> {
    let entry = paths::root().join("style/main.css");
    if !entry.is_file() {
        bail!("there is no style/main.css");
    }
    let css = css::bundle(&entry)?;
    write_if_changed(&site.join("pkg/infirmary.css"), css.as_bytes())
}

/// Compiles the islands to WASM and generates the JavaScript that loads them.
fn build_browser_half(site: &Path, care: Care) -> Result<()> {
    let profile = if care == Care::Quick { "wasm-dev" } else { "wasm-release" };
    let optimiser = if care == Care::Quick { None } else { node::wasm_opt(care == Care::Smallest)? };
    progress::note(&format!("Compiling the browser's half ({profile})"));
    run(&mut cargo(&[
        "rustc",
        "--package=infirmary",
        "--lib",
        "--crate-type=cdylib",
        "--no-default-features",
        "--features=hydrate",
        "--target",
        wasm::TARGET,
        "--profile",
        profile,
        // The splitter needs to know who refers to whom.
        "--",
        "-Clink-arg=--emit-relocs",
    ]))?;
    let compiled = paths::target().join(wasm::TARGET).join(profile).join("infirmary.wasm");
    let package = site.join("pkg");
    let stamp_file = site.with_extension("stamp");
    let stamp = format!("{} {} {}", stamp_of(&compiled)?, profile, optimiser.is_some());
    let wasm_file = package.join("infirmary_bg.wasm");
    if wasm_file.is_file() && fs::read_to_string(&stamp_file).is_ok_and(|old| old == stamp) {
        return Ok(());
    }
    fs::remove_file(&stamp_file).ok();
    let work = tempfile::tempdir_in(paths::target()).context("no temporary folder")?;
    let main = work.path().join("main.wasm");
    progress::step("Splitting it by island", || split(&compiled, work.path(), &main))?;
    progress::step("Making the JavaScript that loads it", || {
        Bindgen::new()
            .input_path(&main)
            .out_name("infirmary")
            .web(true)?
            .typescript(false)
            .remove_name_section(care != Care::Quick)
            // The parts use the table of functions.
            .keep_lld_exports(true)
            .remove_producers_section(true)
            .generate(work.path())
    })?;
    fs::remove_file(&main)?;
    if let Some(optimiser) = optimiser {
        let before = wasm_size(work.path())?;
        progress::step("Making the wasm small (wasm-opt -Oz)", || make_small(work.path(), &optimiser))?;
        progress::note(&format!("{} kB became {} kB", before / 1000, wasm_size(work.path())? / 1000));
    }
    if care != Care::Quick {
        minify(&work.path().join("infirmary.js"))?;
        minify(&work.path().join(LINKS))?;
    }
    replace_package(work.path(), &package)?;
    fs::write(&stamp_file, stamp)?;
    Ok(())
}

/// Splits the compiled program: `main` keeps what is always needed, each lazy island gets a file of its own in `folder`, and what only some
/// of them share stands in further files. [`LINKS`] loads them.
fn split(compiled: &Path, folder: &Path, main: &Path) -> Result<()> {
    let whole = fs::read(compiled)?;
    let link_name = format!("./{LINKS}");
    let mut options = wasm_split_cli_support::Options::new(&whole);
    options.output_dir = folder;
    options.main_out_path = main;
    options.link_name = &link_name;
    options.main_module = "./infirmary.js";
    let made = wasm_split_cli_support::transform(options).map_err(|error| anyhow!("the wasm cannot be split: {error:#}"))?;
    // `public/boot.js` asks for a page's parts at once; without this list each would be found only when its island's turn comes.
    let parts: BTreeMap<_, _> = made.prefetch_map.into_iter().map(|(loader, files)| (island_of(&loader), files)).collect();
    let list = serde_json::to_string(&parts)?;
    let mut links = fs::OpenOptions::new().append(true).open(folder.join(LINKS))?;
    writeln!(links, "export const parts = {list};")?;
    fs::write(parts_file(), list)?;
    Ok(())
}

/// Returns `NoteEditor` for `note_editor_loader_9916`, the name that Leptos gives to the loader of a lazy island.
fn island_of(loader: &str) -> String {
    let name = loader.rsplit_once("_loader").map_or(loader, |(name, _)| name);
    name.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

/// Returns the files of WASM in a folder.
fn wasm_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let files = files_under(folder)?.into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "wasm"));
    Ok(files.map(|file| folder.join(file)).collect())
}

/// Returns the size of all WASM in a folder, in bytes.
fn wasm_size(folder: &Path) -> Result<u64> {
    wasm_files(folder)?.iter().map(|file| Ok(fs::metadata(file)?.len())).sum()
}

/// Optimises each file of WASM in a folder.
fn make_small(folder: &Path, optimiser: &Path) -> Result<()> {
    let small = folder.join("small");
    for file in wasm_files(folder)? {
        // A second pass, on flattened code, saves one more percent. A third pass cleans up the result of the second and saves half a percent.
        for passes in [&["-Oz"][..], &["--flatten", "--rereloop", "-Oz"], &["-Oz"]] {
            output(command(optimiser).args(passes).args(WASM_FEATURES).arg(&file).arg("-o").arg(&small))?;
            fs::rename(&small, &file)?;
        }
    }
    Ok(())
}

/// Removes comments, spaces and long names from a script, in place; without Node the script stays unchanged.
fn minify(script: &Path) -> Result<()> {
    let program = paths::end2end().join("node_modules/.bin/esbuild");
    if program.is_file() {
        let small = output(command(&program).args(["--minify", "--log-level=error"]).arg(script))?;
        fs::write(script, small)?;
    }
    Ok(())
}

/// Moves the generated files to their place; keeps the style sheet, which is generated elsewhere.
fn replace_package(made: &Path, package: &Path) -> Result<()> {
    for entry in fs::read_dir(package)? {
        let path = entry?.path();
        if path.is_dir() {
            fs::remove_dir_all(&path)?;
        } else if !path.to_string_lossy().contains("infirmary.css") {
            fs::remove_file(&path)?;
        }
    }
    for file in files_under(made)? {
        let target = package.join(&file);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::copy(made.join(&file), target)?;
    }
    Ok(())
}

fn copy_public(public: &Path, site: &Path, kept: &mut BTreeSet<PathBuf>) -> Result<()> {
    if !public.is_dir() {
        return Ok(());
    }
    for file in files_under(public)? {
        let target = site.join(&file);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        write_if_changed(&target, &fs::read(public.join(&file))?)?;
        kept.insert(file);
    }
    Ok(())
}

/// Removes files of an earlier build that `public/` no longer has.
fn remove_leftovers(site: &Path, kept: &BTreeSet<PathBuf>) -> Result<()> {
    for file in files_under(site)? {
        let original = original_of(&file);
        if !kept.iter().any(|k| original == *k || (k.as_os_str() == "pkg" && original.starts_with(k))) {
            fs::remove_file(site.join(&file))?;
        }
    }
    Ok(())
}

/// Returns `pkg/a.js` for `pkg/a.js.br`.
fn original_of(file: &Path) -> PathBuf {
    match file.extension().and_then(|e| e.to_str()) {
        Some("br" | "gz") => file.with_extension(""),
        _ => file.to_path_buf(),
    }
}

fn compress_all(site: &Path) -> Result<()> {
    for file in files_under(site)? {
        let path = site.join(&file);
        let worth_it = file.extension().and_then(|e| e.to_str()).is_some_and(|e| COMPRESSIBLE.contains(&e));
        if !worth_it {
            continue;
        }
        let bytes = fs::read(&path)?;
        let (brotli_file, gzip_file) = (with_suffix(&path, "br"), with_suffix(&path, "gz"));
        if newer(&brotli_file, &path) && newer(&gzip_file, &path) {
            continue;
        }
        fs::write(brotli_file, brotli_bytes(&bytes)?)?;
        fs::write(gzip_file, gzip_bytes(&bytes)?)?;
    }
    Ok(())
}

/// Removes compressed copies, because the files of a quick build change often: copies from an earlier optimised build
/// would be served instead of them.
fn remove_compressed(site: &Path) -> Result<()> {
    for file in files_under(site)? {
        if original_of(&file) != file {
            fs::remove_file(site.join(&file))?;
        }
    }
    Ok(())
}

fn brotli_bytes(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut compressed = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut &*bytes, &mut compressed, &parameters)?;
    Ok(compressed)
}

fn gzip_bytes(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

fn newer(file: &Path, than: &Path) -> bool {
    let modified = |path: &Path| fs::metadata(path).and_then(|m| m.modified()).ok();
    matches!((modified(file), modified(than)), (Some(file), Some(than)) if file >= than)
}

/// Returns a stamp that changes when the file does.
fn stamp_of(file: &Path) -> Result<String> {
    let data = fs::metadata(file).with_context(|| format!("cannot read {}", file.display()))?;
    let modified = data.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(format!("{} {}", data.len(), modified.as_nanos()))
}

/// Writes a file only when its content changes, so that its time shows when it really changed.
fn write_if_changed(file: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(file).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    // The file is written in two steps, because a server may be reading it.
    let partial = with_suffix(file, "partial");
    fs::write(&partial, bytes).with_context(|| format!("cannot write {}", partial.display()))?;
    fs::rename(&partial, file).with_context(|| format!("cannot write {}", file.display()))
}

/// Returns all files below a folder, by their path within it.
pub fn files_under(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).with_context(|| format!("cannot read {}", next.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path.strip_prefix(folder)?.to_path_buf());
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_public_no_longer_has_goes() {
        let (public, site) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir(public.path().join("fonts")).unwrap();
        fs::write(public.path().join("fonts/a.woff2"), "font").unwrap();
        fs::create_dir(site.path().join("pkg")).unwrap();
        for old in ["old.svg", "old.svg.br", "pkg/infirmary.js", "pkg/infirmary.js.gz"] {
            fs::write(site.path().join(old), "x").unwrap();
        }
        let mut kept = BTreeSet::from([PathBuf::from("pkg")]);
        copy_public(public.path(), site.path(), &mut kept).unwrap();
        remove_leftovers(site.path(), &kept).unwrap();
        let left = files_under(site.path()).unwrap();
        assert_eq!(left, ["fonts/a.woff2", "pkg/infirmary.js", "pkg/infirmary.js.gz"].map(PathBuf::from));
    }

    #[test]
    fn text_is_compressed_beside_the_original_and_fonts_are_not() {
        let site = tempfile::tempdir().unwrap();
        fs::write(site.path().join("a.css"), "p{color:red}".repeat(100)).unwrap();
        fs::write(site.path().join("a.woff2"), "font").unwrap();
        compress_all(site.path()).unwrap();
        assert_eq!(files_under(site.path()).unwrap(), ["a.css", "a.css.br", "a.css.gz", "a.woff2"].map(PathBuf::from));
        remove_compressed(site.path()).unwrap();
        assert_eq!(files_under(site.path()).unwrap(), ["a.css", "a.woff2"].map(PathBuf::from));
    }

    #[test]
    fn wasm_bindgen_is_one_version_on_both_sides() {
        let lock = fs::read_to_string(paths::root().join("Cargo.lock")).unwrap();
        let version = |name: &str| {
            let start = lock.find(&format!("name = \"{name}\"\n")).unwrap();
            lock[start..].lines().nth(1).unwrap().to_owned()
        };
        assert_eq!(version("wasm-bindgen"), version("wasm-bindgen-cli-support"));
    }
}
