//! The texts that accounts are searched and sorted by, as they are stored.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use muster_domain::user::User;
use muster_domain::user::query::{NameFormat, SearchTexts, sort_name};

use crate::schema::users;
use crate::statement::{Bind, Statement};

/// The columns that are made of an account's others.
#[derive(Debug, AsChangeset, Insertable)]
#[diesel(table_name = users)]
pub(crate) struct TextsRow {
    search_names: String,
    search_full_name: String,
    search_email: String,
    sort_nickname: String,
    sort_full_name: String,
}

impl TextsRow {
    /// Those of an account.
    pub(crate) fn of(user: &User) -> Self {
        let texts = SearchTexts::of(user);
        Self {
            search_names: spelled(&texts.names),
            search_full_name: spelled(&texts.full_name),
            search_email: spelled(&texts.email),
            sort_nickname: sort_name(user, NameFormat::Nickname),
            sort_full_name: sort_name(user, NameFormat::FullName),
        }
    }
}

const WRITE: &str = "UPDATE users SET search_names = texts.names, search_full_name = texts.full_name, search_email = texts.email, \
    sort_nickname = texts.by_nickname, sort_full_name = texts.by_full_name \
    FROM unnest(?, ?, ?, ?, ?, ?) AS texts (id, names, full_name, email, by_nickname, by_full_name) WHERE users.id = texts.id";

impl TextsRow {
    /// Writes those of some accounts.
    pub(crate) async fn write(users: &[User], connection: &mut AsyncPgConnection) -> QueryResult<()> {
        let rows: Vec<_> = users.iter().map(Self::of).collect();
        let column = |value: fn(&Self) -> &str| Bind::Texts(rows.iter().map(value).collect());
        let binds = vec![
            Bind::Texts(users.iter().map(|user| user.id.as_str()).collect()),
            column(|row| &row.search_names),
            column(|row| &row.search_full_name),
            column(|row| &row.search_email),
            column(|row| &row.sort_nickname),
            column(|row| &row.sort_full_name),
        ];
        Statement::<()>::new(WRITE, binds).execute(connection).await.map(|_| ())
    }
}

/// Digits of what is spelled out. A spelling begins with one of A to M and goes on with some of N to Z.
const BASE: u32 = 13;

/// Spells a folded text in letters and digits of ASCII: `a-z` and `0-9` as they are, all else in capitals.
///
/// A trigram index knows no letters but those of the database's locale, and none across a dot or a dash: it would have to give every
/// row for the rest. How a spelling begins tells how long it is, so that one text has another in it exactly if its spelling has the
/// other's.
pub(crate) fn spelled(folded: &str) -> String {
    let mut out = String::with_capacity(folded.len() + 8);
    for c in folded.chars() {
        if c.is_ascii_lowercase() || c.is_ascii_digit() {
            out.push(c);
        } else {
            spell(u32::from(c), &mut out);
        }
    }
    out
}

fn spell(code: u32, out: &mut String) {
    let (first, digits) = match code {
        0..128 => (code / BASE, 1),
        128..2_197 => (10, 3),
        2_197..371_293 => (11, 5),
        _ => (12, 6),
    };
    out.push(letter(b'A', first));
    out.extend((0..digits).rev().map(|place| letter(b'N', code / BASE.pow(place) % BASE)));
}

fn letter(from: u8, digit: u32) -> char {
    char::from(from + u8::try_from(digit).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_digits_stay() {
        assert_eq!(spelled("ada99"), "ada99");
        assert_eq!(spelled("a.b"), "aDUb");
        assert!(spelled("лёд 李\u{10ffff}\0%_\\").bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }

    #[test]
    fn a_spelling_has_what_its_text_has_and_nothing_else() {
        let letters =
            ['a', 'z', '0', 'A', 'N', 'Z', '\0', '\n', '.', '@', '\u{7f}', '\u{80}', 'л', 'ю', '\u{894}', '\u{895}', '李', '\u{5aa5c}'];
        let letters: Vec<_> = letters.into_iter().chain(['\u{5aa5d}', '🚀', '\u{10ffff}']).collect();
        let pairs = letters.iter().flat_map(|one| letters.iter().map(move |other| format!("{one}{other}")));
        let pairs: Vec<_> = pairs.collect();
        for text in pairs.iter().flat_map(|pair| pairs.iter().map(move |other| format!("{pair}{other}"))) {
            for part in &pairs {
                assert_eq!(spelled(&text).contains(&spelled(part)), text.contains(part), "{text:?} {part:?}");
            }
        }
    }
}
