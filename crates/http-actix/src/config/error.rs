//! Why settings can't be used, in sentences that name the setting and where it came from, and never repeat a value: it may be secret.

use figment::error::Kind;

/// Settings that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A setting is unknown, or has another type.
    #[error("{}", told(.0))]
    Unreadable(#[from] Box<figment::Error>),
    /// Settings contradict each other or the service's limits.
    #[error("{}", .0.join("\n"))]
    Wrong(Vec<String>),
}

impl From<figment::Error> for ConfigError {
    fn from(error: figment::Error) -> Self {
        Self::Unreadable(Box::new(error))
    }
}

/// One line for each setting that can't be read.
fn told(errors: &figment::Error) -> String {
    errors.clone().into_iter().map(|error| line(&error)).collect::<Vec<_>>().join("\n")
}

fn line(error: &figment::Error) -> String {
    let origin = error.metadata.as_ref().and_then(|metadata| super::show::origin(metadata, &error.path));
    let sentence = sentence(&error.kind);
    match (error.path.join("."), origin) {
        (path, Some(file)) if path.is_empty() => format!("the settings file {file} can't be used: {sentence}; correct it, or --config"),
        (path, _) if path.is_empty() => format!("the settings can't be used: {sentence}"),
        (path, Some(origin)) => format!("{path}: {sentence} (from {origin})"),
        (path, None) => format!("{path}: {sentence}"),
    }
}

fn sentence(kind: &Kind) -> String {
    match kind {
        Kind::UnknownField(_, known) => format!("there is no such setting; correct it to one of {}, or remove it", known.join(", ")),
        Kind::UnknownVariant(_, known) => format!("it must be one of {}", known.join(", ")),
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => format!("it must be {}", form(expected)),
        Kind::Message(text) => without_excerpt(text),
        other => other.to_string(),
    }
}

/// What a value must be like, for people.
fn form(expected: &str) -> &str {
    match expected {
        text if text.starts_with("struct ") => "a section, with its settings inside",
        text if text.starts_with("enum ") => "one of the words that its description lists",
        "a string" => "a text; put it into quotes",
        "a boolean" => "true or false",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more",
        text => text,
    }
}

/// The message of a parser without the lines that it shows of the file.
fn without_excerpt(text: &str) -> String {
    let is_excerpt = |line: &&str| line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ').starts_with('|');
    text.lines().filter(|line| !is_excerpt(line)).map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ")
}
