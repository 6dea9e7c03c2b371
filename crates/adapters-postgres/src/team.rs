//! Teams, and who belongs to them.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use muster_domain::id::{TeamId, UserId};
use muster_domain::page::Page;
use muster_domain::store::{Cause, ReadTeams, StoreError, Teams};
use muster_domain::team::{Standing, Team, TeamKind, TeamMember};
use muster_domain::time::Timestamp;

use crate::error::corrupt;
use crate::lease::Lease;
use crate::page::{is_storable, offset};
use crate::schema::{team_members, teams};
use crate::statement::{Bind, Statement};

/// The account's lock makes changes wait that the new row would not hear of: another username, an end of the account.
const JOIN: &str = "INSERT INTO team_members AS held (team_id, user_id, username, is_guest, is_user, is_admin, created_at, deleted_at) \
    SELECT teams.id, users.id, users.username, ?, ?, ?, ?, 0 FROM users, teams WHERE users.id = ? AND teams.id = ? \
    FOR NO KEY UPDATE OF users FOR KEY SHARE OF teams \
    ON CONFLICT (team_id, user_id) DO UPDATE SET is_guest = excluded.is_guest, is_user = excluded.is_user, \
    is_admin = excluded.is_admin, created_at = excluded.created_at, deleted_at = 0 WHERE held.deleted_at <> 0";

const FILL: &str = "WITH known AS MATERIALIZED (\
        SELECT wanted.*, users.username FROM unnest(?, ?, ?, ?, ?, ?) \
        AS wanted (team_id, user_id, is_guest, is_user, is_admin, created_at) \
        JOIN users ON users.id = wanted.user_id JOIN teams ON teams.id = wanted.team_id FOR KEY SHARE OF users) \
    INSERT INTO team_members (team_id, user_id, username, is_guest, is_user, is_admin, created_at, deleted_at) \
    SELECT team_id, user_id, username, is_guest, is_user, is_admin, created_at, 0 FROM known ON CONFLICT DO NOTHING";

/// The account is locked first, as it is by whoever ends it.
const LEAVE: &str = "UPDATE team_members SET deleted_at = ? FROM (SELECT id FROM users WHERE id = ? FOR NO KEY UPDATE) AS held \
    WHERE team_id = ? AND user_id = held.id AND deleted_at = 0";

const LEAVE_CHANNELS: &str = "DELETE FROM channel_members USING channels \
    WHERE channel_members.user_id = ? AND channels.id = channel_members.channel_id AND channels.team_id = ?";

const SET_GUEST_OF_TEAMS: &str = "UPDATE team_members SET is_guest = ?, is_user = ?, is_admin = is_admin AND ? \
    WHERE user_id = ? AND deleted_at = 0";
const SET_GUEST_OF_CHANNELS: &str = "UPDATE channel_members SET is_guest = ?, is_user = ?, is_admin = is_admin AND ? WHERE user_id = ?";

/// A team as it is stored.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = teams, check_for_backend(diesel::pg::Pg))]
struct TeamRow {
    id: String,
    created_at: i64,
    updated_at: i64,
    deleted_at: i64,
    name: String,
    display_name: String,
    description: String,
    email: String,
    kind: String,
    company_name: String,
    allowed_domains: String,
    invite_id: String,
    allows_open_invite: bool,
    is_group_constrained: Option<bool>,
}

impl From<&Team> for TeamRow {
    fn from(team: &Team) -> Self {
        let team = team.clone();
        Self {
            id: team.id.to_string(),
            created_at: team.created_at.as_millis(),
            updated_at: team.updated_at.as_millis(),
            deleted_at: team.deleted_at.as_millis(),
            name: team.name,
            display_name: team.display_name,
            description: team.description,
            email: team.email,
            kind: team.kind.letter().to_owned(),
            company_name: team.company_name,
            allowed_domains: team.allowed_domains,
            invite_id: team.invite_id,
            allows_open_invite: team.allows_open_invite,
            is_group_constrained: team.is_group_constrained,
        }
    }
}

fn read(row: TeamRow) -> Result<Team, Cause> {
    Ok(Team {
        id: row.id.parse()?,
        created_at: Timestamp::from_millis(row.created_at),
        updated_at: Timestamp::from_millis(row.updated_at),
        deleted_at: Timestamp::from_millis(row.deleted_at),
        name: row.name,
        display_name: row.display_name,
        description: row.description,
        email: row.email,
        kind: TeamKind::from_letter(&row.kind).ok_or("the team's kind is unknown")?,
        company_name: row.company_name,
        allowed_domains: row.allowed_domains,
        invite_id: row.invite_id,
        allows_open_invite: row.allows_open_invite,
        is_group_constrained: row.is_group_constrained,
    })
}

fn all(rows: Vec<TeamRow>) -> Result<Vec<Team>, StoreError> {
    rows.into_iter().map(|row| read(row).map_err(corrupt("teams"))).collect()
}

/// Somebody's place in a team as it is stored.
#[derive(Queryable, Selectable)]
#[diesel(table_name = team_members, check_for_backend(diesel::pg::Pg))]
struct MemberRow {
    team_id: String,
    user_id: String,
    is_guest: bool,
    is_user: bool,
    is_admin: bool,
    created_at: i64,
    deleted_at: i64,
}

impl TryFrom<MemberRow> for TeamMember {
    type Error = StoreError;

    fn try_from(row: MemberRow) -> Result<Self, StoreError> {
        let corrupt = corrupt("team_members");
        Ok(Self {
            team_id: row.team_id.parse().map_err(|error| corrupt(Box::new(error)))?,
            user_id: row.user_id.parse().map_err(|error| corrupt(Box::new(error)))?,
            standing: Standing { is_guest: row.is_guest, is_user: row.is_user, is_admin: row.is_admin },
            created_at: Timestamp::from_millis(row.created_at),
            deleted_at: Timestamp::from_millis(row.deleted_at),
        })
    }
}

impl Lease {
    fn team(&mut self, found: QueryResult<Option<TeamRow>>) -> Result<Option<Team>, StoreError> {
        self.settle(found)?.map(|row| read(row).map_err(corrupt("teams"))).transpose()
    }
}

#[async_trait]
impl ReadTeams for Lease {
    #[tracing::instrument(name = "db.teams.by_id", skip_all)]
    async fn by_id(&mut self, id: &TeamId) -> Result<Option<Team>, StoreError> {
        let query = teams::table.filter(teams::id.eq(id.as_str())).select(TeamRow::as_select());
        let found = query.first(self.connection()?).await.optional();
        self.team(found)
    }

    #[tracing::instrument(name = "db.teams.by_name", skip_all)]
    async fn by_name(&mut self, name: &str) -> Result<Option<Team>, StoreError> {
        if !is_storable(name) {
            return Ok(None);
        }
        let query = teams::table.filter(teams::name.eq(name)).select(TeamRow::as_select());
        let found = query.first(self.connection()?).await.optional();
        self.team(found)
    }

    #[tracing::instrument(name = "db.teams.by_invite_id", skip_all)]
    async fn by_invite_id(&mut self, invite_id: &str) -> Result<Option<Team>, StoreError> {
        if !is_storable(invite_id) {
            return Ok(None);
        }
        let query = teams::table.filter(teams::invite_id.eq(invite_id)).order(teams::id).select(TeamRow::as_select());
        let found = query.first(self.connection()?).await.optional();
        self.team(found)
    }

    #[tracing::instrument(name = "db.teams.list", skip_all)]
    async fn list(&mut self, only_open: bool, page: Page) -> Result<Vec<Team>, StoreError> {
        let query = teams::table
            .filter(teams::deleted_at.eq(diesel::dsl::sql("0")))
            .order((teams::display_name, teams::id))
            .offset(offset(page))
            .limit(i64::from(page.size))
            .select(TeamRow::as_select());
        let found = if only_open {
            query.filter(teams::allows_open_invite).load(self.connection()?).await
        } else {
            query.load(self.connection()?).await
        };
        all(self.settle(found)?)
    }

    #[tracing::instrument(name = "db.teams.of_user", skip_all, fields(user.id = user.as_str()))]
    async fn of_user(&mut self, user: &UserId) -> Result<Vec<Team>, StoreError> {
        let query = team_members::table
            .inner_join(teams::table)
            .filter(team_members::user_id.eq(user.as_str()))
            .filter(team_members::deleted_at.eq(0))
            .filter(teams::deleted_at.eq(0))
            .order((teams::display_name, teams::id))
            .select(TeamRow::as_select());
        let found = query.load(self.connection()?).await;
        all(self.settle(found)?)
    }

    #[tracing::instrument(name = "db.teams.member", skip_all, fields(team.id = team.as_str()))]
    async fn member(&mut self, team: &TeamId, user: &UserId) -> Result<Option<TeamMember>, StoreError> {
        let place = team_members::table.find((team.as_str(), user.as_str()));
        let found = place.select(MemberRow::as_select()).first(self.connection()?).await.optional();
        self.settle(found)?.map(TeamMember::try_from).transpose()
    }

    #[tracing::instrument(name = "db.teams.members", skip_all, fields(team.id = team.as_str()))]
    async fn members(&mut self, team: &TeamId, page: Page) -> Result<Vec<TeamMember>, StoreError> {
        let query = team_members::table
            .filter(team_members::team_id.eq(team.as_str()))
            .filter(team_members::deleted_at.eq(diesel::dsl::sql("0")))
            .order((team_members::username, team_members::user_id))
            .offset(offset(page))
            .limit(i64::from(page.size))
            .select(MemberRow::as_select());
        let found = query.load(self.connection()?).await;
        self.settle(found)?.into_iter().map(TeamMember::try_from).collect()
    }

    #[tracing::instrument(name = "db.teams.memberships", skip_all, fields(user.id = user.as_str()))]
    async fn memberships(&mut self, user: &UserId) -> Result<Vec<TeamMember>, StoreError> {
        let query =
            team_members::table.filter(team_members::user_id.eq(user.as_str())).order(team_members::team_id).select(MemberRow::as_select());
        let found = query.load(self.connection()?).await;
        self.settle(found)?.into_iter().map(TeamMember::try_from).collect()
    }
}

#[async_trait]
impl Teams for Lease {
    #[tracing::instrument(name = "db.teams.insert", skip_all, fields(team.id = team.id.as_str()))]
    async fn insert(&mut self, team: &Team) -> Result<(), StoreError> {
        let inserted = diesel::insert_into(teams::table).values(TeamRow::from(team)).execute(self.connection()?).await;
        self.settle(inserted).map(|_| ())
    }

    #[tracing::instrument(name = "db.teams.join", skip_all, fields(team.id = member.team_id.as_str(), user.id = member.user_id.as_str()))]
    async fn join(&mut self, member: &TeamMember) -> Result<bool, StoreError> {
        let Standing { is_guest, is_user, is_admin } = member.standing;
        let mut binds = vec![Bind::Flag(is_guest), Bind::Flag(is_user), Bind::Flag(is_admin)];
        binds.push(Bind::Number(member.created_at.as_millis()));
        binds.extend([Bind::Text(member.user_id.as_str()), Bind::Text(member.team_id.as_str())]);
        let joined = Statement::<()>::new(JOIN, binds).execute(self.connection()?).await;
        Ok(self.settle(joined)? == 1)
    }

    #[tracing::instrument(name = "db.teams.fill", skip_all, fields(count = members.len()))]
    async fn fill(&mut self, members: &[TeamMember]) -> Result<(), StoreError> {
        let mut sorted: Vec<_> = members.iter().collect();
        sorted.sort_by_key(|member| (&member.team_id, &member.user_id));
        let flags = |flag: fn(&Standing) -> bool| Bind::Flags(sorted.iter().map(|member| flag(&member.standing)).collect());
        let binds = vec![
            Bind::Texts(sorted.iter().map(|member| member.team_id.as_str()).collect()),
            Bind::Texts(sorted.iter().map(|member| member.user_id.as_str()).collect()),
            flags(|standing| standing.is_guest),
            flags(|standing| standing.is_user),
            flags(|standing| standing.is_admin),
            Bind::Numbers(sorted.iter().map(|member| member.created_at.as_millis()).collect()),
        ];
        let filled = Statement::<()>::new(FILL, binds).execute(self.connection()?).await;
        self.settle(filled).map(|_| ())
    }

    #[tracing::instrument(name = "db.teams.leave", skip_all, fields(team.id = team.as_str(), user.id = user.as_str()))]
    async fn leave(&mut self, team: &TeamId, user: &UserId, at: Timestamp) -> Result<bool, StoreError> {
        let binds = vec![Bind::Number(at.as_millis()), Bind::Text(user.as_str()), Bind::Text(team.as_str())];
        let left = Statement::<()>::new(LEAVE, binds).execute(self.connection()?).await;
        if self.settle(left)? == 0 {
            return Ok(false);
        }
        let binds = vec![Bind::Text(user.as_str()), Bind::Text(team.as_str())];
        let gone = Statement::<()>::new(LEAVE_CHANNELS, binds).execute(self.connection()?).await;
        self.settle(gone).map(|_| true)
    }

    #[tracing::instrument(name = "db.teams.set_guest", skip_all, fields(user.id = user.as_str()))]
    async fn set_guest(&mut self, user: &UserId, is_guest: bool) -> Result<(), StoreError> {
        for sql in [SET_GUEST_OF_TEAMS, SET_GUEST_OF_CHANNELS] {
            let mut binds = [is_guest, !is_guest, !is_guest].map(Bind::Flag).to_vec();
            binds.push(Bind::Text(user.as_str()));
            let set = Statement::<()>::new(sql, binds).execute(self.connection()?).await;
            self.settle(set)?;
        }
        Ok(())
    }
}
