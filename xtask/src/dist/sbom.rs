//! The bill of materials in `CycloneDX` 1.5: each crate in the server and in the browser's half, with its licence, its digest and its
//! dependencies, as `cargo metadata` and `Cargo.lock` tell.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::command::{cargo, command, output};
use crate::{paths, wasm};

/// A crate and what it depends on.
#[derive(Debug, Default)]
struct Part {
    component: Value,
    needs: BTreeSet<String>,
}

/// Makes the bill. `time` is in seconds.
pub fn make(version: &str, time: &str) -> Result<String> {
    let host = output(command("rustc").arg("-vV"))?;
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc does not say its host")?.to_owned();
    let digests = digests(&fs::read_to_string(paths::root().join("Cargo.lock"))?);
    let mut parts = BTreeMap::new();
    for (features, platform) in [("embed", host.as_str()), ("hydrate", wasm::TARGET)] {
        let mut metadata = cargo(&["metadata", "--format-version=1", "--locked", "--no-default-features"]);
        metadata.args(["--features", &format!("infirmary/{features}"), "--filter-platform", platform]);
        let metadata: Value = serde_json::from_str(&output(&mut metadata)?).context("cargo metadata")?;
        collect(&metadata, &digests, &mut parts)?;
    }
    let at = output(command("date").args(["-u", "-d", &format!("@{time}"), "+%Y-%m-%dT%H:%M:%SZ"]))?;
    let bill = bill(version, at.trim(), &parts);
    Ok(serde_json::to_string_pretty(&bill)? + "\n")
}

fn bill(version: &str, at: &str, parts: &BTreeMap<String, Part>) -> Value {
    let root = purl("infirmary", version);
    let components: Vec<&Value> = parts.iter().filter(|(name, _)| **name != root).map(|(_, part)| &part.component).collect();
    let dependencies: Vec<Value> = parts.iter().map(|(name, part)| json!({ "ref": name, "dependsOn": part.needs })).collect();
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": at,
            "component": { "type": "application", "bom-ref": root, "name": "infirmary", "version": version, "purl": root },
        },
        "components": components,
        "dependencies": dependencies,
    })
}

fn purl(name: &str, version: &str) -> String {
    format!("pkg:cargo/{name}@{version}")
}

/// The digests of `Cargo.lock` by name and version.
fn digests(lock: &str) -> BTreeMap<String, String> {
    let value = |package: &str, key: &str| {
        let line = package.lines().find_map(|line| line.strip_prefix(&format!("{key} = ")))?;
        Some(line.trim_matches('"').to_owned())
    };
    let packages = lock.split("[[package]]").skip(1);
    packages
        .filter_map(|package| Some((purl(&value(package, "name")?, &value(package, "version")?), value(package, "checksum")?)))
        .collect()
}

/// Adds the crates that the program needs when it runs; those of builds and tests are not in it.
fn collect(metadata: &Value, digests: &BTreeMap<String, String>, parts: &mut BTreeMap<String, Part>) -> Result<()> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let packages: BTreeMap<String, Value> =
        list(&metadata["packages"]).into_iter().map(|package| (text(&package["id"]), package)).collect();
    let nodes: BTreeMap<String, Value> = list(&metadata["resolve"]["nodes"]).into_iter().map(|node| (text(&node["id"]), node)).collect();
    let root = packages.iter().find(|(_, package)| package["name"] == "infirmary").map(|(id, _)| id.clone());
    let mut waiting = vec![root.context("infirmary is not in the metadata")?];
    let mut done = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if !done.insert(id.clone()) {
            continue;
        }
        let package = packages.get(&id).context("a crate without a package")?;
        let reference = purl(&text(&package["name"]), &text(&package["version"]));
        let part = parts.entry(reference.clone()).or_default();
        part.component = component(package, &reference, digests.get(&reference));
        for dependency in list(&nodes.get(&id).context("a crate without a node")?["deps"]) {
            let runs = list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].is_null());
            let id = text(&dependency["pkg"]);
            if let (true, Some(package)) = (runs, packages.get(&id)) {
                part.needs.insert(purl(&text(&package["name"]), &text(&package["version"])));
                waiting.push(id);
            }
        }
    }
    Ok(())
}

fn component(package: &Value, reference: &str, digest: Option<&String>) -> Value {
    let mut component = json!({
        "type": "library",
        "bom-ref": reference,
        "name": package["name"],
        "version": package["version"],
        "purl": reference,
    });
    if let Some(licence) = package["license"].as_str() {
        // Older crates write `MIT/Apache-2.0`, which is no expression of SPDX.
        component["licenses"] = json!([{ "expression": licence.replace('/', " OR ") }]);
    }
    if let Some(digest) = digest {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": digest }]);
    }
    component
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_that_run_are_listed_with_digest_and_licence_and_those_of_tests_are_not() {
        let lock = "version = 4\n\n[[package]]\nname = \"serde\"\nversion = \"1.0.0\"\nchecksum = \"ab\"\n\n[[package]]\nname = \"infirmary\"\nversion = \"0.1.0\"\n";
        let package = |name: &str, version: &str| json!({ "id": name, "name": name, "version": version, "license": "MIT/Apache-2.0" });
        let metadata = json!({
            "packages": [package("infirmary", "0.1.0"), package("serde", "1.0.0"), package("insta", "1.0.0")],
            "resolve": { "nodes": [
                { "id": "infirmary", "deps": [
                    { "pkg": "serde", "dep_kinds": [{ "kind": null }] },
                    { "pkg": "insta", "dep_kinds": [{ "kind": "dev" }] },
                ] },
                { "id": "serde", "deps": [] },
                { "id": "insta", "deps": [] },
            ] },
        });
        let mut parts = BTreeMap::new();
        collect(&metadata, &digests(lock), &mut parts).unwrap();
        let bill = bill("0.1.0", "2026-11-29T00:00:00Z", &parts);
        assert_eq!(bill["components"].as_array().unwrap().len(), 1);
        let serde = &bill["components"][0];
        assert_eq!((serde["purl"].as_str(), serde["hashes"][0]["content"].as_str()), (Some("pkg:cargo/serde@1.0.0"), Some("ab")));
        assert_eq!(serde["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(bill["dependencies"][0], json!({ "ref": "pkg:cargo/infirmary@0.1.0", "dependsOn": ["pkg:cargo/serde@1.0.0"] }));
    }
}
