-- A constant default rewrites no row; the update below changes those whose room is another.
ALTER TABLE "auctions" ADD COLUMN "room_access" text DEFAULT 'AUCTION PUBLIC' NOT NULL;--> statement-breakpoint
CREATE FUNCTION "set_room_access"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  -- The lock makes a change of the room wait, so that it finds this auction.
  NEW.room_access := coalesce(
    (SELECT kind || ' ' || visibility FROM rooms WHERE id = NEW.room_id FOR SHARE), NEW.room_access);
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER "auctions_room_access" BEFORE INSERT ON "auctions"
  FOR EACH ROW EXECUTE FUNCTION "set_room_access"();--> statement-breakpoint
CREATE FUNCTION "move_room_access"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  UPDATE auctions SET room_access = NEW.kind || ' ' || NEW.visibility WHERE room_id = NEW.id;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER "rooms_access" AFTER UPDATE OF "kind", "visibility" ON "rooms" FOR EACH ROW
  WHEN (OLD.kind IS DISTINCT FROM NEW.kind OR OLD.visibility IS DISTINCT FROM NEW.visibility)
  EXECUTE FUNCTION "move_room_access"();--> statement-breakpoint
UPDATE "auctions" SET "room_access" = "kind" || ' ' || "visibility"
FROM "rooms" WHERE "rooms"."id" = "room_id" AND "room_access" <> "kind" || ' ' || "visibility";--> statement-breakpoint
CREATE INDEX "auctions_visible" ON "auctions" USING btree ("room_access","phase","created_at","id");
