CREATE TABLE "currencies" (
	"code" text PRIMARY KEY NOT NULL,
	"exponent" integer NOT NULL
);
--> statement-breakpoint
-- Each code by its first auction. Auctions from before exponents were recorded have 0, except in ISO 4217, whose codes have
-- three letters; the rows of such codes are never read.
INSERT INTO "currencies" ("code", "exponent")
SELECT DISTINCT ON ("terms"->>'currency') "terms"->>'currency', coalesce(("terms"->>'currencyExponent')::integer, 0)
FROM "auctions"
WHERE "terms"->>'currencyExponent' IS NOT NULL OR length("terms"->>'currency') > 3
ORDER BY "terms"->>'currency', "created_at", "id"
ON CONFLICT DO NOTHING;
