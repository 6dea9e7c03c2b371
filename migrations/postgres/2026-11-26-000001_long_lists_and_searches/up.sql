-- What is searched, in the order of usernames: a word that many have is met on a walk over this index alone.
CREATE INDEX users_searched ON users (username, id) INCLUDE (search_names, search_full_name, search_email, deleted_at);

-- The order of usernames cut into segments of some thousand accounts, and which trigrams each has in one of its search texts (0: names,
-- 1: full name, 2: address). A walk passes over segments that can't have a word. Marks are made when what was appended to
-- `list_changes` is added up: an account has its marks, or its name still stands there. A mark may outlive the last account that had
-- the trigram, until its segment is cut.
CREATE TABLE search_segments (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  first_name text COLLATE "C" NOT NULL UNIQUE
);
CREATE TABLE search_marks (
  text smallint NOT NULL,
  trigram text COLLATE "C" NOT NULL,
  segment bigint NOT NULL REFERENCES search_segments (number) ON DELETE CASCADE,
  PRIMARY KEY (text, trigram, segment)
);
CREATE INDEX search_marks_of_segment ON search_marks (segment);
INSERT INTO search_segments (first_name) VALUES ('');

-- The trigrams of some accounts, with the segments these lie in.
CREATE FUNCTION marks_of_names(names text[]) RETURNS TABLE (text smallint, trigram text, segment bigint) LANGUAGE sql STABLE AS $$
  SELECT DISTINCT searched.text, trigram COLLATE "C", named.segment
  FROM (
    SELECT search_names, search_full_name, search_email, (
      SELECT number FROM search_segments WHERE first_name <= users.username ORDER BY first_name DESC LIMIT 1) AS segment
    FROM users WHERE username = ANY (names COLLATE "C")) AS named
  CROSS JOIN LATERAL (VALUES (0::smallint, search_names), (1::smallint, search_full_name), (2::smallint, search_email))
    AS searched (text, content)
  CROSS JOIN LATERAL unnest(show_trgm(searched.content)) AS trigram
  -- The others are of a word's begin and end; whoever searches asks for parts.
  WHERE trigram NOT LIKE '% %'
$$;

CREATE FUNCTION user_is_searched_otherwise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO list_changes (list, name, change) VALUES ('', NEW.username, 0);
  RETURN NULL;
END $$;
CREATE TRIGGER user_is_searched_otherwise AFTER UPDATE OF search_names, search_full_name, search_email ON users
  FOR EACH ROW WHEN (OLD.search_names <> NEW.search_names OR OLD.search_full_name <> NEW.search_full_name
    OR OLD.search_email <> NEW.search_email) EXECUTE FUNCTION user_is_searched_otherwise();

-- Two more kinds of lists are counted by the stretch. '!' is everybody who is deactivated: less these, everyone's list is that of
-- active accounts. '#' and a channel's id are its members as far as they belong to its team: where these are as many as the team's,
-- nobody there is outside the channel. Most channels are small: they have one sum, beside the name '', until they become large and
-- stand in `marked_lists`.
CREATE TABLE marked_lists (
  list text COLLATE "C" PRIMARY KEY
);
CREATE INDEX list_marks_to_cut ON list_marks (list) WHERE first_name = '' AND names > 2000 AND list >= '#' AND list < '$';

CREATE OR REPLACE FUNCTION users_were_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO user_roles_beside (role, username, user_id)
    SELECT DISTINCT role, username, id FROM added, unnest(string_to_array(roles, ' ')) AS role
    WHERE added.roles <> 'system_user' AND role NOT IN ('system_user', '');
  INSERT INTO list_changes (list, name, change)
    SELECT '', username, 1 FROM added UNION ALL SELECT '!', username, 1 FROM added WHERE deleted_at <> 0;
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION users_were_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO list_changes (list, name, change)
    SELECT '', username, -1 FROM removed UNION ALL SELECT '!', username, -1 FROM removed WHERE deleted_at <> 0;
  RETURN NULL;
END $$;
CREATE FUNCTION user_was_switched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO list_changes (list, name, change)
    SELECT '!', name, change FROM (VALUES (OLD.username, -1, OLD.deleted_at), (NEW.username, 1, NEW.deleted_at))
    AS both_states (name, change, deleted_at) WHERE deleted_at <> 0;
  RETURN NULL;
END $$;
CREATE TRIGGER user_was_switched AFTER UPDATE OF deleted_at, username ON users
  FOR EACH ROW WHEN (OLD.username <> NEW.username OR (OLD.deleted_at = 0) <> (NEW.deleted_at = 0)) EXECUTE FUNCTION user_was_switched();

-- A member of the team is locked against leaving it meanwhile: a channel may be counted too low, never too high.
CREATE FUNCTION channel_members_were_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO list_changes (list, name, change)
    SELECT '#' || added.channel_id, added.username, 1 FROM added
    JOIN channels ON channels.id = added.channel_id
    JOIN team_members AS t ON t.team_id = channels.team_id AND t.user_id = added.user_id AND t.deleted_at = 0
    FOR SHARE OF t;
  RETURN NULL;
END $$;
CREATE FUNCTION channel_members_were_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO list_changes (list, name, change)
    SELECT '#' || removed.channel_id, removed.username, -1 FROM removed
    JOIN channels ON channels.id = removed.channel_id
    JOIN team_members AS t ON t.team_id = channels.team_id AND t.user_id = removed.user_id AND t.deleted_at = 0;
  RETURN NULL;
END $$;
CREATE FUNCTION channel_member_was_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO list_changes (list, name, change)
    SELECT '#' || NEW.channel_id, both_states.name, both_states.change FROM channels
    JOIN team_members AS t ON t.team_id = channels.team_id AND t.user_id = NEW.user_id AND t.deleted_at = 0
    CROSS JOIN (VALUES (OLD.username, -1), (NEW.username, 1)) AS both_states (name, change)
    WHERE channels.id = NEW.channel_id;
  RETURN NULL;
END $$;
CREATE FUNCTION note_in_channels(wanted_team text, wanted_user text, change bigint) RETURNS void LANGUAGE sql AS $$
  INSERT INTO list_changes (list, name, change)
    SELECT '#' || m.channel_id, m.username, note_in_channels.change FROM channel_members AS m JOIN channels ON channels.id = m.channel_id
    WHERE m.user_id = wanted_user COLLATE "C" AND channels.team_id = wanted_team COLLATE "C"
$$;
-- Where an account goes, both memberships are gone when their triggers fire, and neither tells of the other.
CREATE FUNCTION user_is_leaving_channels() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO list_changes (list, name, change)
    SELECT '#' || m.channel_id, m.username, -1 FROM channel_members AS m JOIN channels ON channels.id = m.channel_id
    JOIN team_members AS t ON t.team_id = channels.team_id AND t.user_id = m.user_id AND t.deleted_at = 0 WHERE m.user_id = OLD.id;
  RETURN OLD;
END $$;
CREATE TRIGGER user_is_leaving_channels BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION user_is_leaving_channels();
CREATE TRIGGER channel_members_were_added AFTER INSERT ON channel_members REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION channel_members_were_added();
CREATE TRIGGER channel_members_were_removed AFTER DELETE ON channel_members REFERENCING OLD TABLE AS removed
  FOR EACH STATEMENT EXECUTE FUNCTION channel_members_were_removed();
CREATE TRIGGER channel_member_was_renamed AFTER UPDATE OF username ON channel_members
  FOR EACH ROW WHEN (OLD.username <> NEW.username) EXECUTE FUNCTION channel_member_was_renamed();

CREATE OR REPLACE FUNCTION members_were_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE users SET active_teams = active_teams + gained.teams
    FROM (SELECT user_id, count(*) AS teams FROM added WHERE deleted_at = 0 GROUP BY user_id) AS gained WHERE users.id = gained.user_id;
  INSERT INTO list_changes (list, name, change) SELECT team_id, username, 1 FROM added WHERE deleted_at = 0;
  PERFORM note_in_channels(team_id, user_id, 1) FROM added WHERE deleted_at = 0;
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION members_were_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE users SET active_teams = active_teams - lost.teams
    FROM (SELECT user_id, count(*) AS teams FROM removed WHERE deleted_at = 0 GROUP BY user_id) AS lost WHERE users.id = lost.user_id;
  INSERT INTO list_changes (list, name, change) SELECT team_id, username, -1 FROM removed WHERE deleted_at = 0;
  PERFORM note_in_channels(team_id, user_id, -1) FROM removed WHERE deleted_at = 0;
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION member_was_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.deleted_at = 0) <> (NEW.deleted_at = 0) THEN
    UPDATE users SET active_teams = active_teams + CASE WHEN NEW.deleted_at = 0 THEN 1 ELSE -1 END WHERE id = NEW.user_id;
    PERFORM note_in_channels(NEW.team_id, NEW.user_id, CASE WHEN NEW.deleted_at = 0 THEN 1 ELSE -1 END);
  END IF;
  INSERT INTO list_changes (list, name, change)
    SELECT list, name, change FROM (VALUES (OLD.team_id, OLD.username, -1, OLD.deleted_at), (NEW.team_id, NEW.username, 1, NEW.deleted_at))
    AS both_states (list, name, change, deleted_at) WHERE deleted_at = 0;
  RETURN NULL;
END $$;

CREATE FUNCTION has_stretches(wanted text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT wanted NOT LIKE '#%' OR EXISTS (SELECT 1 FROM marked_lists WHERE list = wanted COLLATE "C")
$$;

-- As before, with the marks of the accounts whose changes are added up, and with the further lists.
CREATE OR REPLACE FUNCTION tend_lists() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  long record;
  ends_before text COLLATE "C";
BEGIN
  -- One at a time: "lists" in ASCII. Taken in a statement before those that count, which then see what the one before did.
  IF NOT pg_try_advisory_xact_lock(465675777139) THEN
    RETURN;
  END IF;
  WITH gone AS (DELETE FROM list_changes RETURNING list, name, change),
    sums AS (
      SELECT list, sum(change) AS change,
        CASE WHEN has_stretches(list)
          THEN (SELECT max(first_name) FROM list_marks WHERE list_marks.list = '' AND first_name <= gone.name) ELSE '' END AS first_name
      FROM gone GROUP BY 1, 3),
    marked AS (
      INSERT INTO search_marks (text, trigram, segment)
        SELECT * FROM marks_of_names(ARRAY(SELECT DISTINCT name FROM gone WHERE list = '')) ON CONFLICT DO NOTHING)
  INSERT INTO list_marks AS marks (list, first_name, names) SELECT list, first_name, change FROM sums
    ON CONFLICT (list, first_name) DO UPDATE SET names = marks.names + excluded.names;
  FOR long IN SELECT first_name FROM list_marks WHERE list = '' AND names > 2000 LOOP
    -- No username has a byte above that of '~'.
    SELECT coalesce(min(first_name), '~') INTO ends_before FROM list_marks WHERE list = '' AND first_name > long.first_name;
    WITH named AS MATERIALIZED (
        SELECT id, username, deleted_at, (row_number() OVER (ORDER BY username, id) - 1) / 1000 AS part FROM users
        WHERE username >= long.first_name AND username < ends_before),
      parts AS MATERIALIZED (
        SELECT part, CASE part WHEN 0 THEN long.first_name ELSE min(username) END AS first_name, count(*) AS names
        FROM named GROUP BY part),
      members AS MATERIALIZED (
        SELECT team_id AS list, part, count(*) AS names
        FROM named JOIN team_members AS t ON t.user_id = named.id AND t.deleted_at = 0 GROUP BY team_id, part
        UNION ALL
        SELECT '!', part, count(*) FROM named WHERE deleted_at <> 0 GROUP BY part
        UNION ALL
        SELECT marked.list, part, count(*) FROM marked_lists AS marked JOIN channels ON channels.id = substr(marked.list, 2)
        JOIN named ON TRUE JOIN channel_members AS m ON m.channel_id = channels.id AND m.user_id = named.id
        JOIN team_members AS t ON t.team_id = channels.team_id AND t.user_id = named.id AND t.deleted_at = 0
        GROUP BY marked.list, part),
      counted AS (
        SELECT '' AS list, first_name, names FROM parts
        UNION ALL
        SELECT list, first_name, members.names FROM members JOIN parts USING (part)
        UNION ALL
        -- Lists whose accounts have all come to lie behind the first cut.
        SELECT list, first_name, 0 FROM list_marks AS emptied WHERE first_name = long.first_name AND list <> '' AND has_stretches(list)
          AND NOT EXISTS (SELECT 1 FROM members WHERE members.list = emptied.list AND part = 0)),
      gone AS (
        DELETE FROM list_changes WHERE name >= long.first_name AND name < ends_before AND has_stretches(list) RETURNING list, name),
      marked AS (
        INSERT INTO search_marks (text, trigram, segment)
          SELECT * FROM marks_of_names(ARRAY(SELECT DISTINCT name FROM gone WHERE list = '')) ON CONFLICT DO NOTHING)
    INSERT INTO list_marks AS marks (list, first_name, names) SELECT list, first_name, names FROM counted
      ON CONFLICT (list, first_name) DO UPDATE SET names = excluded.names;
  END LOOP;
END $$;

-- Makes the marks of a segment anew.
CREATE FUNCTION mark_segment(wanted bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  begins_at text COLLATE "C";
  ends_before text COLLATE "C";
BEGIN
  SELECT first_name INTO begins_at FROM search_segments WHERE number = wanted;
  SELECT coalesce(min(first_name), '~') INTO ends_before FROM search_segments WHERE first_name > begins_at;
  DELETE FROM search_marks WHERE segment = wanted;
  INSERT INTO search_marks (text, trigram, segment)
    SELECT * FROM marks_of_names(ARRAY(SELECT username FROM users WHERE username >= begins_at AND username < ends_before));
END $$;

-- Gives the list of a channel that has become large a sum for each stretch; tells whether there was one.
CREATE FUNCTION mark_list() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  large text COLLATE "C";
BEGIN
  SELECT list INTO large FROM list_marks AS mark WHERE first_name = '' AND names > 2000 AND list >= '#' AND list < '$'
    AND NOT EXISTS (SELECT 1 FROM marked_lists WHERE list = mark.list) LIMIT 1;
  IF NOT FOUND THEN
    RETURN FALSE;
  END IF;
  INSERT INTO marked_lists (list) VALUES (large);
  WITH gone AS (DELETE FROM list_changes WHERE list = large),
    stretches AS MATERIALIZED (
      SELECT first_name, coalesce(lead(first_name) OVER (ORDER BY first_name), '~') AS ends_before FROM list_marks WHERE list = '')
  INSERT INTO list_marks AS marks (list, first_name, names)
    SELECT large, first_name, (
      SELECT count(*) FROM channels JOIN channel_members AS m ON m.channel_id = channels.id
        AND m.username >= stretches.first_name AND m.username < stretches.ends_before
      JOIN team_members AS t ON t.team_id = channels.team_id AND t.username = m.username AND t.user_id = m.user_id AND t.deleted_at = 0
      WHERE channels.id = substr(large, 2)) FROM stretches
    ON CONFLICT (list, first_name) DO UPDATE SET names = excluded.names;
  RETURN TRUE;
END $$;

-- Cuts a piece of some `size` off a segment that has become longer than two, and tells whether there was one. What is left of it keeps
-- its marks, which are more than it needs, until it is short enough to be marked anew. Cutting takes a while, so it is no part of
-- anybody's sign-up.
CREATE FUNCTION tend_segments(size bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  long record;
  cut_at text COLLATE "C";
  piece bigint;
BEGIN
  IF NOT pg_try_advisory_xact_lock(465675777139) THEN
    RETURN FALSE;
  END IF;
  PERFORM tend_lists();
  IF mark_list() THEN
    RETURN TRUE;
  END IF;
  SELECT * INTO long FROM (
    SELECT number, first_name, coalesce(lead(first_name) OVER (ORDER BY first_name), '~') AS ends_before FROM search_segments) AS segment
    -- What the stretches say spares counting; who is in the last of them may belong to the next segment.
    WHERE (SELECT sum(mark.names) FROM list_marks AS mark WHERE list = '' AND mark.first_name < segment.ends_before AND mark.first_name >= (
        SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= segment.first_name)) > 2 * size
      AND EXISTS (SELECT 1 FROM users WHERE username >= segment.first_name AND username < segment.ends_before
        ORDER BY username, id OFFSET 2 * size LIMIT 1)
    ORDER BY first_name LIMIT 1;
  IF NOT FOUND THEN
    RETURN FALSE;
  END IF;
  SELECT username INTO cut_at FROM users WHERE username > long.first_name AND username < long.ends_before
    ORDER BY username, id OFFSET size LIMIT 1;
  IF NOT FOUND THEN
    RETURN FALSE;
  END IF;
  UPDATE search_segments SET first_name = cut_at WHERE number = long.number;
  INSERT INTO search_segments (first_name) VALUES (long.first_name) RETURNING number INTO piece;
  PERFORM mark_segment(piece);
  IF NOT EXISTS (SELECT 1 FROM users WHERE username >= cut_at AND username < long.ends_before ORDER BY username, id OFFSET 2 * size LIMIT 1)
  THEN
    PERFORM mark_segment(long.number);
  END IF;
  RETURN TRUE;
END $$;

-- As before, for segments too: one that begins at the name begins at the next one then.
CREATE OR REPLACE FUNCTION forget_name(gone text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  before text COLLATE "C";
  next text COLLATE "C";
BEGIN
  PERFORM pg_advisory_xact_lock(465675777139);
  PERFORM tend_lists();
  SELECT max(first_name) INTO before FROM list_marks WHERE list = '' AND first_name < gone COLLATE "C";
  WITH merged AS (DELETE FROM list_marks WHERE first_name = gone COLLATE "C" RETURNING list, names)
  INSERT INTO list_marks AS marks (list, first_name, names) SELECT list, before, names FROM merged
    ON CONFLICT (list, first_name) DO UPDATE SET names = marks.names + excluded.names;
  IF EXISTS (SELECT 1 FROM search_segments WHERE first_name = gone COLLATE "C") THEN
    SELECT min(username) INTO next FROM users WHERE username > gone COLLATE "C";
    IF next IS NULL OR EXISTS (SELECT 1 FROM search_segments WHERE first_name = next) THEN
      -- Nobody is left in it.
      DELETE FROM search_segments WHERE first_name = gone COLLATE "C";
    ELSE
      UPDATE search_segments SET first_name = next WHERE first_name = gone COLLATE "C";
    END IF;
  END IF;
END $$;

CREATE OR REPLACE FUNCTION user_was_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO list_changes (list, name, change) VALUES ('', OLD.username, -1), ('', NEW.username, 1);
  IF EXISTS (SELECT 1 FROM list_marks WHERE first_name = OLD.username)
    OR EXISTS (SELECT 1 FROM search_segments WHERE first_name = OLD.username) THEN
    PERFORM forget_name(OLD.username);
  END IF;
  RETURN NULL;
END $$;

-- What is there already.
INSERT INTO list_marks (list, first_name, names)
  SELECT '!', (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= username) AS first_name, count(*)
  FROM users WHERE deleted_at <> 0 GROUP BY 2;
INSERT INTO list_marks (list, first_name, names)
  SELECT '#' || channels.id, '', count(*) FROM channels JOIN channel_members AS m ON m.channel_id = channels.id
  JOIN team_members AS t ON t.team_id = channels.team_id AND t.user_id = m.user_id AND t.deleted_at = 0 GROUP BY channels.id;
DO $$
BEGIN
  WHILE tend_segments(8000) LOOP
  END LOOP;
  PERFORM mark_segment(number) FROM search_segments WHERE NOT EXISTS (SELECT 1 FROM search_marks WHERE segment = number);
END $$;
