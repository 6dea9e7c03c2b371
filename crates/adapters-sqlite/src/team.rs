//! Teams, and who belongs to them.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use muster_domain::id::{TeamId, UserId};
use muster_domain::page::Page;
use muster_domain::store::{ReadTeams, StoreError, Teams};
use muster_domain::team::{Standing, Team, TeamKind, TeamMember};
use muster_domain::time::Timestamp;

use crate::connection::{Bounds, Repositories};
use crate::error::corrupt;
use crate::schema::{channel_members, channels, team_members, teams};
use crate::statement::{Bind, Statement, all_or_none, snapshot};
use crate::user::{id, marks};

/// Makes somebody a member; who left begins anew.
const JOIN: &str = "INSERT INTO team_members (team_id, user_id, username, is_guest, is_user, is_admin, created_at, deleted_at) \
    SELECT teams.id, users.id, users.username, ?, ?, ?, ?, 0 FROM teams CROSS JOIN users WHERE teams.id = ? AND users.id = ? \
    ON CONFLICT (team_id, user_id) DO UPDATE SET is_guest = excluded.is_guest, is_user = excluded.is_user, is_admin = excluded.is_admin, \
    created_at = excluded.created_at, deleted_at = 0 WHERE deleted_at <> 0";

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = teams, check_for_backend(Sqlite), treat_none_as_default_value = false)]
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
        Self {
            id: team.id.as_str().to_owned(),
            created_at: team.created_at.as_millis(),
            updated_at: team.updated_at.as_millis(),
            deleted_at: team.deleted_at.as_millis(),
            name: team.name.clone(),
            display_name: team.display_name.clone(),
            description: team.description.clone(),
            email: team.email.clone(),
            kind: team.kind.letter().to_owned(),
            company_name: team.company_name.clone(),
            allowed_domains: team.allowed_domains.clone(),
            invite_id: team.invite_id.clone(),
            allows_open_invite: team.allows_open_invite,
            is_group_constrained: team.is_group_constrained,
        }
    }
}

impl TryFrom<TeamRow> for Team {
    type Error = StoreError;

    fn try_from(row: TeamRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: id(&row.id, "teams", "id")?,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
            deleted_at: Timestamp::from_millis(row.deleted_at),
            name: row.name,
            display_name: row.display_name,
            description: row.description,
            email: row.email,
            kind: TeamKind::from_letter(&row.kind).ok_or_else(|| corrupt("teams", "kind"))?,
            company_name: row.company_name,
            allowed_domains: row.allowed_domains,
            invite_id: row.invite_id,
            allows_open_invite: row.allows_open_invite,
            is_group_constrained: row.is_group_constrained,
        })
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = team_members, check_for_backend(Sqlite))]
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
        Ok(Self {
            team_id: id(&row.team_id, "team_members", "team_id")?,
            user_id: id(&row.user_id, "team_members", "user_id")?,
            standing: Standing { is_guest: row.is_guest, is_user: row.is_user, is_admin: row.is_admin },
            created_at: Timestamp::from_millis(row.created_at),
            deleted_at: Timestamp::from_millis(row.deleted_at),
        })
    }
}

fn found(row: Option<TeamRow>) -> Result<Option<Team>, StoreError> {
    row.map(Team::try_from).transpose()
}

fn members(c: &mut SqliteConnection, team: &str, page: Page, bounds: Bounds) -> QueryResult<Vec<MemberRow>> {
    snapshot(c, |c| {
        let start = marks::start(c, (team, marks::NOBODY), page.offset(), bounds)?;
        let active = team_members::table.filter(team_members::team_id.eq(team)).filter(team_members::deleted_at.eq(0));
        let from_there = active.filter(team_members::username.ge(start.first_name));
        let ordered = from_there.order((team_members::username, team_members::user_id));
        let rest = i64::try_from(start.rest).unwrap_or(i64::MAX);
        ordered.limit(i64::from(page.size)).offset(rest).select(MemberRow::as_select()).load(c)
    })
}

fn leave(c: &mut SqliteConnection, team: &str, user: &str, at: i64) -> QueryResult<bool> {
    all_or_none(c, |c| {
        let member = team_members::table.find((team, user)).filter(team_members::deleted_at.eq(0));
        let has_left = diesel::update(member).set(team_members::deleted_at.eq(at)).execute(c)? == 1;
        if has_left {
            let of_team = channels::table.filter(channels::team_id.eq(team)).select(channels::id);
            let places = channel_members::table.filter(channel_members::user_id.eq(user));
            diesel::delete(places.filter(channel_members::channel_id.eq_any(of_team))).execute(c)?;
        }
        Ok(has_left)
    })
}

#[async_trait]
impl ReadTeams for Repositories {
    #[tracing::instrument(name = "db.teams.by_id", skip_all)]
    async fn by_id(&mut self, id: &TeamId) -> Result<Option<Team>, StoreError> {
        let id = id.clone();
        found(self.run(move |c| teams::table.find(id.as_str()).select(TeamRow::as_select()).get_result(c).optional()).await?)
    }

    #[tracing::instrument(name = "db.teams.by_name", skip_all)]
    async fn by_name(&mut self, name: &str) -> Result<Option<Team>, StoreError> {
        let name = name.to_owned();
        found(self.run(move |c| teams::table.filter(teams::name.eq(name)).select(TeamRow::as_select()).get_result(c).optional()).await?)
    }

    #[tracing::instrument(name = "db.teams.by_invite_id", skip_all)]
    async fn by_invite_id(&mut self, invite_id: &str) -> Result<Option<Team>, StoreError> {
        let invite = invite_id.to_owned();
        let query = move |c: &mut _| {
            let invited = teams::table.filter(teams::invite_id.eq(invite)).order(teams::id);
            invited.select(TeamRow::as_select()).first(c).optional()
        };
        found(self.run(query).await?)
    }

    #[tracing::instrument(name = "db.teams.list", skip_all)]
    async fn list(&mut self, only_open: bool, page: Page) -> Result<Vec<Team>, StoreError> {
        let query = move |c: &mut _| {
            let in_use = teams::table.filter(teams::deleted_at.eq(0)).order((teams::display_name, teams::id)).into_boxed();
            let listed = if only_open { in_use.filter(teams::allows_open_invite.eq(true)) } else { in_use };
            let offset = i64::try_from(page.offset()).unwrap_or(i64::MAX);
            listed.limit(i64::from(page.size)).offset(offset).select(TeamRow::as_select()).load(c)
        };
        self.run(query).await?.into_iter().map(Team::try_from).collect()
    }

    #[tracing::instrument(name = "db.teams.of_user", skip_all)]
    async fn of_user(&mut self, user: &UserId) -> Result<Vec<Team>, StoreError> {
        let user = user.clone();
        let query = move |c: &mut _| {
            let own = team_members::table.filter(team_members::user_id.eq(user.as_str())).filter(team_members::deleted_at.eq(0));
            let in_use = own.inner_join(teams::table).filter(teams::deleted_at.eq(0));
            in_use.order((teams::display_name, teams::id)).select(TeamRow::as_select()).load(c)
        };
        self.run(query).await?.into_iter().map(Team::try_from).collect()
    }

    #[tracing::instrument(name = "db.teams.member", skip_all)]
    async fn member(&mut self, team: &TeamId, user: &UserId) -> Result<Option<TeamMember>, StoreError> {
        let (team, user) = (team.clone(), user.clone());
        let query = move |c: &mut _| {
            team_members::table.find((team.as_str(), user.as_str())).select(MemberRow::as_select()).get_result(c).optional()
        };
        self.run(query).await?.map(TeamMember::try_from).transpose()
    }

    #[tracing::instrument(name = "db.teams.members", skip_all)]
    async fn members(&mut self, team: &TeamId, page: Page) -> Result<Vec<TeamMember>, StoreError> {
        let (team, bounds) = (team.clone(), self.bounds);
        let rows = self.run(move |c| members(c, team.as_str(), page, bounds)).await?;
        rows.into_iter().map(TeamMember::try_from).collect()
    }

    #[tracing::instrument(name = "db.teams.memberships", skip_all)]
    async fn memberships(&mut self, user: &UserId) -> Result<Vec<TeamMember>, StoreError> {
        let user = user.clone();
        let query = move |c: &mut _| {
            let own = team_members::table.filter(team_members::user_id.eq(user.as_str())).order(team_members::team_id);
            own.select(MemberRow::as_select()).load(c)
        };
        self.run(query).await?.into_iter().map(TeamMember::try_from).collect()
    }
}

#[async_trait]
impl Teams for Repositories {
    #[tracing::instrument(name = "db.teams.insert", skip_all, fields(team.id = team.id.as_str()))]
    async fn insert(&mut self, team: &Team) -> Result<(), StoreError> {
        let row = TeamRow::from(team);
        self.run(move |c| diesel::insert_into(teams::table).values(row).execute(c)).await.map(drop)
    }

    #[tracing::instrument(name = "db.teams.join", skip_all, fields(team.id = member.team_id.as_str(), user.id = member.user_id.as_str()))]
    async fn join(&mut self, member: &TeamMember) -> Result<bool, StoreError> {
        let member = member.clone();
        Ok(self.run(move |c| join(c, &member)).await? == 1)
    }

    #[tracing::instrument(name = "db.teams.fill", skip_all, fields(count = members.len()))]
    async fn fill(&mut self, members: &[TeamMember]) -> Result<(), StoreError> {
        let members = members.to_vec();
        let query = move |c: &mut _| all_or_none(c, |c| members.iter().try_for_each(|member| fill(c, member)));
        self.run(query).await
    }

    #[tracing::instrument(name = "db.teams.leave", skip_all, fields(team.id = team.as_str(), user.id = user.as_str()))]
    async fn leave(&mut self, team: &TeamId, user: &UserId, at: Timestamp) -> Result<bool, StoreError> {
        let (team, user) = (team.clone(), user.clone());
        self.run(move |c| leave(c, team.as_str(), user.as_str(), at.as_millis())).await
    }

    #[tracing::instrument(name = "db.teams.set_guest", skip_all, fields(user.id = user.as_str()))]
    async fn set_guest(&mut self, user: &UserId, is_guest: bool) -> Result<(), StoreError> {
        let user = user.clone();
        self.run(move |c| set_guest(c, user.as_str(), is_guest)).await
    }
}

fn join(c: &mut SqliteConnection, member: &TeamMember) -> QueryResult<usize> {
    let Standing { is_guest, is_user, is_admin } = member.standing;
    let mut binds: Vec<_> = [is_guest, is_user, is_admin].map(|right| Bind::Number(right.into())).into();
    binds.push(Bind::Number(member.created_at.as_millis()));
    binds.extend([Bind::Text(member.team_id.as_str()), Bind::Text(member.user_id.as_str())]);
    Statement::<()>::new(JOIN, binds).execute(c)
}

fn fill(c: &mut SqliteConnection, member: &TeamMember) -> QueryResult<()> {
    let (team, user) = (member.team_id.as_str(), member.user_id.as_str());
    let held = team_members::table.filter(team_members::team_id.eq(team)).filter(team_members::user_id.eq(user));
    let was_there: bool = diesel::select(diesel::dsl::exists(held)).get_result(c)?;
    if was_there { Ok(()) } else { join(c, member).map(drop) }
}

fn set_guest(c: &mut SqliteConnection, user: &str, is_guest: bool) -> QueryResult<()> {
    all_or_none(c, |c| {
        let teams = team_members::table.filter(team_members::user_id.eq(user)).filter(team_members::deleted_at.eq(0));
        diesel::update(teams).set((team_members::is_guest.eq(is_guest), team_members::is_user.eq(!is_guest))).execute(c)?;
        let channels = channel_members::table.filter(channel_members::user_id.eq(user));
        diesel::update(channels).set((channel_members::is_guest.eq(is_guest), channel_members::is_user.eq(!is_guest))).execute(c)?;
        if is_guest {
            diesel::update(teams).set(team_members::is_admin.eq(false)).execute(c)?;
            diesel::update(channels).set(channel_members::is_admin.eq(false)).execute(c)?;
        }
        Ok(())
    })
}
