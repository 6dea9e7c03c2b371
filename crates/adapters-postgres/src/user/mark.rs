//! Counts beside an index range: how the accounts before a deep page are skipped without walking them.
//!
//! The migration's triggers keep the counts: see `list_marks` there.

use std::borrow::Cow;

use diesel::sql_types::{BigInt, Bool};
use diesel_async::RunQueryDsl;
use muster_domain::store::StoreError;
use muster_domain::user::query::{Filter, Listing, Order, Scope};

use crate::lease::Lease;
use crate::page::offset;
use crate::statement::{Bind, Sql, Statement};
use crate::user::part::Part;

/// Fewer accounts than this are skipped by walking them.
const WORTHWHILE: i64 = 1_000;

/// The list of everybody who is deactivated; those of teams have the team's id behind it.
const INACTIVE: &str = "!";

/// A list less another, whose accounts are all in it too: the last stretch that does not begin after the page, and how many of its
/// accounts lie before the page. What was appended for a name counts where the name lies.
const START: &str = "WITH counts AS (\
        SELECT first_name AS name, names AS count, TRUE AS is_mark FROM list_marks WHERE list = ? \
        UNION ALL SELECT first_name, -names, FALSE FROM list_marks WHERE list = ? \
        UNION ALL SELECT name, change, FALSE FROM list_changes WHERE list = ? \
        UNION ALL SELECT name, -change, FALSE FROM list_changes WHERE list = ?), \
    sums AS (\
        SELECT name, is_mark, sum(count) OVER (ORDER BY name) - sum(count) OVER (PARTITION BY name) AS before FROM counts), \
    start AS MATERIALIZED (\
        SELECT name, (? - before)::bigint AS skipped FROM sums WHERE is_mark AND before <= ? ORDER BY name DESC LIMIT 1) ";

/// The condition on a username that begins a walk at the stretch; everything is walked if there is none.
pub(super) const FROM: &str = " >= coalesce((SELECT name FROM start), '')";
/// What the walk skips then.
pub(super) const OFFSET: &str = " OFFSET coalesce((SELECT skipped FROM start), ?)";

/// Each of everyone's stretches, with how many who are in a list and not in another, whose accounts are all in it too, lie before its
/// begin and before its end.
const OUTSIDE: &str = "WITH counts AS (\
        SELECT first_name AS name, 0 AS count, TRUE AS is_mark FROM list_marks WHERE list = '' \
        UNION ALL SELECT first_name, names, FALSE FROM list_marks WHERE list = ? \
        UNION ALL SELECT first_name, -names, FALSE FROM list_marks WHERE list = ? \
        UNION ALL SELECT name, change, FALSE FROM list_changes WHERE list = ? \
        UNION ALL SELECT name, -change, FALSE FROM list_changes WHERE list = ?), \
    sums AS (\
        SELECT name, is_mark, sum(count) OVER () AS total, \
            sum(count) OVER (ORDER BY name) - sum(count) OVER (PARTITION BY name) AS before FROM counts), \
    stretches AS MATERIALIZED (\
        SELECT name, coalesce(lead(name) OVER (ORDER BY name), '~') AS ends_before, before::bigint AS before, \
            coalesce(lead(before) OVER (ORDER BY name), total)::bigint AS after FROM sums WHERE is_mark), \
    start AS MATERIALIZED (SELECT ? - coalesce(min(before), 0) AS skipped FROM stretches WHERE after > before AND after > ?), \
    met AS MATERIALIZED (\
        SELECT outside.* FROM (SELECT * FROM stretches WHERE after > before AND after > ? ORDER BY name) AS stretch \
        CROSS JOIN LATERAL (";
const OUTSIDE_END: &str = ") AS outside LIMIT (SELECT skipped FROM start) + ?) ";

/// The same from the beginning: which stretches have anybody is told by counts alone, one after the other. A stretch of which something
/// was appended is looked at.
const OUTSIDE_FROM_THE_BEGINNING: &str = "WITH changed AS MATERIALIZED (\
        SELECT DISTINCT (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= c.name) AS name \
        FROM list_changes AS c WHERE list IN (?, ?)), \
    stretches AS (\
        SELECT first_name AS name, coalesce(lead(first_name) OVER (ORDER BY first_name), '~') AS ends_before \
        FROM list_marks WHERE list = ''), \
    start AS MATERIALIZED (SELECT 0::bigint AS skipped), \
    met AS MATERIALIZED (\
        SELECT outside.* FROM (\
            SELECT stretches.* FROM stretches \
            LEFT JOIN (SELECT first_name, names FROM list_marks WHERE list = ?) AS whole ON whole.first_name = stretches.name \
            LEFT JOIN (SELECT first_name, names FROM list_marks WHERE list = ?) AS part ON part.first_name = stretches.name \
            WHERE coalesce(whole.names, 0) <> coalesce(part.names, 0) OR stretches.name IN (SELECT name FROM changed) \
            ORDER BY stretches.name) AS stretch \
        CROSS JOIN LATERAL (";

/// A list less another.
#[derive(Debug, Clone)]
pub(super) struct Less<'a> {
    pub(super) list: Cow<'a, str>,
    pub(super) without: String,
}

impl<'a> Less<'a> {
    /// A list without anybody taken away.
    fn nobody(list: Cow<'a, str>) -> Self {
        // No list has this name.
        Self { list, without: "-".to_owned() }
    }

    fn binds(self) -> [Bind<'a>; 4] {
        let Self { list, without } = self;
        let list = list.into_owned();
        [list.clone(), without.clone(), list, without].map(Bind::OwnText)
    }
}

/// The list of a channel's members as far as they belong to its team.
pub(super) fn of_channel(channel: &str) -> String {
    format!("#{channel}")
}

/// What finds those who are in one list and outside another, under the name `met`, from an offset of them on: stretches that belong to
/// the other as a whole are passed over. `walked` walks the accounts of a `stretch`.
pub(super) fn outside<'a>(less: Less<'a>, offset: i64, walked: Sql<'a>, size: u32) -> Sql<'a> {
    let stretches = if offset == 0 {
        Sql::new(OUTSIDE_FROM_THE_BEGINNING, less.binds())
    } else {
        let numbers = [offset, offset, offset].map(Bind::Number);
        Sql::new(OUTSIDE, less.binds().into_iter().chain(numbers))
    };
    stretches.with(walked).and(OUTSIDE_END, [Bind::Number(i64::from(size))])
}

/// The accounts of one of these stretches, as a condition on their names.
pub(super) fn in_stretch<'a>(username: &'static str) -> Sql<'a> {
    Sql::new(username, []).and(" >= stretch.name AND ", []).and(username, []).and(" < stretch.ends_before", [])
}

/// How many of `met` lie before the page.
pub(super) const SKIPPED: &str = " OFFSET (SELECT skipped FROM start) LIMIT ?";

const ARE_KEPT: &str = "SELECT EXISTS (SELECT 1 FROM complemented_teams WHERE team_id = ? AND is_filled)";

const TOTAL: &str = "SELECT (coalesce((SELECT sum(names) FROM list_marks WHERE list = ?), 0) \
    + coalesce((SELECT sum(change) FROM list_changes WHERE list = ?), 0))::bigint";

/// The lists that are kept among the marks and make up another, deep enough for them.
pub(super) fn list(listing: &Listing) -> Option<Less<'_>> {
    let by_activity_alone = Filter { is_active: listing.filter.is_active, ..Filter::default() };
    if listing.order != Order::Username || offset(listing.page) < WORTHWHILE || listing.filter != by_activity_alone {
        return None;
    }
    let list = name(&listing.scope)?;
    let inactive = || format!("{INACTIVE}{list}");
    Some(match listing.filter.is_active {
        None => Less::nobody(Cow::Borrowed(list)),
        Some(true) => Less { list: Cow::Borrowed(list), without: inactive() },
        Some(false) => Less::nobody(Cow::Owned(inactive())),
    })
}

/// The name among the marks of a scope whose accounts are counted there.
pub(super) fn name(scope: &Scope) -> Option<&str> {
    match scope {
        Scope::Everyone => Some(""),
        Scope::InTeam(team) => Some(team.as_str()),
        _ => None,
    }
}

/// What finds the start of a walk to an offset.
pub(super) fn start(less: Less<'_>, offset: i64) -> Sql<'_> {
    Sql::new(START, less.binds().into_iter().chain([offset, offset].map(Bind::Number)))
}

impl Lease {
    /// Whether a channel's list has its stretches: only large ones have.
    pub(super) async fn has_stretches(&mut self, list: &str) -> Result<bool, StoreError> {
        let found = Statement::<(Bool,)>::new("SELECT EXISTS (SELECT 1 FROM marked_lists WHERE list = ?)", vec![Bind::Text(list)]);
        let found = found.get_result::<(bool,)>(self.connection()?).await;
        self.settle(found).map(|(has,)| has)
    }

    /// Takes the accounts outside a team where they are kept, if they are.
    pub(super) async fn turn_outside(&mut self, parts: &mut [Part<'_>]) -> Result<(), StoreError> {
        for part in parts {
            let Part::NotInTeam(team) = *part else { continue };
            let kept = Statement::<(Bool,)>::new(ARE_KEPT, vec![Bind::Text(team.as_str())]);
            let kept = kept.get_result::<(bool,)>(self.connection()?).await;
            if let (true,) = self.settle(kept)? {
                *part = Part::OutsideTeam(team);
            }
        }
        Ok(())
    }

    /// How many accounts are in a list.
    pub(super) async fn total(&mut self, list: &str) -> Result<i64, StoreError> {
        let total = Statement::<(BigInt,)>::new(TOTAL, vec![Bind::Text(list), Bind::Text(list)]);
        let counted = total.get_result::<(i64,)>(self.connection()?).await;
        self.settle(counted).map(|(count,)| count)
    }
}
