// Settings of the store over those of the manifest.

import assert from "node:assert/strict";
import { makeSettings, type Settings } from "../../../modules/app/settings.js";
import { chooseSettings } from "../../../modules/app/stored-settings.js";

const MANIFEST = { device: { id: "pump-3" }, sampling: { intervalMs: 2000 } };

describe("settings of the store", () => {
	it("lie over the manifest's", () => {
		const { settings, refused } = chooseSettings(
			MANIFEST,
			'{"sampling":{"intervalMs":5000},"led":{"gamma":2.2}}',
		);
		assert.equal(refused, "");
		assert.deepEqual(
			settings,
			makeSettings(MANIFEST, { sampling: { intervalMs: 5000 }, led: { gamma: 2.2 } }),
		);
	});

	it("need not be there", () => {
		assert.deepEqual(chooseSettings(MANIFEST, undefined), { settings: makeSettings(MANIFEST), refused: "" });
		assert.deepEqual(chooseSettings(undefined, undefined).settings, makeSettings());
	});

	it("count as a whole or not at all, and say why, without a value", () => {
		for (const [stored, reason] of [
			["", /not JSON/],
			["{", /not JSON/],
			['{"led":{"gamma":2}} x', /not JSON/],
			[7, /no text/],
			["5", /must be an object/],
			["null", /must be an object/],
			["[]", /must be an object/],
			['{"led":{"gamma":2},"sampling":{"intervalMs":1}}', /sampling.intervalMs: must be 100 to/],
			['{"led":{"gama":2}}', /led.gama: unknown setting/],
			['{"__proto__":{"x":1}}', /__proto__: unknown group/],
			[JSON.stringify({ device: { name: "x".repeat(4000) } }), /longer than 4000/],
			['{"broker":{"password":"hunter2"}}', /needs broker.username/],
			["[".repeat(400), /nested too deep/],
			[`{"led":${'{"a":'.repeat(400)}`, /nested too deep/],
			[`${"]".repeat(400)}`, /not JSON/],
			['{"led":{"gamma":2},"device":{},"led":{"digital":true}}', /: led: stands twice/],
			['{"broker":{"password":"a","username":"u","password":"hunter2"}}', /: broker.password: stands twice/],
			['{"led":{"gamma":2},"\\u006ced":{}}', /a name: a name with a backslash/],
			['{"led":{"gamma":{"a":{}}}}', /nested too deep/],
			[`{"led":{${Array.from({ length: 99 }, (_, i) => `"n${i}":1`).join()}}}`, /led.n7: unknown setting$/],
			['{"x y hunter2":1,"x y hunter2":2}', /: a name: unknown group/],
			['{"device":{"name":"a\\"}}', /not JSON/],
		] as const) {
			const { settings, refused } = chooseSettings(MANIFEST, stored);
			assert.match(refused, reason, String(stored).slice(0, 60));
			assert.ok(!refused.includes("hunter2"));
			assert.deepEqual(settings, makeSettings(MANIFEST));
		}
	});

	it("count as the last good ones where the new ones do not", () => {
		const good = '{"led":{"gamma":2}}';
		for (const bad of ["{", '{"led":{"gamma":99}}', 7]) {
			const { settings, refused, from } = chooseSettings(MANIFEST, bad, good);
			assert.deepEqual([settings, from], [makeSettings(MANIFEST, { led: { gamma: 2 } }), "last good"]);
			assert.notEqual(refused, "");
		}
		assert.equal(chooseSettings(MANIFEST, good, '{"led":{"gamma":3}}').settings.led.gamma, 2);
		assert.equal(chooseSettings(MANIFEST, good, "{").from, "store");
		// Who deletes the settings wants the manifest's.
		assert.deepEqual(chooseSettings(MANIFEST, undefined, good), {
			settings: makeSettings(MANIFEST),
			refused: "",
		});
		assert.deepEqual(chooseSettings(MANIFEST, "{", "[").settings, makeSettings(MANIFEST));
	});

	it("are held against the machine, and so are the manifest's, which are reduced", () => {
		const room = {
			fault: ({ outbox }: Settings) => (outbox.measures > 20 ? "too many" : ""),
			fitting: () => ({ measures: 20, events: 6 }),
		};
		const small = { outbox: { measures: 10 } };
		const { settings, refused } = chooseSettings(small, '{"outbox":{"measures":21}}', undefined, room);
		assert.deepEqual([settings, refused], [makeSettings(small), "settings: too many"]);
		const large = { outbox: { measures: 90 }, led: { gamma: 2 } };
		const reduced = chooseSettings(large, undefined, undefined, room);
		assert.equal(reduced.reduced, "too many");
		assert.deepEqual(reduced.settings, makeSettings(large, { outbox: { measures: 20, events: 6 } }));
		const hopeless = { fault: () => "too small", fitting: () => undefined };
		assert.deepEqual(chooseSettings(small, undefined, undefined, hopeless).settings, makeSettings(small));
	});

	it("may have a byte order mark in front, and any name in different groups", () => {
		const text = '\ufeff{"led":{"gamma":2},"device":{"name":"led: \\"{[ "}}';
		const { settings, refused } = chooseSettings(MANIFEST, text);
		assert.equal(refused, "");
		assert.equal(settings.device.name, 'led: "{[ ');
		assert.equal(
			chooseSettings(MANIFEST, '{"plain":{"commands":"a"},"sap":{"sensor":"commands"}}').refused,
			"",
		);
	});

	it("do not hide a mistake of the manifest's", () => {
		assert.throws(() => chooseSettings({ led: { gamma: 9 } }, '{"led":{"gamma":2}}'), /led.gamma/);
	});
});
