//! Counts of accounts.

use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use muster_domain::store::StoreError;
use muster_domain::user::query::{Count, Filter, Scope};

use crate::error::corrupt;
use crate::lease::Lease;
use crate::statement::Sql;
use crate::user::mark;
use crate::user::part::{Former, Part, parts};
use crate::user::set::{Set, Way};

const NO_BOTS: &str = "NOT f.is_bot";
const NONE_FROM_ELSEWHERE: &str = "coalesce(f.remote_id, '') = ''";

impl Lease {
    /// How many accounts there are.
    pub(super) async fn counted(&mut self, count: &Count) -> Result<u64, StoreError> {
        let mut parts = parts(&count.scope, &count.filter, Former::LeftOut);
        self.turn_outside(&mut parts).await?;
        let counted = if is_of_all(count) {
            // Nearly everybody counts: the others are few, and looked at one by one.
            self.members(&count.scope).await? - self.set_apart(count).await?
        } else {
            let way = match self.small(&parts).await? {
                Some(way) => way,
                None => Way::walk(&parts),
            };
            self.number(&way.set, &way.rest, conditions(count)).await?
        };
        u64::try_from(counted).map_err(|error| corrupt("list_marks")(error.into()))
    }

    /// Everybody in a scope.
    async fn members(&mut self, scope: &Scope) -> Result<i64, StoreError> {
        if let Some(list) = mark::name(scope) {
            return self.total(list).await;
        }
        let unfiltered = Filter::default();
        let parts = parts(scope, &unfiltered, Former::LeftOut);
        let way = Way::walk(&parts);
        self.number(&way.set, &way.rest, Vec::new()).await
    }

    /// Those of a scope that a count leaves out.
    async fn set_apart(&mut self, count: &Count) -> Result<i64, StoreError> {
        let mut left_out: Vec<_> = count.filter.is_active.map(|_| Sql::new("f.deleted_at <> 0", [])).into_iter().collect();
        if !count.with_bots {
            left_out.push(Sql::new("f.is_bot", []));
        }
        if !count.with_remote {
            left_out.push(Sql::new("f.remote_id <> ''", []));
        }
        if left_out.is_empty() {
            return Ok(0);
        }
        let left_out = Sql::new("(", []).with(Sql::joined(left_out, " OR ")).and(")", []);
        let unfiltered = Filter::default();
        let parts = parts(&count.scope, &unfiltered, Former::LeftOut);
        self.number(&Set::set_apart(), &parts, vec![left_out]).await
    }

    async fn number(&mut self, set: &Set<'_>, rest: &[Part<'_>], further: Vec<Sql<'_>>) -> Result<i64, StoreError> {
        let has_row = set.has_row() || !further.is_empty() || rest.iter().any(Part::needs_row);
        let conditions = rest.iter().map(|part| part.condition(set.id, None)).chain(further);
        let rows = Sql::new("SELECT count(*)", []).with(set.distinct_rows(has_row));
        let sql = conditions.fold(rows, |rows, condition| rows.and(" AND ", []).with(condition));
        let counted = sql.statement::<(BigInt,)>().get_result::<(i64,)>(self.connection()?).await;
        self.settle(counted).map(|(count,)| count)
    }
}

/// Whether everybody of a scope with an order of its own counts, but for those who are set apart.
fn is_of_all(count: &Count) -> bool {
    let is_counted = matches!(count.scope, Scope::Everyone | Scope::InTeam(_) | Scope::InChannel(_));
    is_counted && count.filter == Filter { is_active: count.filter.is_active.filter(|is_active| *is_active), ..Filter::default() }
}

fn conditions(count: &Count) -> Vec<Sql<'static>> {
    let mut conditions = Vec::new();
    if !count.with_bots {
        conditions.push(Sql::new(NO_BOTS, []));
    }
    if !count.with_remote {
        conditions.push(Sql::new(NONE_FROM_ELSEWHERE, []));
    }
    conditions
}
