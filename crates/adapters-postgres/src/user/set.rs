//! Conditions as sets: where the accounts are to be found that fulfil one.

use diesel::sql_types::{Array, BigInt};
use diesel_async::RunQueryDsl;
use muster_domain::group::Place;
use muster_domain::store::StoreError;
use muster_domain::user::query::RoleTest;

use crate::lease::Lease;
use crate::statement::{Bind, Sql};
use crate::user::part::{Former, Part, Standings, are_common};

/// A set up to this size is fetched and sorted; a larger one is met soon enough by walking an index in the order of the list.
const SMALL: i64 = 2_000;

/// The rank of a team's members: most sets are smaller.
const TEAM: u8 = 5;

/// Rows that stand for the accounts of a set.
#[derive(Debug, Clone)]
pub(super) struct Set<'a> {
    /// `FROM` and `WHERE` without these words.
    from: Sql<'a>,
    condition: Sql<'a>,
    /// The account's id, and its username where the rows have it.
    pub(super) id: &'static str,
    pub(super) username: &'static str,
    /// Whether an index has the rows in the order of usernames.
    is_in_order: bool,
    /// Whether it has nobody who does not fulfil the condition.
    is_exact: bool,
    /// Whether it has nobody twice.
    is_distinct: bool,
    /// How soon to walk it rather than another in order.
    rank: u8,
}

impl<'a> Set<'a> {
    /// Everybody.
    pub(super) fn everyone() -> Self {
        Self::of_users("TRUE", u8::MAX)
    }

    fn of_users(condition: &'static str, rank: u8) -> Self {
        let (from, condition) = (Sql::new("users AS f", []), Sql::new(condition, []));
        Self { from, condition, id: "f.id", username: "f.username", is_in_order: true, is_exact: true, is_distinct: true, rank }
    }

    /// Rows that are named `d`.
    fn of(from: &'static str, condition: Sql<'a>, rank: u8) -> Self {
        let from = Sql::new(from, []);
        Self { from, condition, id: "d.user_id", username: "d.username", is_in_order: true, is_exact: true, is_distinct: true, rank }
    }

    /// Whether the rows are those of `users`, under the name `f`.
    pub(super) fn has_row(&self) -> bool {
        self.id == "f.id"
    }

    /// Whether everybody is in it.
    pub(super) fn is_of_everyone(&self) -> bool {
        self.rank == u8::MAX && self.has_row()
    }

    /// Whether an index has the rows in the order of usernames.
    pub(super) const fn is_in_order(&self) -> bool {
        self.is_in_order
    }

    /// Whether it is the members of a team.
    pub(super) fn is_of_team(&self) -> bool {
        self.rank == TEAM
    }

    fn out_of_order(self) -> Self {
        Self { is_in_order: false, ..self }
    }

    fn repeated(self) -> Self {
        Self { is_distinct: false, ..self.out_of_order() }
    }

    /// Those who have a status, and one of some presences.
    pub(super) fn present(presence: Option<&'static str>) -> Self {
        let condition = presence.map_or_else(|| Sql::new("TRUE", []), |presence| Sql::new("d.presence = ?", [Bind::Text(presence)]));
        Self::of("statuses AS d", condition, u8::MAX)
    }

    /// Those who may be left out of a count.
    pub(super) fn set_apart() -> Self {
        Self::of_users("(f.deleted_at <> 0 OR f.is_bot OR f.remote_id <> '')", u8::MAX)
    }

    /// The first rows of another set, named `d`.
    pub(super) fn walked(rows: Sql<'a>) -> Self {
        Self { from: rows, ..Self::of("", Sql::new("TRUE", []), u8::MAX) }
    }

    /// Rows of accounts that were fetched under the name `few`, joined with what else is looked at.
    pub(super) fn fetched(joined: &'static str) -> Self {
        Self { from: Sql::new("few JOIN users AS f ON f.id = few.user_id", []).and(joined, []), ..Self::everyone() }
    }

    /// The same with a further condition on the rows.
    #[must_use]
    pub(super) fn only(self, condition: Sql<'a>) -> Self {
        Self { condition: self.condition.and(" AND ", []).with(condition), ..self }
    }

    /// ` FROM … WHERE …` over the set's rows, with the accounts' own where they are asked for.
    pub(super) fn rows(&self, with_row: bool) -> Sql<'a> {
        let from = Sql::new(" FROM ", []).with(self.from.clone());
        // By both, so that an index that has both and more can answer alone.
        let named = |from: Sql<'a>| if self.is_distinct { from.and(" AND f.username = ", []).and(self.username, []) } else { from };
        let joined = |from: Sql<'a>| named(from.and(" JOIN users AS f ON f.id = ", []).and(self.id, []));
        let from = if with_row && !self.has_row() { joined(from) } else { from };
        from.and(" WHERE ", []).with(self.condition.clone())
    }

    /// The ids, each once.
    pub(super) fn ids(&self) -> Sql<'a> {
        Sql::new("SELECT DISTINCT ", []).and(self.id, []).and(" AS user_id", []).with(self.rows(false))
    }

    /// The same as [`Self::rows`], but nobody comes twice.
    pub(super) fn distinct_rows(&self, with_row: bool) -> Sql<'a> {
        if self.is_distinct {
            return self.rows(with_row);
        }
        let ids = Sql::new("(", []).with(self.ids()).and(") AS d", []);
        // These have no usernames.
        Self { is_distinct: false, ..Self::walked(ids) }.rows(with_row)
    }

    /// How many rows there are, up to just above the small size.
    fn count(&self) -> Sql<'a> {
        let rows = Sql::new("(SELECT count(*) FROM (SELECT 1", []).with(self.rows(false));
        rows.and(" LIMIT ?) AS few)", [Bind::Number(SMALL + 1)])
    }
}

impl<'a> Part<'a> {
    /// The set of a condition; none where most accounts are in it, or where no index has them.
    pub(super) fn set(&self) -> Option<Set<'a>> {
        let one = |condition: &'static str, of: &'a str| Sql::new(condition, [Bind::Text(of)]);
        match self {
            Self::Inactive => Some(Set::of_users("f.deleted_at <> 0", 1)),
            Self::Teamless => Some(Set::of_users("f.active_teams = 0", 2)),
            Self::InTeam(team, Former::LeftOut) => {
                Some(Set::of("team_members AS d", one("d.deleted_at = 0 AND d.team_id = ?", team.as_str()), TEAM))
            }
            Self::InTeam(team, Former::Counted) => {
                Some(Set::of("team_members AS d", one("d.team_id = ?", team.as_str()), 5).out_of_order())
            }
            Self::DeactivatedInTeam(team) => {
                Some(Set::of("team_members AS d", one("d.deleted_at = 0 AND d.is_deactivated AND d.team_id = ?", team.as_str()), 1))
            }
            // Some who have joined since may be among them.
            Self::OutsideTeam(team) => {
                Some(Set { is_exact: false, ..Set::of("team_outsiders AS d", one("d.team_id = ?", team.as_str()), 4) })
            }
            Self::InChannel(channel) => Some(Set::of("channel_members AS d", one("d.channel_id = ?", channel.as_str()), 4)),
            Self::InGroup(group) => Some(Set::of("group_members AS d", one("d.group_id = ?", group.as_str()), 3)),
            Self::Linked(place) => Some(linked(place)),
            Self::Roles(names) if !are_common(names) => Some(holders(names)),
            Self::AnyOf(tests, standings) => any_of(tests, *standings),
            Self::KnownTo(viewer) => {
                // The fence keeps the planner from walking everybody's memberships.
                let from = "channel_members AS own CROSS JOIN LATERAL (\
                    SELECT user_id, username FROM channel_members WHERE channel_id = own.channel_id OFFSET 0) AS d";
                Some(Set::of(from, one("own.user_id = ?", viewer.as_str()), 6).repeated())
            }
            Self::Active | Self::NotInTeam(_) | Self::NotInChannel(_) | Self::NotInGroup(_) | Self::Roles(_) | Self::Word(..) => None,
        }
    }
}

fn linked<'a>(place: &Place) -> Set<'a> {
    let from =
        "group_places AS l CROSS JOIN LATERAL (SELECT user_id, username FROM group_members WHERE group_id = l.group_id OFFSET 0) AS d";
    let condition = match place {
        Place::Team(team) => Sql::new("l.team_id = ?", [Bind::OwnText(team.to_string())]),
        Place::Channel(channel) => Sql::new("l.channel_id = ?", [Bind::OwnText(channel.to_string())]),
    };
    Set::of(from, condition, 6).repeated()
}

fn holders<'a>(names: &'a [&'static str]) -> Set<'a> {
    match names {
        [name] => Set::of("user_roles_beside AS d", Sql::new("d.role = ?", [Bind::Text(name)]), 0),
        _ => Set::of("user_roles_beside AS d", Sql::new("d.role = ANY(?)", [Bind::Texts(names.to_vec())]), 0).repeated(),
    }
}

/// The set of those who pass one of some tests, if all of the tests have sets.
fn any_of<'a>(tests: &'a [RoleTest], standings: Standings<'a>) -> Option<Set<'a>> {
    let sets: Option<Vec<_>> = tests.iter().map(|test| passing(test, standings)).collect();
    let mut sets: Vec<_> = sets?.into_iter().flatten().collect();
    if sets.len() == 1 {
        return sets.pop().map(|set| Set { is_exact: false, ..set });
    }
    let members = sets.iter().map(|set| Sql::new("SELECT ", []).and(set.id, []).and(" AS user_id", []).with(set.rows(false)));
    let members = std::iter::once(Sql::new("SELECT '' AS user_id WHERE FALSE", [])).chain(members);
    let from = Sql::new("(", []).with(Sql::joined(members, " UNION ALL ")).and(") AS d", []);
    Some(Set { from, is_exact: false, ..Set::of("", Sql::new("TRUE", []), 6).repeated() })
}

/// The set of those who pass a test, if there is one: `Some(None)` where nobody does.
#[expect(clippy::option_option, reason = "no set and an empty one differ")]
fn passing<'a>(test: &'a RoleTest, standings: Standings<'a>) -> Option<Option<Set<'a>>> {
    match test {
        RoleTest::AnyOf(names) if !are_common(names) => Some(Some(holders(names))),
        RoleTest::PlaceAdmin => Some(standing(standings, Sql::new("d.is_admin", []))),
        RoleTest::PlaceGuest => Some(standing(standings, Sql::new("d.is_guest", []))),
        RoleTest::PlaceUser if matches!(standings, Standings::Nowhere) => Some(None),
        RoleTest::AnyOf(_) | RoleTest::Exactly(_) | RoleTest::PlaceUser => None,
    }
}

fn standing<'a>(standings: Standings<'a>, standing: Sql<'a>) -> Option<Set<'a>> {
    standings.part()?.set().map(|members| Set { rank: 1, ..members.only(standing) })
}

/// How the accounts of some conditions are found.
pub(super) struct Way<'a> {
    /// Where they are among.
    pub(super) set: Set<'a>,
    /// The conditions that are to be looked at with each account.
    pub(super) rest: Vec<Part<'a>>,
}

impl<'a> Way<'a> {
    /// The way over a set that stands for the condition at a place.
    pub(super) fn new(set: Set<'a>, parts: &[Part<'a>], place: usize) -> Self {
        let skipped = set.is_exact.then_some(place);
        let rest = parts.iter().enumerate().filter(|(other, _)| Some(*other) != skipped).map(|(_, part)| part.clone()).collect();
        Self { set, rest }
    }

    /// The walk over what is likely the smallest of the sets that an index has in the order of usernames.
    pub(super) fn walk(parts: &[Part<'a>]) -> Self {
        let best = sets(parts).into_iter().filter(|(_, set)| set.is_in_order).min_by_key(|(_, set)| set.rank);
        best.map_or_else(|| Self::over(Set::everyone(), parts), |(place, set)| Self::new(set, parts, place))
    }

    /// The walk over a set that no condition stands for.
    pub(super) fn over(set: Set<'a>, parts: &[Part<'a>]) -> Self {
        Self { set, rest: parts.to_vec() }
    }
}

/// Whether a walk over the best set may have to pass many who are in none of the others, or there is none to walk.
pub(super) fn is_choice(parts: &[Part<'_>]) -> bool {
    let sets = sets(parts);
    sets.len() > 1 || sets.iter().any(|(_, set)| !set.is_in_order)
}

fn sets<'a>(parts: &[Part<'a>]) -> Vec<(usize, Set<'a>)> {
    parts.iter().enumerate().filter_map(|(place, part)| Some((place, part.set()?))).collect()
}

impl Lease {
    /// The smallest set of some conditions, if one is small; they are counted up to a bound.
    pub(super) async fn small<'a>(&mut self, parts: &[Part<'a>]) -> Result<Option<Way<'a>>, StoreError> {
        let sets = sets(parts);
        if sets.is_empty() {
            return Ok(None);
        }
        let counts = Sql::joined(sets.iter().map(|(_, set)| set.count()), ", ");
        let counts = Sql::new("SELECT ARRAY[", []).with(counts).and("]", []).statement::<(Array<BigInt>,)>();
        let counted = counts.get_result::<(Vec<i64>,)>(self.connection()?).await;
        let (counts,) = self.settle(counted)?;
        let smallest = counts.into_iter().zip(sets).min_by_key(|(count, _)| *count).filter(|(count, _)| *count <= SMALL);
        Ok(smallest.map(|(_, (place, set))| Way::new(set, parts, place)))
    }
}
