//! The files that are read or named: absent, empty, too large, not text, or a folder.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::super::files::read_master_key;
use super::super::{Inputs, Loaded, load};
use super::said;

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F";

fn load_file(file: &Path) -> Result<Loaded, Vec<String>> {
    let answer = load(&Inputs {
        file: Some(file.to_owned()),
        ..Inputs::default()
    });
    answer.map_err(|refused| said(&refused.faults))
}

/// The faults of a configuration of these bytes, with `FILE` for its name.
fn faults_of(bytes: &[u8]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("s.yaml");
    fs::write(&file, bytes).expect("a file");
    let faults = load_file(&file).map(|_| ()).expect_err("has faults");
    let name = file.display().to_string();
    faults
        .into_iter()
        .map(|fault| fault.replace(&name, "FILE"))
        .collect()
}

#[test]
fn a_named_file_must_be_there_and_a_folder_is_no_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let name = folder.path().display().to_string();
    assert_eq!(
        load_file(&folder.path().join("none.yaml")).map(|_| ()),
        Err(vec![format!(
            "{name}/none.yaml: cannot read the configuration: No such file or directory (os error 2)"
        )])
    );
    assert_eq!(
        load_file(folder.path()).map(|_| ()),
        Err(vec![format!(
            "{name}: cannot read the configuration: it is a folder, not a file"
        )])
    );
    let env_file = Inputs {
        env_file: Some(folder.path().join("env")),
        ..Inputs::default()
    };
    let faults = said(&load(&env_file).expect_err("the file is not there").faults);
    assert!(
        faults[0].contains("cannot read the variables: No such file"),
        "{faults:?}"
    );
}

#[test]
fn bytes_that_are_no_text_are_told_with_the_place() {
    assert_eq!(
        faults_of(b"log: {}\n# caf\xe9\n"),
        ["FILE:2:6: the file is not UTF-8 from here on; save it as UTF-8"]
    );
    assert_eq!(
        faults_of(b"\xff\xfel\0o\0g\0"),
        ["FILE:1:1: the file is not UTF-8 from here on; save it as UTF-8"]
    );
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let large = [b' '; 256 * 1024 + 1];
    assert_eq!(
        faults_of(&large),
        ["FILE: cannot read the configuration: it is larger than 262144 bytes"]
    );
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("s.yaml");
    fs::write(&file, &large[1..]).expect("a file");
    assert!(load_file(&file).is_ok());
}

#[test]
fn the_files_that_settings_name_are_looked_at_with_all_other_faults() {
    let folder = tempfile::tempdir().expect("a folder");
    let yaml = "data_dir: FILE\nkeys: { master_file: /none/key }\nhttp:\n  tls: { cert: /none/cert, key: / }\n\
                node: { lease: 1ms }\n";
    let file = folder.path().join("s.yaml");
    fs::write(&file, yaml.replace("FILE", &file.display().to_string())).expect("a file");
    let name = file.display().to_string();
    let faults = load_file(&file).map(|_| ()).expect_err("has faults");
    let faults: Vec<String> = faults
        .into_iter()
        .map(|fault| fault.replace(&name, "FILE"))
        .collect();
    assert_eq!(
        faults,
        [
            "FILE:5:16: node.lease: `1ms` is not understood; expected a number with a unit (500ms, 10s, 30m, 12h, 7d), \
             from 1s to 10m",
            "FILE:2:22: keys.master_file: cannot read /none/key: No such file or directory (os error 2)",
            "FILE:4:16: http.tls.cert: cannot read /none/cert: No such file or directory (os error 2)",
            "FILE:4:33: http.tls.key: cannot read /: it is a folder, not a file",
            "FILE:1:11: data_dir: FILE is a file, not a folder",
        ]
    );
}

/// What `load` says about a master key of these bytes under a profile: faults, or else warnings.
fn master(profile: &str, bytes: &[u8], mode: u32) -> Result<Vec<String>, Vec<String>> {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, key) = (folder.path().join("s.yaml"), folder.path().join("key"));
    fs::write(&key, bytes).expect("a file");
    fs::set_permissions(&key, fs::Permissions::from_mode(mode)).expect("a mode");
    fs::write(
        &file,
        format!("profile: {profile}\nkeys: {{ master_file: {} }}\n", key.display()),
    )
    .expect("a file");
    let clean = |text: String| {
        let text = text
            .split_once("keys.master_file: ")
            .map_or(text.clone(), |(_, words)| words.to_owned());
        text.replace(&key.display().to_string(), "KEY")
    };
    let loaded = load_file(&file).map_err(|faults| faults.into_iter().map(clean).collect::<Vec<_>>())?;
    Ok(said(&loaded.warnings).into_iter().map(clean).collect())
}

#[test]
fn a_master_key_has_64_hex_digits_and_is_nobody_elses_to_read() {
    let make_one = "make a key with: openssl rand -hex 32";
    assert_eq!(master("production", KEY.as_bytes(), 0o600), Ok(vec![]));
    assert_eq!(
        master("production", format!("{KEY}\n").as_bytes(), 0o400),
        Ok(vec![])
    );
    for mode in [0o640, 0o604] {
        let words = "KEY can be read by others; set its mode to 0600".to_owned();
        assert_eq!(master("production", KEY.as_bytes(), mode), Ok(vec![words]));
    }
    for profile in ["default", "development", "production"] {
        let empty = format!("KEY is empty, and an empty secret is refused; {make_one}");
        assert_eq!(master(profile, b"\n", 0o600), Err(vec![empty]));
        for bytes in [
            &KEY[1..],
            &KEY[2..],
            &format!("{KEY}00"),
            &KEY.replace('A', "g"),
            &KEY.replace('0', "é"),
        ] {
            let words = format!("KEY is not of 64 hex digits; {make_one}");
            let large = "cannot read KEY: it is larger than 128 bytes".to_owned();
            let wanted = if bytes.len() > 66 && bytes.len() != 79 {
                large
            } else {
                words
            };
            let answer = master(profile, bytes.as_bytes(), 0o600);
            assert!(
                answer == Err(vec![wanted.clone()]) || bytes.len() <= 128,
                "{bytes}: {answer:?}"
            );
            assert!(answer.is_err(), "{bytes}");
        }
    }
}

#[test]
fn a_master_key_that_repeats_itself_is_refused_in_production() {
    let words = "KEY repeats itself, so it is not random; make a key with: openssl rand -hex 32".to_owned();
    for key in ["0".repeat(64), "0123456789abcdef".repeat(4)] {
        assert_eq!(master("default", key.as_bytes(), 0o600), Ok(vec![words.clone()]));
        assert_eq!(
            master("production", key.as_bytes(), 0o600),
            Err(vec![words.clone()])
        );
    }
}

#[test]
fn the_master_key_is_read_as_its_bytes_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("key");
    fs::write(&file, KEY).expect("a file");
    let wanted: Vec<u8> = (0..32).collect();
    assert_eq!(read_master_key(&file).expect("a key").as_slice(), wanted);
}

#[test]
fn a_file_with_a_secret_that_everyone_may_read_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, secret) = (folder.path().join("s.yaml"), folder.path().join("url"));
    let yaml = format!("store: {{ url_file: {} }}\n", secret.display());
    fs::write(&file, yaml).expect("a file");
    fs::write(&secret, "postgres://symbolon:long-enough@db/symbolon\n").expect("a file");
    for (mode, told) in [(0o600, false), (0o440, false), (0o604, true), (0o644, true)] {
        fs::set_permissions(&secret, fs::Permissions::from_mode(mode)).expect("a mode");
        let loaded = load_file(&file).expect("no fault");
        let words = format!(
            "store.url: {} can be read by others; set its mode to 0600",
            secret.display()
        );
        let is_told = said(&loaded.warnings).iter().any(|line| line.ends_with(&words));
        assert_eq!(is_told, told, "{mode:o}");
    }
}
