// Small values that survive a restart and a power cut. Whoever uses a key owns it; here are all of them. The
// firmware has no factory reset yet: the last column says what one does, so that a board is as its image made
// it, under the same identity.
//
//   key                    written by                               largest            a factory reset
//   boot                   main.ts                                  65535              keeps it: a boot has one number only
//   settings               from outside: who sets the board up      4000 characters    removes it
//   settings-good          main.ts                                  4000 characters    removes it
//   boots-failed           modules/app/boot-guard.ts                4                  removes it
//   boot-ordered           modules/app/boot-guard.ts                1                  removes it
//   cert-alarm             modules/app/reporter.ts                  1                  keeps it: an alarm may stand in the cloud
//   recoveries             modules/network/recovery.ts              32 bits            removes it
//   time                   modules/network/time-keeper.ts           32 bits            keeps it: dates are held against it
//   mqtt-ids               modules/outbox/id-blocks.ts              63                 keeps it: the server may hold such ids
//   operation-0 to -3      modules/cloud/cumulocity/operation-markers.ts  160 characters  keeps it: the cloud waits for answers
//   credentials            modules/cloud/cumulocity/bootstrap.ts    770 characters     keeps it: it is the identity
//   own-templates          modules/cloud/cumulocity/own-templates.ts  270 characters   removes it
//   templates              modules/cloud/cumulocity/availability.ts 32 bits            removes it
//   safe-alarm             modules/cloud/cumulocity/opening.ts      1                  keeps it: an alarm may stand in the cloud
//   count-PIN              drivers/sources.ts                       32 bits, or text   keeps it: a meter's total
//   ca-der                 from outside: npm run certs              one certificate    keeps it: it is the identity
//   client-der, client1-der, client2-der, … client-pk8
//                          from outside: npm run certs              one each           keeps it: it is the identity
//
// What is kept of the outbox is not here but in the journal's flash; a factory reset erases it.

/**
 * Contract: synchronous; one `set` is atomic (after a power cut either the old or the new value is there);
 * keys have 1 to 15 characters of [a-z0-9-] (the limit of ESP32's NVS).
 */
export interface Store {
	get(key: string): string | number | undefined;
	set(key: string, value: string | number): void;
	delete(key: string): void;
}

/** Sets a marker, a whole number; 0 takes it away. */
export function mark(store: Store, key: string, value: number): void {
	if (value !== 0) store.set(key, value);
	else store.delete(key);
}

/** The marker under a key, or 0. */
export function marked(store: Store, key: string): number {
	const value = store.get(key);
	return typeof value === "number" ? value : 0;
}
