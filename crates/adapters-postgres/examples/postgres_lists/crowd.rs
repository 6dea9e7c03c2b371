//! The accounts that are measured, and where they belong.

use std::time::Duration;

use muster_adapters_postgres::PgStore;
use muster_adapters_postgres::testkit::execute;
use muster_domain::channel::ChannelMember;
use muster_domain::id::UserId;
use muster_domain::role::Roles;
use muster_domain::status::{Presence, Status};
use muster_domain::store::Store;
use muster_domain::team::Standing;
use muster_domain::testkit::fixture::{self, BORN, id};
use muster_domain::time::Timestamp;
use muster_domain::user::User;
use muster_domain::username::Username;

/// One in ten has `ann` in it.
pub(crate) const FIRST_NAMES: [&str; 100] = [
    "ann", "bert", "carl", "dora", "emil", "fritz", "greta", "hugo", "ida", "jens", "anna", "berta", "clara", "david", "erik", "flora",
    "georg", "heidi", "igor", "jonas", "annie", "bruno", "cora", "diana", "elsa", "felix", "gerda", "henry", "ines", "julia", "hannah",
    "boris", "conny", "dieter", "ella", "frank", "gisela", "harald", "irene", "josef", "joanna", "bella", "cecil", "dirk", "ernst",
    "fiona", "gustav", "helga", "isolde", "jutta", "susanna", "bodo", "curt", "dagmar", "edith", "falk", "gero", "horst", "ilse", "jakob",
    "marianne", "brigit", "carmen", "detlef", "egon", "frieda", "gabi", "holger", "ingo", "judith", "dianne", "bastian", "claus", "doris",
    "elke", "florian", "gitta", "heike", "irma", "jochen", "joanne", "birgit", "cosima", "daniel", "erika", "franz", "gunter", "hilde",
    "isa", "jana", "brianna", "benno", "christa", "dominik", "elias", "friedel", "gerhard", "herta", "ivo", "jule",
];

const BATCH: usize = 1_600;

/// So many accounts, in an order in which nothing lies beside its like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crowd {
    pub(crate) accounts: usize,
}

impl Crowd {
    pub(crate) fn username(number: usize) -> String {
        format!("seed{number:06}")
    }

    pub(crate) fn id(number: usize) -> UserId {
        // Ids are random: those of neighbours lie apart.
        let bits = (u128::try_from(number).unwrap() + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        UserId::from_random(bits.to_be_bytes())
    }

    /// The number of the account that comes as this one.
    fn shuffled(self, place: usize) -> usize {
        place * 7_919 % self.accounts
    }

    fn user(number: usize) -> User {
        let username = Self::username(number);
        let mut user = User { id: Self::id(number), username: Username::parse(&username).unwrap(), ..fixture::user("x", &username) };
        FIRST_NAMES[number * 31 % 100].clone_into(&mut user.profile.first_name);
        user.profile.last_name = format!("fam{:03}", number * 17 % 900);
        user.created_at = BORN.after(Duration::from_secs(u64::try_from(number * 13 % 999_983).unwrap()));
        user.roles = match number % 1_000 {
            7 => Roles::admin(),
            rest if rest % 50 == 3 => Roles::guest(),
            _ => Roles::user(),
        };
        user.deleted_at = if number % 50 == 11 { user.created_at } else { Timestamp::NEVER };
        user
    }

    /// Makes everything through the store, but for memberships of teams, which come in large statements.
    pub(crate) async fn gather(self, store: &PgStore, url: &str) {
        let mut work = store.begin().await.unwrap();
        for team in ["all", "tenth", "few"] {
            work.teams().insert(&fixture::team(team)).await.unwrap();
        }
        for (channel, team) in [("square", "all"), ("tenth", "all"), ("small", "all")] {
            work.channels().insert(&fixture::channel(channel, Some(team))).await.unwrap();
        }
        work.groups().insert(&fixture::group("group")).await.unwrap();
        work.users().insert(&[fixture::user("knower", "knower")]).await.unwrap();
        work.commit().await.unwrap();
        for first in (0..self.accounts).step_by(BATCH) {
            self.add(store, first).await;
        }
        for team in ["all", "tenth", "few"] {
            self.join_team(url, team).await;
        }
        let mut work = store.begin().await.unwrap();
        let knower = std::iter::once(id("knower")).chain((0..50).map(|place| Self::id(self.shuffled(place * 97))));
        let members: Vec<_> = knower.map(|user| member("small", user, false)).collect();
        work.channels().join(&members).await.unwrap();
        work.commit().await.unwrap();
        execute(url, "VACUUM ANALYZE").await;
    }

    async fn add(self, store: &PgStore, first: usize) {
        let numbers: Vec<_> = (first..self.accounts.min(first + BATCH)).map(|place| self.shuffled(place)).collect();
        let users: Vec<_> = numbers.iter().map(|number| Self::user(*number)).collect();
        let tenth: Vec<_> = numbers.iter().filter(|number| *number % 10 == 5).copied().collect();
        let mut work = store.begin().await.unwrap();
        work.users().insert(&users).await.unwrap();
        let members: Vec<_> = numbers.iter().map(|number| member("square", Self::id(*number), number % 5_000 == 8)).collect();
        work.channels().join(&members).await.unwrap();
        let members: Vec<_> = tenth.iter().map(|number| member("tenth", Self::id(*number), false)).collect();
        work.channels().join(&members).await.unwrap();
        let ids: Vec<_> = tenth.iter().map(|number| Self::id(*number)).collect();
        work.groups().add(&id("group"), &ids, BORN).await.unwrap();
        for number in numbers.into_iter().filter(|number| number % 20 == 1) {
            work.statuses().put(&status(number)).await.unwrap();
        }
        work.commit().await.unwrap();
    }

    async fn join_team(self, url: &str, team: &str) {
        let most = match team {
            "all" => self.accounts - self.accounts / 1_000,
            "tenth" => self.accounts / 10,
            _ => 50,
        };
        let team: muster_domain::id::TeamId = id(team);
        for first in (0..most).step_by(20_000) {
            let some = 20_000.min(most - first);
            let sql = format!(
                "INSERT INTO team_members (team_id, user_id, username, is_guest, is_user, is_admin, created_at, deleted_at) \
                 SELECT '{team}', id, username, false, true, false, 0, 0 FROM (SELECT id, username FROM users WHERE username <> 'knower' \
                 AND NOT EXISTS (SELECT 1 FROM team_members WHERE team_id = '{team}' AND user_id = users.id) ORDER BY id LIMIT {some}) AS u"
            );
            execute(url, &sql).await;
        }
    }

    /// Prints what a sign-up and a membership cost beside everyone who is there, each in a transaction of its own.
    pub(crate) async fn write(self, store: &PgStore, everyone: usize) {
        super::head("write");
        super::measure("sign-up", |round| async move {
            let number = everyone + round;
            let username = format!("late{number}");
            let user = User { id: Self::id(number), ..fixture::user("x", &username) };
            let mut work = store.begin().await.unwrap();
            work.users().insert(&[user]).await.unwrap();
            work.commit().await.unwrap();
            1
        })
        .await;
        super::measure("joining a team of all", |round| async move {
            let mut member = fixture::team_member("all", "x");
            member.user_id = Self::id(everyone + round);
            let mut work = store.begin().await.unwrap();
            let joined = work.teams().join(&member).await.unwrap();
            work.commit().await.unwrap();
            usize::from(joined)
        })
        .await;
    }
}

fn member(channel: &str, user_id: UserId, is_admin: bool) -> ChannelMember {
    let standing = Standing { is_admin, ..Standing::USER };
    ChannelMember { user_id, standing, ..fixture::channel_member(channel, "x") }
}

fn status(number: usize) -> Status {
    let presence = [Presence::Online, Presence::Away, Presence::DoNotDisturb, Presence::Offline][number / 20 % 4];
    let last_activity_at = BORN.after(Duration::from_secs(u64::try_from(number * 11 % 999_979).unwrap()));
    Status { user_id: Crowd::id(number), presence, is_manual: false, last_activity_at, dnd_end_secs: 0 }
}
