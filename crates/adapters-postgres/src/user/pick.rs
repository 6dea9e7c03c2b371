//! Accounts by what they are, in statements of their own.

use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use muster_domain::id::UserId;
use muster_domain::page::Page;
use muster_domain::role::{self, CATALOGUE, GUEST, Permission};
use muster_domain::store::StoreError;
use muster_domain::user::User;
use muster_domain::user::query::{BotListing, View};

use crate::lease::Lease;
use crate::page::{is_storable, offset};
use crate::statement::{Bind, Sql, Statement};
use crate::user::part::Part;
use crate::user::{UserRow, UserSql, account, all};

const SELECT: &str = concat!("SELECT ", account!("f."), " FROM users AS f WHERE ");

const OUTSIDE: &str = "f.deleted_at = 0 AND NOT f.is_bot AND f.auth_service = '' AND NOT string_to_array(f.roles, ' ') && ? \
    AND NOT EXISTS (SELECT 1 FROM unnest(?) AS part WHERE strpos(f.email, part) > 0) ORDER BY f.username, f.id OFFSET ? LIMIT ?";

const OTHER_ADMIN: &str = "SELECT EXISTS (SELECT 1 FROM user_roles_beside AS held JOIN users ON users.id = held.user_id \
    WHERE held.role = ANY(?) AND held.user_id <> ? AND deleted_at = 0 AND NOT is_bot AND coalesce(remote_id, '') = '')";

impl Lease {
    /// The accounts of a condition that an index without order answers, by username.
    pub(super) async fn chosen(&mut self, condition: Sql<'_>, view: &View) -> Result<Vec<User>, StoreError> {
        let sql = Sql::new(SELECT, []).with(condition);
        let sql = match view {
            View::Everybody => sql,
            View::KnownTo(viewer) => sql.and(" AND ", []).with(Part::KnownTo(viewer).condition("f.id", Some("f.username"))),
        };
        let mut chosen = self.picked(sql).await?;
        // Sorted here: the planner would walk everybody in this order rather than sort a few.
        chosen.sort_unstable_by(|one, other| (&one.username, &one.id).cmp(&(&other.username, &other.id)));
        Ok(chosen)
    }

    /// People who sign in by password and whose address has none of some texts in it.
    pub(super) async fn outside(&mut self, domains: &[String], page: Page) -> Result<Vec<User>, StoreError> {
        let domains = domains.iter().map(String::as_str).filter(|domain| is_storable(domain)).collect();
        let part = [Bind::Number(offset(page)), Bind::Number(i64::from(page.size))];
        let binds = [Bind::Texts(vec![GUEST]), Bind::Texts(domains)].into_iter().chain(part);
        self.picked(Sql::new(SELECT, []).and(OUTSIDE, binds)).await
    }

    /// Bots, oldest first.
    pub(super) async fn listed_bots(&mut self, listing: &BotListing) -> Result<Vec<User>, StoreError> {
        let mut sql = Sql::new(SELECT, []).and("f.is_bot", []);
        if let Some(owner) = &listing.owner {
            sql = sql.and(" AND f.bot_owner_id = ?", [Bind::Text(owner.as_str())]);
        }
        if !listing.with_inactive {
            sql = sql.and(" AND f.deleted_at = 0", []);
        }
        if listing.is_orphaned {
            sql = sql.and(" AND NOT EXISTS (SELECT 1 FROM users AS o WHERE o.id = f.bot_owner_id AND o.deleted_at = 0)", []);
        }
        let part = [Bind::Number(offset(listing.page)), Bind::Number(i64::from(listing.page.size))];
        self.picked(sql.and(" ORDER BY f.bot_created_at, f.id OFFSET ? LIMIT ?", part)).await
    }

    /// Whether there is another admin who can look after the system.
    pub(super) async fn other_admin(&mut self, id: &UserId) -> Result<bool, StoreError> {
        let roles = CATALOGUE.iter().map(|role| role.name).filter(|name| role::grants(name, Permission::ManageSystem)).collect();
        let other = Statement::<(Bool,)>::new(OTHER_ADMIN, vec![Bind::Texts(roles), Bind::Text(id.as_str())]);
        let found = other.get_result::<(bool,)>(self.connection()?).await;
        self.settle(found).map(|(has_other,)| has_other)
    }

    async fn picked(&mut self, sql: Sql<'_>) -> Result<Vec<User>, StoreError> {
        let found = sql.statement::<UserSql>().load::<UserRow>(self.connection()?).await;
        all(self.settle(found)?)
    }
}
