//! Accounts by the thousand, to measure with.

use std::ops::Range;

use super::{
    Accounts, AuditEntry, Birth, FIRST_ACCOUNT, Operation, Origin, Outcome, Password, PasswordsError, RegisterError, Registration, Roles,
    Timestamp, User, UserId,
};
use crate::channel::{ChannelKind, ChannelMember, NewChannel};
use crate::credential::PasswordHash;
use crate::group::NewGroup;
use crate::id::{ChannelId, GroupId, TeamId};
use crate::status::{Presence, Status};
use crate::team::{Standing, Team, TeamKind, TeamMember};

/// Given names of seeded accounts: each is a tenth's.
const FIRST_NAMES: [&str; 10] = ["Ada", "Blaise", "Chen", "Dorothy", "Edsger", "Frances", "Grace", "Hedy", "Ivan", "Joan"];
/// Family names of seeded accounts: of a million accounts, 1,111 share one.
const FAMILIES: u32 = 900;

/// What seeded accounts belong to.
#[derive(Debug, Clone)]
pub struct SeededPlaces {
    /// Teams: everybody's, every tenth's, the first fifty's.
    pub teams: [TeamId; 3],
    /// A channel of the first, with every tenth account.
    pub room: ChannelId,
    /// A group with the first thousand accounts.
    pub group: GroupId,
}

impl Accounts {
    /// Hashes the one password that seeded accounts share.
    ///
    /// # Errors
    ///
    /// [`PasswordsError`] when it could not be hashed.
    pub async fn seed_hash(&self, password: &Password) -> Result<PasswordHash, PasswordsError> {
        self.passwords.hash(password).await
    }

    /// Opens the accounts of some numbers, all or none: `seed000001` with `seed000001@example.test` and so on.
    ///
    /// # Errors
    ///
    /// [`RegisterError::Taken`] when a number was seeded before.
    #[tracing::instrument(skip_all)]
    pub async fn seed(&self, numbers: Range<u32>, hash: &PasswordHash) -> Result<Vec<UserId>, RegisterError> {
        let count = numbers.end.saturating_sub(numbers.start);
        let users: Vec<User> = numbers.map(|number| self.seedling(number)).collect::<Result<_, _>>()?;
        let passwords: Vec<_> = users.iter().map(|user| self.new_password(&user.id, hash.clone())).collect();
        let origin = Origin::at_the_machine();
        let entry = AuditEntry::new(self.audit_id(), self.clock.now(), Operation::CreateUser, Outcome::Done, origin);
        let mut work = self.store.begin().await?;
        work.service().latch(FIRST_ACCOUNT, "seeded").await?;
        work.users().insert(&users).await?;
        work.credentials().insert(&passwords).await?;
        work.audits().record(&[AuditEntry { reason: Some("seed"), count, ..entry }]).await?;
        work.commit().await?;
        Ok(users.into_iter().map(|user| user.id).collect())
    }

    /// One account: the first is an admin's, every thousandth a guest's, and every hundredth is switched off.
    fn seedling(&self, number: u32) -> Result<User, RegisterError> {
        let username = format!("seed{number:06}");
        let email = format!("{username}@example.test");
        let wanted = Registration {
            nickname: format!("Seed {number}"),
            first_name: FIRST_NAMES[number as usize % FIRST_NAMES.len()].to_owned(),
            last_name: format!("Family{:03}", number % FAMILIES),
            ..Registration::new(username, email, Password::from(String::new()))
        };
        let roles = match number {
            1 => Roles::admin(),
            _ if number.is_multiple_of(1000) => Roles::guest(),
            _ => Roles::user(),
        };
        let birth: Birth = Birth { roles, ..self.birth() };
        let user = wanted.into_user(birth)?;
        let is_off = number % 100 == 50;
        Ok(User { deleted_at: if is_off { user.created_at } else { Timestamp::NEVER }, ..user })
    }

    /// Makes what seeded accounts belong to: the teams `seed-all`, `seed-tenth` and `seed-few`, the channel `seed-room` of the first, with
    /// every tenth account, and the group `seed-group`, with the first thousand.
    ///
    /// # Errors
    ///
    /// [`RegisterError::Taken`] when they were made before.
    #[tracing::instrument(skip_all)]
    pub async fn seed_places(&self) -> Result<SeededPlaces, RegisterError> {
        let now = self.clock.now();
        let team = |name: &str| Team {
            id: TeamId::from_random(self.randomness.bits()),
            created_at: now,
            updated_at: now,
            deleted_at: Timestamp::NEVER,
            name: name.to_owned(),
            display_name: name.to_owned(),
            description: String::new(),
            email: String::new(),
            kind: TeamKind::Open,
            company_name: String::new(),
            allowed_domains: String::new(),
            invite_id: crate::id::encode(self.randomness.bits()),
            allows_open_invite: false,
            is_group_constrained: None,
        };
        let teams = ["seed-all", "seed-tenth", "seed-few"].map(team);
        let room = NewChannel {
            team_id: teams[0].id.clone(),
            name: "seed-room".to_owned(),
            display_name: "seed-room".to_owned(),
            kind: ChannelKind::Private.letter().to_owned(),
            header: String::new(),
            purpose: String::new(),
        };
        let group = NewGroup { name: "seed-group".to_owned(), display_name: "seed-group".to_owned(), ..NewGroup::default() };
        let room = room.into_channel(ChannelId::from_random(self.randomness.bits()), None, now).map_err(|_| RegisterError::ChosenId)?;
        let group = NewGroup { allows_reference: true, ..group }.into_group(GroupId::from_random(self.randomness.bits()), now);
        let group = group.map_err(|_| RegisterError::ChosenId)?;
        let mut work = self.store.begin().await?;
        for team in &teams {
            work.teams().insert(team).await?;
        }
        work.channels().insert(&room).await?;
        work.groups().insert(&group).await?;
        work.commit().await?;
        Ok(SeededPlaces { teams: teams.map(|team| team.id), room: room.id, group: group.id })
    }

    /// Puts seeded accounts, the first of which has a number, where they belong, all or none.
    ///
    /// # Errors
    ///
    /// [`RegisterError::Taken`] when they were put there before.
    #[tracing::instrument(skip_all)]
    pub async fn seed_members(&self, places: &SeededPlaces, first: u32, ids: &[UserId]) -> Result<(), RegisterError> {
        let now = self.clock.now();
        let numbered = || ids.iter().zip(first..);
        let member = |team: usize, id: &UserId, number: u32| TeamMember {
            team_id: places.teams[team].clone(),
            user_id: id.clone(),
            standing: Standing::of_newcomer(number.is_multiple_of(1000)),
            created_at: now,
            deleted_at: Timestamp::NEVER,
        };
        let belongs = |team: usize, number: u32| match team {
            0 => true,
            1 => number.is_multiple_of(10),
            _ => number <= 50,
        };
        let mut work = self.store.begin().await?;
        for team in 0..places.teams.len() {
            let members: Vec<_> = numbered().filter(|(_, n)| belongs(team, *n)).map(|(id, n)| member(team, id, n)).collect();
            work.teams().fill(&members).await?;
        }
        let in_room = numbered().filter(|(_, number)| number.is_multiple_of(10)).map(|(id, number)| ChannelMember {
            channel_id: places.room.clone(),
            user_id: id.clone(),
            standing: Standing::of_newcomer(number.is_multiple_of(1000)),
            created_at: now,
        });
        work.channels().join(&in_room.collect::<Vec<_>>()).await?;
        let grouped: Vec<_> = numbered().filter(|(_, number)| *number <= 1000).map(|(id, _)| id.clone()).collect();
        work.groups().add(&places.group, &grouped, now).await?;
        for (id, _) in numbered().filter(|(_, number)| number % 100 == 1) {
            let status = Status { presence: Presence::Away, last_activity_at: now, ..Status::unknown(id.clone()) };
            work.statuses().put(&status).await?;
        }
        work.commit().await?;
        Ok(())
    }
}
