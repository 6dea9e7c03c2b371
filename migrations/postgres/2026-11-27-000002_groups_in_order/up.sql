-- What a group's members are sorted by: copies that triggers keep, so that the order is an index even where most accounts are in no group.
ALTER TABLE group_members
  ADD COLUMN sort_nickname text COLLATE "C" NOT NULL DEFAULT '',
  ADD COLUMN sort_full_name text COLLATE "C" NOT NULL DEFAULT '';
UPDATE group_members SET sort_nickname = users.sort_nickname, sort_full_name = users.sort_full_name FROM users WHERE users.id = user_id;
CREATE INDEX group_members_by_nickname ON group_members (group_id, sort_nickname, user_id);
CREATE INDEX group_members_by_full_name ON group_members (group_id, sort_full_name, user_id);

CREATE FUNCTION group_member_is_sorted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- The lock makes whoever changes the name wait, and see the member then.
  SELECT users.sort_nickname, users.sort_full_name INTO NEW.sort_nickname, NEW.sort_full_name
    FROM users WHERE users.id = NEW.user_id FOR SHARE;
  IF NOT FOUND THEN
    -- The foreign key says what is wrong.
    NEW.sort_nickname := '';
    NEW.sort_full_name := '';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER group_member_is_sorted BEFORE INSERT ON group_members FOR EACH ROW EXECUTE FUNCTION group_member_is_sorted();

CREATE FUNCTION user_is_sorted_otherwise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE group_members SET sort_nickname = NEW.sort_nickname, sort_full_name = NEW.sort_full_name WHERE user_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER user_is_sorted_otherwise AFTER UPDATE OF sort_nickname, sort_full_name ON users
  FOR EACH ROW WHEN (OLD.sort_nickname <> NEW.sort_nickname OR OLD.sort_full_name <> NEW.sort_full_name)
  EXECUTE FUNCTION user_is_sorted_otherwise();
