// `npm run fuzz:certificate -- [count] [seed]`: mutated certificates through our reader, a million unless
// told otherwise.

import { seeded } from "../../support/seeded.js";
import { checkMutations } from "./certificate-fuzz.js";
import {
	altNames,
	constraints,
	dns,
	ecPair,
	issuerKey,
	keyUsage,
	make,
	rsaPair,
	subjectKey,
} from "./make-certificate.js";

const count = Number(process.argv[2] ?? 1_000_000);
const seed = Number(process.argv[3] ?? 1);
const name = "broker.example";
const now = Date.now();
const [small, large] = [ecPair(), rsaPair(2048)];
const ids = [subjectKey(1), issuerKey(2)];
const seeds = [
	make(
		{ issuer: "root", subject: name, pair: small, signer: large, extensions: [altNames(dns(name)), ...ids] },
		now,
	),
	make(
		{
			...{ issuer: "root", subject: "middle", pair: large, signer: small },
			extensions: [constraints(true, 1), keyUsage(4), ...ids],
		},
		now,
	),
].map((bytes) => ({ bytes, name }));
const { read, refused, slowest } = checkMutations(seeds, count, seeded(seed));
process.stdout.write(
	`seed ${seed}: ${count} mutated certificates, ${refused} refused, ${read} read to the end; the slowest took ${slowest.toFixed(1)} ms\n`,
);
