//! Settings as `muster config show` prints them: each with where it came from, secrets hidden.

use figment::providers::{Format, Toml};
use figment::value::{Dict, Value};
use figment::{Figment, Metadata, Source};

/// Settings that are never printed.
const SECRET: [&str; 4] = ["secrets.key", "secrets.previous_keys", "files.s3_secret", "mail.password"];
/// What is printed in place of what is not.
const HIDDEN: &str = "(hidden)";

/// Every setting, a line each, as TOML with its source as a comment.
///
/// # Errors
///
/// What the sources' reader says of a file that is no TOML.
pub fn shown(sources: &Figment) -> Result<String, super::ConfigError> {
    let sections: Dict = sources.extract()?;
    let defaults: Dict = Figment::from(Toml::string(super::DEFAULTS)).extract()?;
    let mut lines = Vec::new();
    for (section, value) in &sections {
        lines.push(format!("[{section}]"));
        for (key, value) in value.as_dict().into_iter().flatten() {
            let path = [section.clone(), key.clone()];
            let origin = sources.get_metadata(value.tag()).and_then(|metadata| origin(metadata, &path));
            let from = origin.map_or_else(|| "default".to_owned(), |origin| format!("from {origin}"));
            // A secret under a name that is written wrong is still one.
            let text = if is_known(&defaults, &path) { printed(&path.join("."), value) } else { format!("{HIDDEN:?}") };
            let remark = if is_known(&defaults, &path) { "" } else { ", there is no such setting" };
            lines.push(format!("{key} = {text}  # {from}{remark}"));
        }
        lines.push(String::new());
    }
    Ok(lines.join("\n"))
}

fn is_known(defaults: &Dict, [section, key]: &[String; 2]) -> bool {
    defaults.get(section).and_then(Value::as_dict).is_some_and(|settings| settings.contains_key(key))
}

/// Where a setting came from; nothing for a default.
pub(super) fn origin(metadata: &Metadata, path: &[String]) -> Option<String> {
    match &metadata.source {
        Some(Source::File(file)) => Some(file.display().to_string()),
        _ if metadata.name.contains("environment") => Some(format!("MUSTER_{}", path.join("__").to_uppercase())),
        _ => None,
    }
}

fn printed(name: &str, value: &Value) -> String {
    if SECRET.contains(&name)
        && !matches!(value, Value::String(_, text) if text.is_empty())
        && !matches!(value, Value::Array(_, items) if items.is_empty())
    {
        return format!("{HIDDEN:?}");
    }
    match value {
        Value::String(_, text) if name == "store.url" => format!("{:?}", without_password(text)),
        Value::String(_, text) => format!("{text:?}"),
        Value::Bool(_, is_on) => is_on.to_string(),
        Value::Num(_, number) => number.to_i128().map_or_else(|| format!("{number:?}"), |n| n.to_string()),
        Value::Array(_, items) => format!("[{}]", items.iter().map(|item| printed("", item)).collect::<Vec<_>>().join(", ")),
        other => format!("{other:?}"),
    }
}

/// An address with its password hidden; whole-hidden when it can't be taken apart.
fn without_password(address: &str) -> String {
    if address.starts_with("sqlite://") {
        return address.to_owned();
    }
    let Ok(mut url) = url::Url::parse(address) else { return HIDDEN.to_owned() };
    // A password with marks that were not encoded reaches into what comes behind it.
    if [url.path(), url.query().unwrap_or_default(), url.fragment().unwrap_or_default()].iter().any(|part| part.contains('@')) {
        return HIDDEN.to_owned();
    }
    let hides = url.password().is_some() && url.set_password(Some("hidden")).is_ok();
    let asks: Vec<_> = url.query_pairs().into_owned().filter(|(key, _)| key != "password").collect();
    let query = asks.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&");
    url.set_query(Some(query.as_str()).filter(|text| !text.is_empty()));
    if hides || url.password().is_none() { url.to_string() } else { HIDDEN.to_owned() }
}
