//! The end of an account in memory, with all that is its own.

use super::super::state::State;
use crate::id::UserId;
use crate::user::User;

impl State {
    /// Removes an account; tells whether it was there.
    pub(super) fn remove(&mut self, id: &UserId) -> bool {
        let Some(account) = self.accounts.remove(id) else { return false };
        self.remove_own(id);
        self.forget(&account.user);
        true
    }

    fn remove_own(&mut self, id: &UserId) {
        self.sessions.retain(|_, held| held.session.user_id != *id);
        self.access_tokens.retain(|_, held| held.token.user_id != *id);
        self.team_members.remove(id);
        self.channel_members.remove(id);
        self.preferences.remove(id);
        self.statuses.remove(id);
        self.factors.retain(|_, held| held.user_id != *id);
        self.factor_tries.remove(id);
        self.recovery_codes.remove(id);
        self.devices.retain(|_, held| held.device.user_id != *id);
        self.outbox.retain(|held| held.mail.user_id.as_ref() != Some(id));
        self.one_time_tokens.retain(|_, held| held.token.user_id != *id);
        self.audits.retain(|entry| entry.actor.as_ref() != Some(id));
        for held in self.groups.values_mut() {
            held.members.remove(id);
        }
    }

    /// Takes an account out of what is not its own and stays.
    fn forget(&mut self, user: &User) {
        self.invitations.retain(|_, held| held.invitation.email != user.email.as_str());
        for entry in self.audits.iter_mut().filter(|entry| entry.target.as_ref() == Some(&user.id)) {
            (entry.before, entry.after) = (None, None);
        }
        for team in self.teams.values_mut().filter(|team| team.email == user.email.as_str()) {
            team.email.clear();
        }
        let links = self.terms.iter_mut().map(|terms| &mut terms.author);
        let links = links.chain(self.channels.values_mut().map(|channel| &mut channel.creator_id));
        let links = links.chain(self.invitations.values_mut().map(|held| &mut held.invitation.invited_by));
        let bots = self.accounts.values_mut().filter_map(|account| account.user.bot.as_mut());
        for link in links.chain(bots.map(|bot| &mut bot.owner_id)).filter(|link| link.as_ref() == Some(&user.id)) {
            *link = None;
        }
    }
}
