DROP TRIGGER users_sorted_in_groups;
DROP TRIGGER group_members_sorted;
DROP INDEX group_members_by_full_name;
DROP INDEX group_members_by_nickname;
ALTER TABLE group_members DROP COLUMN sort_full_name;
ALTER TABLE group_members DROP COLUMN sort_nickname;
