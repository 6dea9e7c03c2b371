DROP TRIGGER users_were_added ON users;
DROP TRIGGER users_were_removed ON users;
DROP TRIGGER user_was_renamed ON users;
DROP TRIGGER user_was_given_roles ON users;
DROP TABLE statuses, preferences, terms_of_service, invitations, group_places, group_members, user_groups, channel_members, channels,
  team_members, teams, user_roles_beside, list_changes, list_marks;
DROP FUNCTION users_were_added, users_were_removed, user_was_renamed, user_was_given_roles, members_were_added, members_were_removed,
  member_was_changed, tend_lists, forget_name, lists_were_changed;
DROP INDEX audits_shown_to_actor;
ALTER TABLE audits DROP COLUMN action, DROP COLUMN extra;
DROP INDEX users_by_texts, users_to_fold, users_newest, users_by_nickname, users_by_full_name, users_inactive, users_without_team,
  users_set_apart, users_bots, users_of_owner;
ALTER TABLE users
  DROP CONSTRAINT users_username_id_key,
  DROP COLUMN search_names,
  DROP COLUMN search_full_name,
  DROP COLUMN search_email,
  DROP COLUMN sort_nickname,
  DROP COLUMN sort_full_name,
  DROP COLUMN bot_owner_id,
  DROP COLUMN bot_created_at,
  DROP COLUMN bot_updated_at,
  DROP COLUMN active_teams;
ALTER TABLE users RESET (fillfactor);
-- The extension stays: others may use it.
