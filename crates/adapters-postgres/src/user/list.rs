//! Lists of accounts.

use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use muster_domain::id::TeamId;
use muster_domain::page::Page;
use muster_domain::store::StoreError;
use muster_domain::time::Timestamp;
use muster_domain::user::User;
use muster_domain::user::query::{Listed, Listing, NameFormat, Order, Scope};

use crate::lease::Lease;
use crate::page::offset;
use crate::statement::{Bind, Sql};
use crate::user::part::{Former, Part, Standings, parts, standings};
use crate::user::set::{Set, Way, is_choice};
use crate::user::{UserRow, UserSql, account, mark};

/// The first of the ranks of statuses.
const PRESENCES: [&str; 3] = ["online", "away", "dnd"];
const RANK: &str = "CASE s.presence WHEN 'online' THEN 0 WHEN 'away' THEN 1 WHEN 'dnd' THEN 2 ELSE 3 END::bigint";
const UNRANKED: &str = "NOT EXISTS (SELECT 1 FROM statuses AS s WHERE s.presence IN ('online', 'away', 'dnd') AND s.user_id = ";

/// What accounts are sorted by: a number, a text, and the id.
#[derive(Debug, Clone)]
pub(super) struct Keys<'a> {
    /// The number: it grows, whichever way the index goes.
    number: Sql<'a>,
    /// The number in the words of an index that is walked, if it is not always the same.
    first: Option<&'static str>,
    /// The text; the username if none.
    text: Option<&'static str>,
}

impl Keys<'_> {
    /// By username alone.
    pub(super) fn username() -> Self {
        Self { number: Sql::new("0::bigint", []), first: None, text: None }
    }

    fn number(number: &'static str, first: &'static str) -> Self {
        Self { number: Sql::new(number, []), first: Some(first), text: None }
    }

    /// By a number that says nothing of the index, then by username.
    fn constant(number: &'static str) -> Self {
        Self { number: Sql::new(number, []), ..Self::username() }
    }

    fn text(text: &'static str) -> Self {
        Self { text: Some(text), ..Self::username() }
    }
}

/// Ids of accounts that meet some conditions, with what they are sorted by.
pub(super) fn met<'a>(set: &Set<'a>, rest: &[Part<'a>], keys: &Keys<'a>) -> Sql<'a> {
    let has_row = set.has_row() || keys.text.is_some() || rest.iter().any(Part::needs_row);
    let columns = Sql::new("SELECT ", []).with(keys.number.clone()).and(" AS number, ", []).and(keys.text.unwrap_or(set.username), []);
    let rows = columns.and(" AS text, ", []).and(set.id, []).and(" AS user_id", []).with(set.rows(has_row));
    rest.iter().fold(rows, |rows, part| rows.and(" AND ", []).with(part.condition(set.id, Some(set.username))))
}

/// The ids in the order in which an index has them: as many as `part` says, which begins with `OFFSET` or `LIMIT`.
pub(super) fn walk<'a>(set: &Set<'a>, rest: &[Part<'a>], keys: &Keys<'a>, part: Sql<'a>) -> Sql<'a> {
    let ordered = met(set, rest, keys).and(" ORDER BY ", []);
    let ordered = match keys.first {
        Some(first) => ordered.and(first, []).and(", ", []),
        None => ordered,
    };
    ordered.and(keys.text.unwrap_or(set.username), []).and(", ", []).and(set.id, []).with(part)
}

/// The accounts that something gives in their order, with their numbers.
pub(super) fn accounts(ordered: Sql<'_>) -> Sql<'_> {
    let from = Sql::new(concat!("SELECT ", account!("u."), ", page.number FROM ("), []).with(ordered);
    from.and(") AS page JOIN users AS u ON u.id = page.user_id ORDER BY page.number, page.text, page.user_id", [])
}

/// Accounts of few ids that meet some conditions, fetched under the name `met` before they are sorted; `rows` are [`Set::fetched`].
///
/// The fences keep the planner from walking everybody in this order for the sake of a few.
pub(super) fn fetch<'a>(ids: Sql<'a>, rows: &Set<'a>, rest: &[Part<'a>], keys: &Keys<'a>) -> Sql<'a> {
    let few = Sql::new("WITH few AS MATERIALIZED (", []).with(ids).and("), met AS MATERIALIZED (", []);
    few.with(met(rows, rest, keys)).and(") ", [])
}

/// The rows of `met` in their order.
pub(super) fn sorted(part: Sql<'_>) -> Sql<'_> {
    Sql::new("SELECT * FROM met ORDER BY number, text, user_id", []).with(part)
}

fn page(page: Page) -> Sql<'static> {
    Sql::new(" OFFSET ? LIMIT ?", [Bind::Number(offset(page)), Bind::Number(i64::from(page.size))])
}

impl Lease {
    /// One page of a list.
    pub(super) async fn listed(&mut self, listing: &Listing) -> Result<Vec<Listed>, StoreError> {
        let sql = self.listing(listing).await?;
        let found = sql.statement::<(UserSql, BigInt)>().load::<(UserRow, i64)>(self.connection()?).await;
        let is_by_activity = listing.order == Order::Activity;
        let listed = |(row, number): (UserRow, i64)| {
            let last_activity_at = Timestamp::from_millis(if is_by_activity { -number } else { 0 });
            Ok(Listed { user: User::try_from(row)?, last_activity_at })
        };
        self.settle(found)?.into_iter().map(listed).collect()
    }

    async fn listing<'a>(&mut self, listing: &'a Listing) -> Result<Sql<'a>, StoreError> {
        let has_former = matches!(listing.order, Order::Activity | Order::Created);
        let former = if has_former { Former::Counted } else { Former::LeftOut };
        let mut parts = parts(&listing.scope, &listing.filter, former);
        self.turn_outside(&mut parts).await?;
        let standings = standings(&listing.scope, former);
        if is_by_username(listing.order, standings) {
            return self.by_username(listing, &parts).await;
        }
        if let Some(way) = self.small(&parts).await? {
            return Ok(fetched(&way, listing, standings));
        }
        let walked = |set: Set<'a>, keys: Keys<'a>| accounts(walk(&set, &parts, &keys, page(listing.page)));
        Ok(match listing.order {
            Order::Activity => walked(Set::present(None), Keys::number("-d.last_activity_at", "d.last_activity_at DESC")),
            Order::Created => walked(Set::everyone(), Keys::number("-f.created_at", "f.created_at DESC")),
            Order::DisplayName(format) => by_display_name(&parts, &listing.scope, format, listing.page),
            Order::Status => by_status(&parts, listing.page),
            Order::AdminsFirst | Order::Username => admins_first(&parts, standings, listing.page),
        })
    }

    async fn by_username<'a>(&mut self, listing: &'a Listing, parts: &[Part<'a>]) -> Result<Sql<'a>, StoreError> {
        let keys = Keys::username();
        if let Some(less) = mark::list(listing) {
            let Way { set, rest, .. } = Way::walk(parts);
            let part = Sql::new(mark::OFFSET, [Bind::Number(offset(listing.page))]);
            let part = part.and(" LIMIT ?", [Bind::Number(i64::from(listing.page.size))]);
            let from = Sql::new(set.username, []).and(mark::FROM, []);
            return Ok(mark::start(less, offset(listing.page)).with(accounts(walk(&set.only(from), &rest, &keys, part))));
        }
        let way = Way::walk(parts);
        // Where a walk meets nobody in vain, there is nothing to choose.
        let small = if is_choice(parts) { self.small(parts).await? } else { None };
        match small {
            // A page of what an index has in order is there before the rest is looked at.
            Some(small) if small.set.is_in_order() => return Ok(accounts(walk(&small.set, &small.rest, &keys, page(listing.page)))),
            Some(small) => return Ok(fetched(&small, listing, Standings::Nowhere)),
            None => {}
        }
        if let Some(less) = self.less(&listing.scope, &way).await? {
            return Ok(outside(less, &way, listing.page));
        }
        Ok(accounts(walk(&way.set, &way.rest, &keys, page(listing.page))))
    }

    /// The lists of those who are outside a place, if the walk is over what they are outside of.
    async fn less<'a>(&mut self, scope: &'a Scope, way: &Way<'_>) -> Result<Option<mark::Less<'a>>, StoreError> {
        Ok(match scope {
            Scope::NotInTeam { team, .. } if way.set.is_of_everyone() => Some(mark::Less { list: "".into(), without: team.to_string() }),
            Scope::NotInChannel { team, channel, .. } if way.set.is_of_team() => {
                let without = mark::of_channel(channel.as_str());
                self.has_stretches(&without).await?.then(|| mark::Less { list: team.as_str().into(), without })
            }
            _ => None,
        })
    }
}

/// The page of those who are outside a place. Where more than that is asked of them, nobody knows how many lie before it.
fn outside<'a>(less: mark::Less<'a>, way: &Way<'a>, page: Page) -> Sql<'a> {
    if let [Part::NotInTeam(team)] = way.rest.as_slice() {
        let part = Sql::new(mark::SKIPPED, [Bind::Number(i64::from(page.size))]);
        return mark::outside(less, offset(page), matched(team), page.size).with(accounts(sorted(part)));
    }
    let stretch = way.set.clone().only(mark::in_stretch(way.set.username));
    let walked = walk(&stretch, &way.rest, &Keys::username(), Sql::default());
    let wanted = page.size.saturating_add(u32::try_from(page.offset()).unwrap_or(u32::MAX));
    mark::outside(less, 0, walked, wanted).with(accounts(sorted(self::page(page))))
}

/// The accounts of a stretch that are outside a team, as [`met`] gives them. A full join is the one that no planner turns into a
/// look-up for each account: to match two ranges costs a fifth of it.
fn matched(team: &TeamId) -> Sql<'_> {
    let everyone =
        Sql::new("SELECT 0::bigint AS number, f.username AS text, f.id AS user_id FROM (SELECT id, username FROM users WHERE ", []);
    let members = everyone.with(mark::in_stretch("username")).and(") AS f FULL JOIN (SELECT username FROM team_members WHERE ", []);
    let members = members.and("deleted_at = 0 AND team_id = ? AND ", [Bind::Text(team.as_str())]).with(mark::in_stretch("username"));
    members.and(") AS m ON m.username = f.username WHERE m.username IS NULL ORDER BY f.username", [])
}

/// Whether an order is that of usernames: nobody looks after what is no place.
fn is_by_username(order: Order, standings: Standings<'_>) -> bool {
    let is_plain = matches!(order, Order::Username | Order::DisplayName(NameFormat::Username));
    is_plain || (order == Order::AdminsFirst && matches!(standings, Standings::Nowhere))
}

/// A group has an index of this order of its own.
fn by_display_name<'a>(parts: &[Part<'a>], scope: &Scope, format: NameFormat, page: Page) -> Sql<'a> {
    let members = parts.first().filter(|_| matches!(scope, Scope::InGroup(_))).and_then(Part::set);
    let (way, text) = match members {
        // The first condition is that of the members.
        Some(members) => (Way::new(members, parts, 0), name_in_group(format)),
        None => (Way::over(Set::everyone(), parts), name(format)),
    };
    accounts(walk(&way.set, &way.rest, &Keys::text(text), self::page(page)))
}

const fn name_in_group(format: NameFormat) -> &'static str {
    match format {
        NameFormat::Username => "d.username",
        NameFormat::Nickname => "d.sort_nickname",
        NameFormat::FullName => "d.sort_full_name",
    }
}

const fn name(format: NameFormat) -> &'static str {
    match format {
        NameFormat::Username => "f.username",
        NameFormat::Nickname => "f.sort_nickname",
        NameFormat::FullName => "f.sort_full_name",
    }
}

/// The page of a small set.
fn fetched<'a>(way: &Way<'a>, listing: &Listing, standings: Standings<'a>) -> Sql<'a> {
    let (joined, keys) = match listing.order {
        Order::Username => ("", Keys::username()),
        Order::Activity => (" JOIN statuses AS s ON s.user_id = f.id", Keys::constant("-s.last_activity_at")),
        Order::Created => ("", Keys::constant("-f.created_at")),
        Order::Status => (" LEFT JOIN statuses AS s ON s.user_id = f.id", Keys::constant(RANK)),
        Order::AdminsFirst => ("", Keys { number: admin_rank(standings), ..Keys::username() }),
        Order::DisplayName(format) => ("", Keys::text(name(format))),
    };
    fetch(way.set.ids(), &Set::fetched(joined), &way.rest, &keys).with(accounts(sorted(page(listing.page))))
}

fn admin_rank(standings: Standings<'_>) -> Sql<'_> {
    Sql::new("CASE WHEN ", []).with(standings.is_admin()).and(" THEN 0 ELSE 1 END::bigint", [])
}

fn by_status<'a>(parts: &[Part<'a>], page: Page) -> Sql<'a> {
    let mut ranks: Vec<_> = PRESENCES.map(|presence| Way::over(Set::present(Some(presence)), parts)).into();
    let way = Way::walk(parts);
    let unranked = Sql::new(UNRANKED, []).and(way.set.id, []).and(")", []);
    ranks.push(Way { set: way.set.only(unranked), ..way });
    one_after_the_other(&ranks, page)
}

fn admins_first<'a>(parts: &[Part<'a>], standings: Standings<'a>, page: Page) -> Sql<'a> {
    let Some(members) = standings.part().and_then(|part| part.set()) else {
        return one_after_the_other(&[Way::walk(parts)], page);
    };
    let admins = members.clone().only(Sql::new("d.is_admin", []));
    let others = members.only(Sql::new("NOT d.is_admin", []));
    // The first condition is that of the members.
    one_after_the_other(&[Way::new(admins, parts, 0), Way::new(others, parts, 0)], page)
}

/// The page of what is in order of username within each of some ranks, and walked for each of them in turn.
fn one_after_the_other<'a>(ranks: &[Way<'a>], page: Page) -> Sql<'a> {
    const NAMES: [(&str, &str); 4] = [("0::bigint", "first"), ("1::bigint", "second"), ("2::bigint", "third"), ("3::bigint", "fourth")];
    let wanted = offset(page).saturating_add(i64::from(page.size));
    let mut before = Sql::default();
    let (mut walks, mut all) = (Vec::new(), Vec::new());
    for (way, (number, name)) in ranks.iter().zip(NAMES) {
        let limit = Sql::new(" LIMIT greatest(0, ?", [Bind::Number(wanted)]).with(before.clone()).and(")", []);
        let ranked = walk(&way.set, &way.rest, &Keys::constant(number), limit);
        walks.push(Sql::new(name, []).and(" AS MATERIALIZED (", []).with(ranked).and(")", []));
        all.push(Sql::new("SELECT * FROM ", []).and(name, []));
        before = before.and(" - (SELECT count(*) FROM ", []).and(name, []).and(")", []);
    }
    let all = Sql::joined(all, " UNION ALL ").and(" ORDER BY number, text, user_id", []).with(self::page(page));
    Sql::new("WITH ", []).with(Sql::joined(walks, ", ")).and(" ", []).with(accounts(all))
}
