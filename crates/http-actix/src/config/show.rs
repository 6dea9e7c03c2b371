//! Settings as `muster config show` prints them: each with where it came from, secrets hidden.

use figment::value::{Dict, Value};
use figment::{Figment, Metadata, Source};

/// Settings that are never printed.
const SECRET: [&str; 2] = ["secrets.key", "secrets.previous_keys"];

/// Every setting, a line each, as TOML with its source as a comment.
///
/// # Errors
///
/// What the sources' reader says of a file that is no TOML.
pub fn shown(sources: &Figment) -> Result<String, super::ConfigError> {
    let sections: Dict = sources.extract()?;
    let mut lines = Vec::new();
    for (section, value) in &sections {
        lines.push(format!("[{section}]"));
        for (key, value) in value.as_dict().into_iter().flatten() {
            let origin = sources.get_metadata(value.tag()).map(|metadata| source(metadata, &[section.clone(), key.clone()]));
            lines.push(format!("{key} = {}{}", printed(&format!("{section}.{key}"), value), origin.unwrap_or_default()));
        }
        lines.push(String::new());
    }
    Ok(lines.join("\n"))
}

/// Where a setting came from, as a comment behind it; nothing for a default.
pub(super) fn source(metadata: &Metadata, path: &[String]) -> String {
    match &metadata.source {
        Some(Source::File(file)) => format!("  # from {}", file.display()),
        _ if metadata.name.contains("environment") => format!("  # from MUSTER_{}", path.join("__").to_uppercase()),
        _ => "  # default".to_owned(),
    }
}

fn printed(name: &str, value: &Value) -> String {
    if SECRET.contains(&name)
        && !matches!(value, Value::String(_, text) if text.is_empty())
        && !matches!(value, Value::Array(_, items) if items.is_empty())
    {
        return "\"(hidden)\"".to_owned();
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
    let Ok(mut url) = url::Url::parse(address) else { return "(hidden)".to_owned() };
    let hides = url.password().is_some() && url.set_password(Some("hidden")).is_ok();
    let asks: Vec<_> = url.query_pairs().into_owned().filter(|(key, _)| key != "password").collect();
    let query = asks.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&");
    url.set_query(Some(query.as_str()).filter(|text| !text.is_empty()));
    if hides || url.password().is_none() { url.to_string() } else { "(hidden)".to_owned() }
}
