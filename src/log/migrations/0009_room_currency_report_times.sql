CREATE TABLE "report_times" (
	"topic" text NOT NULL,
	"subject" text NOT NULL,
	"reported_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "report_times_topic_subject_pk" PRIMARY KEY("topic","subject")
);
--> statement-breakpoint
ALTER TABLE "rooms" ADD COLUMN "currency" text;--> statement-breakpoint
ALTER TABLE "rooms" ADD COLUMN "currency_exponent" integer;