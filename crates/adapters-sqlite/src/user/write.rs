//! Accounts made and changed.

use diesel::dsl::max;
use diesel::prelude::*;
use muster_domain::user::User;

use super::row::{FoldedRow, IdentityRow, NewUserRow, UserRow, roles_beside};
use super::segment;
use crate::schema::{identities, users};
use crate::statement::{Bind, Statement, all_or_none};

/// Rows of one statement: SQLite takes 32,766 values, and a row has 41.
const ROWS: usize = 700;

const ADD_ROLES: &str = "INSERT INTO user_roles_beside (role, username, user_id) \
    SELECT value, users.username, users.id FROM json_each(?) CROSS JOIN users WHERE users.id = ? ON CONFLICT DO NOTHING";

const DROP_ROLES: &str = "DELETE FROM user_roles_beside WHERE user_id = ? AND role NOT IN (SELECT value FROM json_each(?))";

const DROP_IDENTITIES: &str = "DELETE FROM identities WHERE user_id = ? AND (issuer, subject) IS NOT (?, ?)";

const ADD_IDENTITY: &str = "INSERT INTO identities (user_id, provider, issuer, subject) SELECT ?, ?, ?, ? \
    WHERE NOT EXISTS (SELECT 1 FROM identities WHERE user_id = ? AND issuer = ? AND subject = ?)";

/// Adds accounts, all of them or none.
pub(super) fn insert(c: &mut SqliteConnection, accounts: &[User]) -> QueryResult<()> {
    all_or_none(c, |c| {
        // Nobody else adds any while a unit of work lasts.
        let last = users::table.select(max(users::number)).get_result::<Option<i64>>(c)?.unwrap_or_default();
        let rows: Vec<_> = (last + 1..).zip(accounts).map(NewUserRow::numbered).collect();
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            diesel::insert_into(users::table).values(rows.by_ref().take(ROWS).collect::<Vec<_>>()).execute(c)?;
        }
        let identities: Vec<_> = accounts.iter().filter_map(IdentityRow::of).collect();
        for rows in identities.chunks(ROWS) {
            diesel::insert_into(identities::table).values(rows).execute(c)?;
        }
        accounts.iter().try_for_each(|user| add_roles(c, user))?;
        segment::mark(c, accounts)
    })
}

/// Adds the roles of an account that are kept beside it.
pub(super) fn add_roles(c: &mut SqliteConnection, user: &User) -> QueryResult<()> {
    let Some(names) = roles_beside(user) else { return Ok(()) };
    Statement::<()>::new(ADD_ROLES, vec![Bind::Text(&names), Bind::Text(user.id.as_str())]).execute(c).map(drop)
}

/// Writes an account that is there, with what is kept of it in other tables.
pub(super) fn update(c: &mut SqliteConnection, user: &User) -> QueryResult<()> {
    all_or_none(c, |c| {
        if update_row(c, user)? == 0 {
            return Ok(());
        }
        let id = user.id.as_str();
        let names = roles_beside(user).unwrap_or_else(|| "[]".to_owned());
        Statement::<()>::new(DROP_ROLES, vec![Bind::Text(id), Bind::Text(&names)]).execute(c)?;
        add_roles(c, user)?;
        segment::mark(c, std::slice::from_ref(user))?;
        update_identity(c, user)
    })
}

fn update_row(c: &mut SqliteConnection, user: &User) -> QueryResult<usize> {
    let row = UserRow::from(user);
    let changes = (
        (users::username.eq(row.username), users::email.eq(row.email), users::is_email_verified.eq(row.is_email_verified)),
        (users::nickname.eq(row.nickname), users::first_name.eq(row.first_name), users::last_name.eq(row.last_name)),
        (users::position.eq(row.position), users::locale.eq(row.locale), users::timezone.eq(row.timezone)),
        (users::props.eq(row.props), users::notify_props.eq(row.notify_props), users::roles.eq(row.roles)),
        (users::updated_at.eq(row.updated_at), users::deleted_at.eq(row.deleted_at), users::remote_id.eq(row.remote_id)),
        (users::password_updated_at.eq(row.password_updated_at), users::picture_updated_at.eq(row.picture_updated_at)),
        (users::allows_marketing.eq(row.allows_marketing), users::has_second_factor.eq(row.has_second_factor)),
        (users::auth_service.eq(row.auth_service), users::auth_data.eq(row.auth_data)),
        (users::is_bot.eq(row.is_bot), users::bot_description.eq(row.bot_description)),
        (users::bot_icon_updated_at.eq(row.bot_icon_updated_at), users::bot_owner_id.eq(row.bot_owner_id)),
        (users::bot_created_at.eq(row.bot_created_at), users::bot_updated_at.eq(row.bot_updated_at)),
        (users::terms_id.eq(row.terms_id), users::terms_at.eq(row.terms_at), FoldedRow::from(user)),
    );
    diesel::update(users::table.find(row.id)).set(changes).execute(c)
}

fn update_identity(c: &mut SqliteConnection, user: &User) -> QueryResult<()> {
    let id = Bind::Text(user.id.as_str());
    let Some(row) = IdentityRow::of(user) else {
        return diesel::delete(identities::table.filter(identities::user_id.eq(user.id.as_str()))).execute(c).map(drop);
    };
    let (issuer, subject) = (|| Bind::Text(&row.issuer), || Bind::Text(&row.subject));
    Statement::<()>::new(DROP_IDENTITIES, vec![id, issuer(), subject()]).execute(c)?;
    let mut binds = vec![Bind::Text(&row.user_id), Bind::Text(&row.provider), issuer(), subject()];
    binds.extend([Bind::Text(&row.user_id), issuer(), subject()]);
    Statement::<()>::new(ADD_IDENTITY, binds).execute(c).map(drop)
}
