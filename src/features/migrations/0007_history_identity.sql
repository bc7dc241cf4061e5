CREATE TABLE "history_identity" (
	"id" integer PRIMARY KEY NOT NULL,
	"incarnation" text NOT NULL,
	"system" text,
	"timeline" text,
	"database_oid" text NOT NULL,
	"table_oid" text NOT NULL,
	"renewed_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "history_identity_one_row" CHECK ("history_identity"."id" = 1)
);
--> statement-breakpoint
ALTER TABLE "topics" ADD COLUMN "version" bigint DEFAULT 0 NOT NULL;