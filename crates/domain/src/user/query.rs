//! Which accounts a list, a search or a count is about.

use crate::fold::folded;
use crate::id::{ChannelId, GroupId, TeamId, UserId};
use crate::page::Page;
use crate::role::{ADMIN, GUEST, MANAGERS, USER};
use crate::time::Timestamp;
use crate::user::User;

/// Whom somebody may see at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum View {
    /// Everybody.
    #[default]
    Everybody,
    /// Those in a channel that this account is in too, archived channels included; himself if he is in any.
    KnownTo(UserId),
}

/// The accounts that a list or a search begins with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Scope {
    /// All.
    #[default]
    Everyone,
    /// Those that belong to no team now.
    WithoutTeam,
    /// Those that belong to a team now.
    InTeam(TeamId),
    /// Those that don't belong to a team now; if constrained, only those in a group that is linked to it.
    NotInTeam {
        /// The team.
        team: TeamId,
        /// Whether only members of linked groups count.
        is_constrained: bool,
    },
    /// Those in a channel.
    InChannel(ChannelId),
    /// Those that belong to a team now and are not in a channel; if constrained, only those in a group that is linked to it.
    NotInChannel {
        /// The team.
        team: TeamId,
        /// The channel.
        channel: ChannelId,
        /// Whether only members of linked groups count.
        is_constrained: bool,
    },
    /// Active ones in a group.
    InGroup(GroupId),
    /// Active ones outside a group.
    NotInGroup(GroupId),
}

/// One way to have the right roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleTest {
    /// The roles are exactly this one.
    Exactly(&'static str),
    /// The roles have one of these names; never empty.
    AnyOf(Vec<&'static str>),
    /// Looks after the scope's team or channel, and is no system admin.
    PlaceAdmin,
    /// Is an ordinary member of the scope's team or channel, and no system admin.
    PlaceUser,
    /// Is a guest of the scope's team or channel.
    PlaceGuest,
}

/// The roles that accounts must have: [`Self::all_of`] and, unless it is empty, one of [`Self::any_of`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoleFilter {
    /// The roles have one of these names; no condition if empty.
    pub all_of: Vec<&'static str>,
    /// One of these holds; no condition if empty.
    pub any_of: Vec<RoleTest>,
}

impl RoleFilter {
    /// Adds what the wire's `role` asks for: a name that has the text in it.
    #[must_use]
    pub fn with_part(mut self, text: &str) -> Self {
        self.all_of = names_with(text);
        self
    }

    /// Adds what one of the wire's `roles` asks for. Names of other roles than the system's ask for nothing.
    #[must_use]
    pub fn or_system(mut self, name: &str) -> Self {
        if name == USER {
            self.any_of.push(RoleTest::Exactly(USER));
        } else if [ADMIN, GUEST].contains(&name) || MANAGERS.contains(&name) {
            self.any_of.push(RoleTest::AnyOf(names_with(name)));
        }
        self
    }

    /// Adds what one of the wire's `team_roles` or `channel_roles` asks for.
    #[must_use]
    pub fn or_place(mut self, name: &str) -> Self {
        let test = match name.rsplit('_').next() {
            Some("admin") => RoleTest::PlaceAdmin,
            Some("user") => RoleTest::PlaceUser,
            Some("guest") => RoleTest::PlaceGuest,
            _ => return self,
        };
        self.any_of.push(test);
        self
    }

    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all_of.is_empty() && self.any_of.is_empty()
    }
}

/// The names of roles that have a text in them.
fn names_with(text: &str) -> Vec<&'static str> {
    crate::role::CATALOGUE.iter().map(|role| role.name).filter(|name| name.contains(text)).collect()
}

/// What is asked of each account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Active ones alone, deactivated ones alone, or both.
    pub is_active: Option<bool>,
    /// Roles.
    pub roles: RoleFilter,
    /// Whom the one who asks may see.
    pub view: View,
}

/// What somebody is called where people sort each other by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NameFormat {
    /// The username.
    #[default]
    Username,
    /// The nickname, else the full name, else the username.
    Nickname,
    /// The full name, else the username.
    FullName,
}

/// The order of a list; the id is always its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// By username.
    #[default]
    Username,
    /// Last active first, then by username: of a team's members, left ones included, those who have a status.
    Activity,
    /// Newest first, then by username: a team's members, left ones included.
    Created,
    /// Online, away, not to be disturbed, all others; then by username: of a channel.
    Status,
    /// Those who look after it first, then by username: of a channel.
    AdminsFirst,
    /// By what people call each other: of a group.
    DisplayName(NameFormat),
}

/// A list of accounts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// Which it begins with.
    pub scope: Scope,
    /// What is asked of each.
    pub filter: Filter,
    /// Their order.
    pub order: Order,
    /// Which part.
    pub page: Page,
}

/// One account of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The account.
    pub user: User,
    /// When it was last active; told by [`Order::Activity`] alone.
    pub last_activity_at: Timestamp,
}

/// What of an account is searched; its username and nickname always are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Searched {
    /// First and last name.
    pub full_name: bool,
    /// Mail address.
    pub email: bool,
}

/// One word of a search: an account has it in a searched text, or has it as its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The word without case and accents.
    pub folded: String,
    /// The word as it was typed, if it may be an id.
    pub id: Option<UserId>,
}

/// A search of accounts: who has every word. An account whose username is the only word comes first, then order is by username.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// Which it begins with.
    pub scope: Scope,
    /// What is asked of each.
    pub filter: Filter,
    /// The words; without any, everybody is found.
    pub words: Vec<Word>,
    /// What is searched.
    pub searched: Searched,
    /// Most accounts that are found.
    pub most: u32,
}

/// Most words of a search that are looked at.
const WORDS: usize = 16;
/// Most characters of a search that are looked at.
const CHARACTERS: usize = 512;

/// The words of a search as it was typed: `*` counts for nothing, an `@` before a word neither.
#[must_use]
pub fn words(term: &str) -> Vec<Word> {
    let term: String = term.chars().filter(|&c| c != '*').take(CHARACTERS).collect();
    let words = term.split_whitespace().map(|word| word.trim_start_matches('@')).filter(|word| !word.is_empty());
    let mut words: Vec<_> = words.map(|word| Word { folded: folded(word), id: word.parse().ok() }).collect();
    // The longest say most, and are enough: what has them all is looked at for the others too.
    words.sort_by_key(|word| std::cmp::Reverse(word.folded.chars().count()));
    words.truncate(WORDS);
    words
}

/// Letters of each text that searches look at: all, but where folding makes several of one.
const SEARCHED: usize = 144;

/// The texts of an account that searches look at, folded; each holds its parts on lines of their own, so that no word spans two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchTexts {
    /// Username and nickname.
    pub names: String,
    /// First and last name.
    pub full_name: String,
    /// Mail address.
    pub email: String,
}

impl SearchTexts {
    /// Those of an account.
    #[must_use]
    pub fn of(user: &User) -> Self {
        let profile = &user.profile;
        Self {
            names: lines(&[user.username.as_str(), &profile.nickname]),
            full_name: lines(&[&profile.first_name, &profile.last_name]),
            email: searched(user.email.as_str()),
        }
    }

    /// Whether a word is in one of the searched texts.
    #[must_use]
    pub fn have(&self, word: &str, searched: Searched) -> bool {
        self.names.contains(word) || (searched.full_name && self.full_name.contains(word)) || (searched.email && self.email.contains(word))
    }
}

fn lines(parts: &[&str]) -> String {
    searched(&parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("\n"))
}

/// A folded text, cut so that indexes can hold it whatever letters folding takes apart.
fn searched(text: &str) -> String {
    folded(text).chars().take(SEARCHED).collect()
}

/// What an account is sorted by where people are sorted by name, folded.
#[must_use]
pub fn sort_name(user: &User, format: NameFormat) -> String {
    let (profile, username) = (&user.profile, user.username.as_str());
    let full = format!("{} {}", profile.first_name, profile.last_name);
    let full = if full.trim().is_empty() { username } else { full.trim() };
    match format {
        NameFormat::Username => username.to_owned(),
        NameFormat::Nickname if !profile.nickname.is_empty() => folded(&profile.nickname),
        NameFormat::Nickname | NameFormat::FullName => folded(full),
    }
}

/// A count of accounts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Count {
    /// Which are counted: everyone, a team's or a channel's.
    pub scope: Scope,
    /// What is asked of each.
    pub filter: Filter,
    /// Whether bots count.
    pub with_bots: bool,
    /// Whether accounts that live on another server count.
    pub with_remote: bool,
}

/// A list of bots.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BotListing {
    /// Whose; everybody's if nobody's.
    pub owner: Option<UserId>,
    /// Whether deactivated ones are listed too.
    pub with_inactive: bool,
    /// Only those whose owner is deactivated or gone.
    pub is_orphaned: bool,
    /// Which part; in order of their making.
    pub page: Page,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testkit::fixture;

    fn folded_words(term: &str) -> Vec<String> {
        words(term).into_iter().map(|word| word.folded).collect()
    }

    #[test]
    fn a_term_is_taken_apart() {
        assert_eq!(folded_words(" @Ada  LOVE*lace "), ["lovelace", "ada"]);
        assert_eq!(folded_words("@@x @ **"), ["x"]);
        assert!(words(" \t\n").is_empty());
        assert_eq!(words(&"i".repeat(26))[0].id, Some("i".repeat(26).parse().unwrap()));
        assert_eq!(words("ada")[0].id, None);
    }

    #[test]
    fn no_word_spans_two_texts() {
        let mut user = fixture::user("a", "ada");
        user.profile.nickname = "Countess".into();
        let texts = SearchTexts::of(&user);
        let all = Searched { full_name: true, email: true };
        assert!(texts.have("ada", all) && texts.have("ounte", all) && !texts.have("adacount", all));
        assert!(texts.have("example", all) && !texts.have("example", Searched { email: false, ..all }));
    }

    #[test]
    fn a_display_name_falls_back() {
        let mut user = fixture::user("a", "ada");
        assert_eq!(sort_name(&user, NameFormat::Nickname), "ada");
        user.profile.last_name = "Ødegård".into();
        assert_eq!(sort_name(&user, NameFormat::Nickname), "odegard");
        user.profile.nickname = "Zoë".into();
        assert_eq!((sort_name(&user, NameFormat::Nickname), sort_name(&user, NameFormat::FullName)), ("zoe".into(), "odegard".into()));
    }

    #[test]
    fn role_names_become_tests() {
        let filter = RoleFilter::default().or_system("system_admin").or_system("team_admin").or_place("team_user");
        assert_eq!(filter.any_of, [RoleTest::AnyOf(vec!["system_admin"]), RoleTest::PlaceUser]);
        assert_eq!(RoleFilter::default().with_part("system_post_all").all_of, ["system_post_all", "system_post_all_public"]);
    }

    proptest! {
        #[test]
        fn no_term_makes_the_reader_panic(term: String) {
            prop_assert!(words(&term).len() <= WORDS);
        }
    }
}
