CREATE TABLE "revocations" (
	"user_id" text PRIMARY KEY NOT NULL,
	"revoked_at" timestamp(3) with time zone NOT NULL,
	"reason" text NOT NULL,
	"revoked_by" text
);
