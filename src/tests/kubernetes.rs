//! The manifests for Kubernetes say what the program and its container say: ports, paths, names of settings, volumes.

use serde_json::Value;

use super::permissions::routes_in_source;
use crate::server::config::Config;

const MANIFESTS: &str = include_str!("../../assets/packages/kubernetes.yaml");
const CONTAINER: &str = include_str!("../../assets/packages/Containerfile");

fn manifests() -> Vec<Value> {
    use serde::Deserialize as _;
    serde_yaml::Deserializer::from_str(MANIFESTS).map(|one| Value::deserialize(one).expect("YAML")).collect()
}

fn named<'m>(all: &'m [Value], kind: &str, name: &str) -> &'m Value {
    all.iter().find(|one| one["kind"] == kind && one["metadata"]["name"] == name).unwrap_or_else(|| panic!("{kind} {name}"))
}

/// The line of the container file that begins with this word.
fn container(word: &str) -> &'static str {
    CONTAINER.lines().find_map(|line| line.strip_prefix(word)).unwrap_or_else(|| panic!("{word}")).trim()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[test]
fn the_manifests_say_what_the_program_says() {
    let all = manifests();
    let settings = &named(&all, "ConfigMap", "infirmary")["data"];
    let known = serde_json::to_value(Config::default()).expect("settings");
    let is_setting =
        |name: &str| name == "DATABASE_URL" || name.strip_prefix("INFIRMARY_").is_some_and(|name| known.get(name.to_lowercase()).is_some());
    for name in settings.as_object().expect("settings").keys() {
        assert!(is_setting(name), "{name} is no setting of the program");
    }
    for name in ["DATABASE_URL", "INFIRMARY_ADDRESS", "INFIRMARY_MAIL"] {
        let value = settings[name].as_str().expect(name);
        assert!(container("ENV").split(' ').any(|one| one == format!("{name}={value}")), "{name} is another one in the container");
    }
    let port = settings["INFIRMARY_ADDRESS"].as_str().and_then(|address| address.rsplit_once(':')).expect("an address").1;
    assert_eq!(container("EXPOSE"), port);

    let deployment = &named(&all, "Deployment", "infirmary")["spec"];
    assert_eq!(
        (&deployment["replicas"], &deployment["strategy"]["type"]),
        (&Value::from(1), &Value::from("Recreate")),
        "SQLite has one server"
    );
    let server = &deployment["template"]["spec"];
    let job = &named(&all, "CronJob", "infirmary-backup")["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    let one = &server["containers"][0];
    assert_eq!(one["ports"][0]["containerPort"].to_string(), port);
    assert_eq!(named(&all, "Service", "infirmary")["spec"]["ports"][0]["targetPort"], one["ports"][0]["name"]);
    let routes = routes_in_source();
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
        let asked = &one[probe]["httpGet"];
        assert!(asked["path"].as_str().is_some_and(|path| routes.contains(path)), "{probe}: {asked}");
        assert_eq!(asked["port"], one["ports"][0]["name"], "{probe}");
    }
    assert_eq!((&one["args"][0], &job["containers"][0]["args"][0]), (&Value::from("serve"), &Value::from("backup")));

    let user = CONTAINER.split("--uid ").nth(1).and_then(|rest| rest.split(' ').next()).expect("a user");
    let user = Some(user.parse::<u64>().expect("a number"));
    for pod in [server, job] {
        let safe = &pod["securityContext"];
        assert!(safe["runAsNonRoot"] == true && safe["runAsUser"].as_u64() == user && safe["fsGroup"].as_u64() == user, "{safe}");
        let one = &pod["containers"][0];
        assert_eq!(one["securityContext"]["readOnlyRootFilesystem"], true);
        for variable in list(&one["env"]) {
            assert!(variable["name"].as_str().is_some_and(is_setting), "{variable}");
            let secret = &variable["valueFrom"]["secretKeyRef"];
            let kept = named(&all, "Secret", secret["name"].as_str().expect("a secret"));
            assert!(kept["stringData"].get(secret["key"].as_str().expect("a key")).is_some(), "{secret}");
        }
        let mounted = |path: &str| list(&one["volumeMounts"]).iter().any(|mount| mount["mountPath"] == path);
        assert!(mounted(container("VOLUME")) && mounted(settings["INFIRMARY_BACKUP_TO"].as_str().expect("a folder")));
        for volume in list(&pod["volumes"]) {
            if let Some(claim) = volume["persistentVolumeClaim"]["claimName"].as_str() {
                named(&all, "PersistentVolumeClaim", claim);
            }
        }
    }
}
