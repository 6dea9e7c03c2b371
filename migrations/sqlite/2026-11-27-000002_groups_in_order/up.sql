-- What a group's members are sorted by: copies that triggers keep, so that the order is an index even where most accounts are in no group.
ALTER TABLE group_members ADD COLUMN sort_nickname TEXT NOT NULL DEFAULT '';
ALTER TABLE group_members ADD COLUMN sort_full_name TEXT NOT NULL DEFAULT '';
UPDATE group_members SET (sort_nickname, sort_full_name) = (SELECT sort_nickname, sort_full_name FROM users WHERE id = user_id);
CREATE INDEX group_members_by_nickname ON group_members (group_id, sort_nickname, user_id);
CREATE INDEX group_members_by_full_name ON group_members (group_id, sort_full_name, user_id);
CREATE TRIGGER group_members_sorted AFTER INSERT ON group_members BEGIN
  UPDATE group_members SET (sort_nickname, sort_full_name) = (SELECT sort_nickname, sort_full_name FROM users WHERE id = new.user_id)
    WHERE group_id = new.group_id AND user_id = new.user_id;
END;
CREATE TRIGGER users_sorted_in_groups AFTER UPDATE OF sort_nickname, sort_full_name ON users
WHEN old.sort_nickname <> new.sort_nickname OR old.sort_full_name <> new.sort_full_name BEGIN
  UPDATE group_members SET sort_nickname = new.sort_nickname, sort_full_name = new.sort_full_name WHERE user_id = new.id;
END;
