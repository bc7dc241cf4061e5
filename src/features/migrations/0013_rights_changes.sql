CREATE TABLE "rights_changes" (
	"user_id" text NOT NULL,
	"room_id" text NOT NULL,
	"changed_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "rights_changes_user_id_room_id_pk" PRIMARY KEY("user_id","room_id")
);
--> statement-breakpoint
-- The clock as late as possible: a cursor that is older than the commit must not look newer than the change.
CREATE FUNCTION "note_member_rights"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO rights_changes (user_id, room_id, changed_at) VALUES (NEW.user_id, NEW.room_id, clock_timestamp())
  ON CONFLICT (user_id, room_id) DO UPDATE SET changed_at = excluded.changed_at;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER "members_join" AFTER INSERT ON "members"
  FOR EACH ROW EXECUTE FUNCTION "note_member_rights"();--> statement-breakpoint
CREATE TRIGGER "members_rights" AFTER UPDATE OF "status", "role" ON "members" FOR EACH ROW
  WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.role IS DISTINCT FROM NEW.role)
  EXECUTE FUNCTION "note_member_rights"();--> statement-breakpoint
CREATE FUNCTION "note_room_rights"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO rights_changes (user_id, room_id, changed_at) VALUES ('', NEW.id, clock_timestamp())
  ON CONFLICT (user_id, room_id) DO UPDATE SET changed_at = excluded.changed_at;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER "rooms_rights" AFTER UPDATE OF "visibility" ON "rooms" FOR EACH ROW
  WHEN (OLD.visibility IS DISTINCT FROM NEW.visibility)
  EXECUTE FUNCTION "note_room_rights"();
