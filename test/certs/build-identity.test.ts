// Which identity a build for a board takes, and that an older one is taken too.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { announceIdentity, identityFiles } from "../../certs/library/build-identity.js";
import { ROOT } from "../structure/sources.js";
import { CertsBench } from "./bench.js";

const LONG_AGO = new Date("2020-01-01T00:00:00Z");

describe("the identity of a build", () => {
	let bench: CertsBench;
	before(async () => {
		bench = new CertsBench();
		await bench.done("ca", "plant");
		for (const id of ["pump-1", "pump-2"]) {
			await bench.done("device", id, "--issuer", "plant");
			await bench.done(
				"board",
				id,
				"--out",
				bench.path(id),
				"--ca",
				bench.path("own/authorities/plant/cert.pem"),
			);
		}
	});
	after(() => bench.close());

	const local = (id: string) =>
		bench.write(
			`local-${id}.json`,
			JSON.stringify({ include: ["$(MODDABLE)/x.json", `./${id}/manifest.json`] }),
		);

	it("says whose it is and whom it trusts", () => {
		assert.match(
			announceIdentity(local("pump-2")),
			/^identity: pump-2, until 20\d\d-\d\d-\d\d; trusts plant$/,
		);
	});

	it("marks the files of this one as new, so that mcconfig takes them in the place of another's", () => {
		const files = ["ca.der", "client.der", "client.pk8"].map((name) => bench.path(`pump-1/${name}`));
		for (const file of files) utimesSync(file, LONG_AGO, LONG_AGO);
		const now = new Date();
		announceIdentity(local("pump-1"), now);
		for (const file of files) assert.equal(statSync(file).mtime.getTime(), now.getTime(), file);
	});

	it("says so where the image has none", () => {
		const bare = bench.write(
			"bare.json",
			JSON.stringify({ include: "$(MODDABLE)/x.json", data: { "*": ["./picture"] } }),
		);
		assert.deepEqual(identityFiles(bare), []);
		assert.match(
			announceIdentity(bare),
			/none in the image, unless the board's store has one; trusts the authorities/,
		);
	});

	it("runs mcconfig with the board, the manifest and the options, and ends as it ends", () => {
		const tools = join(bench.folder, "tools");
		mkdirSync(tools);
		writeFileSync(join(tools, "mcconfig"), '#!/bin/sh\necho "mcconfig $@"\nexit 7\n', { mode: 0o755 });
		const run = (args: string[], path: string) =>
			spawnSync(process.execPath, ["--import", "./host-sim/register.mjs", "certs/build.ts", ...args], {
				cwd: ROOT,
				encoding: "utf8",
				env: { ...process.env, PATH: path },
			});
		const manifest = local("pump-1");
		const built = run(["esp32c3", manifest, "ssid=x"], `${tools}:${process.env.PATH}`);
		assert.equal(built.status, 7);
		assert.match(built.stdout, /^identity: pump-1/);
		assert.match(
			built.stdout,
			new RegExp(`mcconfig -d -m -p esp32:./drivers/boards/esp32c3 ${manifest} ssid=x`),
		);
		const release = run(["esp32", manifest, "--release"], `${tools}:${process.env.PATH}`);
		assert.match(release.stdout, /mcconfig -m -p esp32:.\/drivers\/boards\/esp32 /);
		assert.equal(run(["esp32c3", "nowhere.json"], tools).status, 2);
		const absent = run(["esp32c3", manifest], join(bench.folder, "empty"));
		assert.equal(absent.status, 2);
		assert.match(absent.stderr, /install the Moddable SDK/);
	});
});
