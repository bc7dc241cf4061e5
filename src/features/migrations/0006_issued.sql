CREATE TABLE "issued" (
	"currency" text PRIMARY KEY NOT NULL,
	"amount" bigint NOT NULL
);
--> statement-breakpoint
INSERT INTO "issued" ("currency", "amount") SELECT "currency", least(sum("balance"), 9007199254740991) FROM "wallets" GROUP BY "currency";
