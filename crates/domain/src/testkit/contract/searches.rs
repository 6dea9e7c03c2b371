//! What holds of searches.

use super::add;
use super::directory::{change, people, short_id};
use crate::store::Store;
use crate::testkit::fixture::{email, id, user};
use crate::user::User;
use crate::user::query::{Filter, Scope, Search, SearchTexts, Searched, Word, words};

pub(super) const EVERYWHERE: Searched = Searched { full_name: true, email: true };
pub(super) const NOBODY: [&str; 0] = [];

/// A search of everyone, everywhere.
pub(super) fn searching(term: &str) -> Search {
    Search { scope: Scope::Everyone, filter: Filter::default(), words: words(term), searched: EVERYWHERE, most: 1_000 }
}

pub(super) async fn found_by(store: &dyn Store, search: &Search) -> Vec<String> {
    let found = store.read().await.unwrap().users().search(search).await.unwrap();
    found.iter().map(|user| user.username.as_str().to_owned()).collect()
}

/// Who is found by a term, everywhere.
pub(super) async fn found(store: &dyn Store, term: &str) -> Vec<String> {
    found_by(store, &searching(term)).await
}

/// An account with a nickname, a first and a last name.
pub(super) fn named(name: &str, nickname: &str, first: &str, last: &str) -> User {
    let mut user = user(&short_id(name), name);
    (user.profile.nickname, user.profile.first_name, user.profile.last_name) = (nickname.into(), first.into(), last.into());
    user
}

/// Three people whose texts differ.
pub(super) async fn three(store: &dyn Store) {
    let users = [
        User { email: email("countess"), ..named("ada", "Enchantress", "Augusta", "King-Noel") },
        User { email: email("charles"), ..named("bob.b", "Charly", "Charles", "Babbage") },
        User { email: email("kurt"), ..named("cyd_9", "", "Kurt", "Gödel") },
    ];
    add(store, &users).await.unwrap();
}

/// Without words everybody is found, by login name.
pub async fn without_words_everybody_is_found(store: &dyn Store) {
    people(store, &["cyd", "ada", "bob"]).await;

    assert_eq!(found(store, "").await, ["ada", "bob", "cyd"]);
    assert_eq!(found_by(store, &Search { most: 2, ..searching("") }).await, ["ada", "bob"]);
}

/// A found account is the whole account.
pub async fn whole_accounts_are_found(store: &dyn Store) {
    let ada = crate::testkit::fixture::detailed_user("ada", "ada");
    add(store, std::slice::from_ref(&ada)).await.unwrap();

    let found = store.read().await.unwrap().users().search(&searching("ada")).await.unwrap();

    assert_eq!(found, [ada]);
}

/// A word is found at the beginning, in the midst and at the end of each text.
pub async fn a_word_is_found_anywhere_in_a_text(store: &dyn Store) {
    three(store).await;

    for term in ["ada", "enchant", "chantr", "tress", "augusta", "gust", "sta", "king-noel", "g-no", "oel", "countess@", "ntess@exam"] {
        assert_eq!(found(store, term).await, ["ada"], "{term}");
    }
    assert_eq!(found(store, "example.test").await, ["ada", "bob.b", "cyd_9"]);
    assert_eq!(found(store, "harl").await, ["bob.b"]);
    assert_eq!(found(store, "adam").await, NOBODY);
}

/// Who has every word is found, whichever text it is in, and in whatever order they come.
pub async fn every_word_must_be_there(store: &dyn Store) {
    three(store).await;

    for term in ["ada king", "noel enchantress countess", "king ada", "ada ada", "augusta gust us"] {
        assert_eq!(found(store, term).await, ["ada"], "{term}");
    }
    for term in ["ada babbage", "ada xyzzy", "xy ada", "king-noel z"] {
        assert_eq!(found(store, term).await, NOBODY, "{term}");
    }
}

/// What is not searched finds nobody, beside words that are found elsewhere too.
pub async fn what_is_not_searched_finds_nobody(store: &dyn Store) {
    three(store).await;
    let by =
        async |term: &str, full_name, email| found_by(store, &Search { searched: Searched { full_name, email }, ..searching(term) }).await;

    for (term, is_name) in [("augusta", true), ("countess", false), ("gu", true), ("ada augusta", true), ("enchantress countess", false)] {
        assert_eq!(by(term, true, true).await, ["ada"], "{term}");
        assert_eq!(by(term, is_name, !is_name).await, ["ada"], "{term}");
        assert_eq!(by(term, !is_name, is_name).await, NOBODY, "{term}");
        assert_eq!(by(term, false, false).await, NOBODY, "{term}");
    }
    assert_eq!(by("enchantress ada", false, false).await, ["ada"]);
    assert_eq!(by("example", false, false).await, NOBODY);
    assert_eq!(by("augusta countess", true, false).await, NOBODY);
}

/// No word spans two texts.
pub async fn no_word_spans_two_texts(store: &dyn Store) {
    three(store).await;

    for term in ["adaench", "daen", "augustaking", "enchantressaugusta", "adacountess"] {
        assert_eq!(found(store, term).await, NOBODY, "{term}");
    }
}

/// Case and accents don't matter, neither in what is stored nor in what is typed.
pub async fn case_and_accents_do_not_matter(store: &dyn Store) {
    three(store).await;
    add(store, &[named("dan", "Straße ŁÓDŹ", "Ærø", "Þór")]).await.unwrap();

    for term in ["GODEL", "gödel", "GÖDEL", "go\u{308}del", "Kurt ödel"] {
        assert_eq!(found(store, term).await, ["cyd_9"], "{term}");
    }
    for term in ["strasse", "STRASSE", "lodz", "aero", "thor", "ÆRØ þÓR"] {
        assert_eq!(found(store, term).await, ["dan"], "{term}");
    }
}

/// Letters of all scripts are found, one alone as well as several.
pub async fn letters_of_all_scripts_are_found(store: &dyn Store) {
    let users = [
        named("ada", "Лавлейс", "Ада", ""),
        named("bob", "计算机", "", "李"),
        named("cyd", "🚀🛰️ crew", "", ""),
        named("dan", "محمد", "אברהם", ""),
        named("eve", "かが", "สวัสดี", "हिन्दी"),
    ];
    add(store, &users).await.unwrap();

    for (term, name) in [
        ("лавлейс", "ada"),
        ("АДА", "ada"),
        ("вл", "ada"),
        ("计算机", "bob"),
        ("算", "bob"),
        ("计算", "bob"),
        ("李", "bob"),
        ("🚀", "cyd"),
        ("🚀🛰️", "cyd"),
        ("محمد", "dan"),
        ("אבר", "dan"),
        ("が", "eve"),
        ("かが", "eve"),
        ("สวั", "eve"),
        ("हिन्दी", "eve"),
    ] {
        assert_eq!(found(store, term).await, [name], "{term}");
    }
    assert_eq!(found(store, "がか").await, NOBODY);
}

/// Words of one and two characters are found too, alone and beside others.
pub async fn short_words_are_found(store: &dyn Store) {
    three(store).await;

    assert_eq!(found(store, "9").await, ["cyd_9"]);
    assert_eq!(found(store, "b.").await, ["bob.b"]);
    assert_eq!(found(store, "a").await, ["ada", "bob.b", "cyd_9"]);
    assert_eq!(found(store, "bb ar").await, ["bob.b"]);
    assert_eq!(found(store, "b c charles").await, ["bob.b"]);
    assert_eq!(found(store, "zz").await, NOBODY);
}

/// What databases read as patterns, quotes or operators is plain text to a search.
pub async fn patterns_are_plain_text(store: &dyn Store) {
    let nicknames = [
        "100%",
        "a_b",
        "a%b",
        "axb",
        "c\\d",
        "c\\\\d",
        "it's",
        "say \"hi\" now",
        "x-y",
        "(z)",
        "k:v",
        "^up",
        "{b}",
        "[a-z]",
        "q*r",
        "a.b",
        "ends\\",
        "%%%",
        "___",
        "''",
        "--",
        ";",
        "and or not",
        "near",
        "col:umn",
        "$1",
        "?1",
        "+1+",
        "~",
        "|",
        "&",
    ];
    let users: Vec<_> = (10..).zip(nicknames).map(|(number, nickname)| named(&format!("n{number}"), nickname, "", "")).collect();
    add(store, &users).await.unwrap();
    let terms = [
        "%",
        "_",
        "\\",
        "'",
        "\"",
        "0%",
        "a_b",
        "a%b",
        "c\\d",
        "\\\\",
        "t's",
        "\"hi\"",
        "x-y",
        "(z)",
        "k:v",
        "^up",
        "{b}",
        "[a-z]",
        "q*r",
        "a.b",
        "ds\\",
        "%%%",
        "___",
        "''",
        "--",
        ";",
        "AND",
        "OR",
        "NOT n11",
        "near",
        "NEAR(",
        "col:umn",
        "$1",
        "?1",
        "+1+",
        "~",
        "|",
        "&",
        "%a%",
        "n__",
        "n1%",
        "\"n11",
        "n11\"",
        "n11*",
        "nick\0name",
        ":n11",
        "-n11",
        "n11 OR n12",
        "names:n11",
        "{names}:n11",
    ];

    for term in terms {
        let words = words(term);
        let has = |user: &&User| words.iter().all(|word| SearchTexts::of(user).have(&word.folded, EVERYWHERE));
        let expected: Vec<_> = users.iter().filter(has).map(|user| user.username.as_str().to_owned()).collect();

        assert_eq!(found(store, term).await, expected, "{term:?}");
    }
}

/// An accent alone is a word that every text has; what no text can hold finds nobody.
pub async fn odd_words_are_no_failure(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    let nothing = Word { folded: String::new(), id: None };

    assert_eq!(found_by(store, &Search { words: vec![nothing.clone()], ..searching("") }).await, ["ada", "bob"]);
    assert_eq!(found_by(store, &Search { words: [vec![nothing], words("bob")].concat(), ..searching("") }).await, ["bob"]);
    assert_eq!(found(store, "\u{301}").await, ["ada", "bob"]);
    assert_eq!(found(store, "\0").await, NOBODY);
    assert_eq!(found(store, "ada\0").await, NOBODY);
    assert_eq!(found(store, "a\0 b").await, NOBODY);
    assert_eq!(found(store, &"x".repeat(512)).await, NOBODY);
    assert_eq!(found(store, &"ada ".repeat(16)).await, ["ada"]);
}

/// A whole id finds its account, in its own case alone, beside other words as well.
pub async fn an_id_finds_its_account(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    add(store, &[User { id: id("ADA"), ..user("x", "upper") }]).await.unwrap();
    let of = |short: &str| id::<crate::id::UserId>(short).to_string();
    add(store, &[named("cyd", &of("ada"), "", "")]).await.unwrap();

    assert_eq!(found(store, &of("bob")).await, ["bob"]);
    assert_eq!(found(store, &of("ADA")).await, ["cyd", "upper"]);
    assert_eq!(found(store, &of("ada")).await, ["ada", "cyd"]);
    assert_eq!(found(store, &format!("bob {}", of("bob"))).await, ["bob"]);
    assert_eq!(found(store, &format!("ada {}", of("bob"))).await, NOBODY);
    assert_eq!(found(store, &of("bob")[..20]).await, NOBODY);
    let search = Search { searched: Searched { full_name: false, email: false }, ..searching(&of("bob")) };
    assert_eq!(found_by(store, &search).await, ["bob"]);
}

/// Who has the only word as his login name comes first, even if no more are wanted; of several words none counts as a name.
pub async fn the_exact_login_name_comes_first(store: &dyn Store) {
    people(store, &["a-ann", "ann", "anna", "joanna", "zz"]).await;
    change(store, "anna", |user| user.profile.nickname = "ZZ top".into()).await;

    assert_eq!(found(store, "ann").await, ["ann", "a-ann", "anna", "joanna"]);
    assert_eq!(found(store, "@Ann").await, ["ann", "a-ann", "anna", "joanna"]);
    assert_eq!(found_by(store, &Search { most: 1, ..searching("anna") }).await, ["anna"]);
    assert_eq!(found(store, "zz").await, ["zz", "anna"]);
    assert_eq!(found(store, "ann an").await, ["a-ann", "ann", "anna", "joanna"]);
    assert_eq!(found(store, "nn").await, ["a-ann", "ann", "anna", "joanna"]);
}

/// No more are found than wanted, and who is missing is last in order.
pub async fn no_more_are_found_than_wanted(store: &dyn Store) {
    people(store, &["ada", "adb", "adc"]).await;

    for term in ["ad", "example"] {
        assert_eq!(found_by(store, &Search { most: 2, ..searching(term) }).await, ["ada", "adb"], "{term}");
        assert_eq!(found_by(store, &Search { most: 0, ..searching(term) }).await, NOBODY, "{term}");
        assert_eq!(found_by(store, &Search { most: u32::MAX, ..searching(term) }).await, ["ada", "adb", "adc"], "{term}");
    }
}
