//! The page of security cases names guards and tests that there are.
#![expect(clippy::unwrap_used, reason = "a broken page should fail the test")]

use std::path::{Path, PathBuf};

/// A link of the page: what it shows, and the file that it leads to.
type Link<'a> = (&'a str, PathBuf);

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

fn links(cell: &str) -> Vec<Link<'_>> {
    let parts = cell.split('[').skip(1).map(|part| part.split_once("](").unwrap());
    parts.map(|(shown, rest)| (shown.trim_matches('`'), docs().join(rest.split_once(')').unwrap().0))).collect()
}

/// The cells of the page's rows: the case, what goes wrong, guards, tests.
fn rows(page: &str) -> Vec<[&str; 4]> {
    let rows = page.lines().filter(|line| line.starts_with("| ")).skip(2);
    rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect::<Vec<_>>().try_into().unwrap()).collect()
}

/// Whether a source has a test, or a promise that becomes one for each store.
fn has_test(source: &str, name: &str) -> bool {
    let Some((before, _)) = source.split_once(&format!("fn {name}(")) else { return false };
    let is_marked = before.trim_end_matches("async ").trim_end().ends_with("test]");
    is_marked || before.ends_with("pub async ")
}

#[test]
fn each_case_names_guards_and_tests_that_there_are() {
    let page = std::fs::read_to_string(docs().join("security-cases.md")).unwrap();
    for [case, _, guards, tests] in rows(&page) {
        assert!(!links(guards).is_empty() && !links(tests).is_empty(), "{case}");
        for (guard, file) in links(guards) {
            assert!(file.is_file(), "{case}: {guard} is no module");
        }
        for (name, file) in links(tests) {
            let source = std::fs::read_to_string(&file).unwrap_or_default();
            assert!(has_test(&source, name), "{case}: there is no test {name} in {}", file.display());
        }
    }
}

#[test]
fn each_case_is_named_once_and_in_order() {
    let page = std::fs::read_to_string(docs().join("security-cases.md")).unwrap();
    let cases: Vec<_> = rows(&page).into_iter().map(|[case, ..]| case).collect();
    let place = |case: &str| (!case.starts_with("CVE-"), case.to_owned());
    assert!(cases.len() > 30 && cases.is_sorted_by(|one, next| place(one) < place(next)), "{cases:?}");
}
