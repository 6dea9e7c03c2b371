//! Counts beside an index range: how the accounts before a deep page are skipped without walking them.
//!
//! The migration's triggers keep the counts: see `list_marks` there.

use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use muster_domain::store::StoreError;
use muster_domain::user::query::{Filter, Listing, Order, Scope};

use crate::lease::Lease;
use crate::page::offset;
use crate::statement::{Bind, Sql, Statement};

/// Fewer accounts than this are skipped by walking them.
const WORTHWHILE: i64 = 1_000;

/// The last stretch that does not begin after the page, and how many of its accounts lie before the page. What was appended for a
/// name counts where the name lies.
const START: &str = "WITH counts AS (\
        SELECT first_name AS name, names AS count, TRUE AS is_mark FROM list_marks WHERE list = ? \
        UNION ALL SELECT name, change, FALSE FROM list_changes WHERE list = ?), \
    sums AS (\
        SELECT name, is_mark, sum(count) OVER (ORDER BY name) - sum(count) OVER (PARTITION BY name) AS before FROM counts), \
    start AS MATERIALIZED (\
        SELECT name, (? - before)::bigint AS skipped FROM sums WHERE is_mark AND before <= ? ORDER BY name DESC LIMIT 1) ";

/// The condition on a username that begins a walk at the stretch; everything is walked if there is none.
pub(super) const FROM: &str = " >= coalesce((SELECT name FROM start), '')";
/// What the walk skips then.
pub(super) const OFFSET: &str = " OFFSET coalesce((SELECT skipped FROM start), ?)";

/// Each of everyone's stretches, with how many who are outside a team lie before its begin and before its end.
const OUTSIDE: &str = "WITH counts AS (\
        SELECT first_name AS name, names AS count, TRUE AS is_mark FROM list_marks WHERE list = '' \
        UNION ALL SELECT first_name, -names, FALSE FROM list_marks WHERE list = ? \
        UNION ALL SELECT name, change, FALSE FROM list_changes WHERE list = '' \
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

/// What finds those who are outside a team, under the name `met`, from an offset of them on: stretches that belong to the team as a
/// whole are passed over. `walked` walks the accounts of a `stretch`.
pub(super) fn outside<'a>(team: &'a str, offset: i64, walked: Sql<'a>, size: u32) -> Sql<'a> {
    let numbers = [offset, offset, offset].map(Bind::Number);
    let stretches = Sql::new(OUTSIDE, [Bind::Text(team), Bind::Text(team)].into_iter().chain(numbers));
    stretches.with(walked).and(OUTSIDE_END, [Bind::Number(i64::from(size))])
}

/// The accounts of one of these stretches, as a condition.
pub(super) const IN_STRETCH: &str = "f.username >= stretch.name AND f.username < stretch.ends_before";
/// How many of `met` lie before the page.
pub(super) const SKIPPED: &str = " OFFSET (SELECT skipped FROM start) LIMIT ?";

const TOTAL: &str = "SELECT (coalesce((SELECT sum(names) FROM list_marks WHERE list = ?), 0) \
    + coalesce((SELECT sum(change) FROM list_changes WHERE list = ?), 0))::bigint";

/// The name among the marks of a list that is kept there, deep enough for them.
pub(super) fn list(listing: &Listing) -> Option<&str> {
    let is_plain = listing.order == Order::Username && listing.filter == Filter::default();
    name(&listing.scope).filter(|_| is_plain && offset(listing.page) >= WORTHWHILE)
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
pub(super) fn start(list: &str, offset: i64) -> Sql<'_> {
    Sql::new(START, [Bind::Text(list), Bind::Text(list), Bind::Number(offset), Bind::Number(offset)])
}

impl Lease {
    /// How many accounts are in a list.
    pub(super) async fn total(&mut self, list: &str) -> Result<i64, StoreError> {
        let total = Statement::<(BigInt,)>::new(TOTAL, vec![Bind::Text(list), Bind::Text(list)]);
        let counted = total.get_result::<(i64,)>(self.connection()?).await;
        self.settle(counted).map(|(count,)| count)
    }
}
