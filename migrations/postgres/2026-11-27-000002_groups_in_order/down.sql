DROP TRIGGER user_is_sorted_otherwise ON users;
DROP FUNCTION user_is_sorted_otherwise();
DROP TRIGGER group_member_is_sorted ON group_members;
DROP FUNCTION group_member_is_sorted();
DROP INDEX group_members_by_full_name;
DROP INDEX group_members_by_nickname;
ALTER TABLE group_members DROP COLUMN sort_full_name, DROP COLUMN sort_nickname;
