// `npm run proof:tls`: what TLS takes of the machine's memory on the emulated ESP32-C3, with slots of 16
// bytes: the node on Cumulocity over TCP, and by TLS at several sizes of the server's flight. XS's heap grows
// and never shrinks, so that what it has grown to is the peak. Needs the SDK, ESP-IDF and the emulator with
// Wi-Fi.

import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTimeServer } from "../../../host-sim/cloud/time-server.js";
import { appFolder, writeApp } from "../sdk/app.js";
import { answer, publish, tlsServer } from "../sdk/mqtt-tls-server.js";
import { IDENTITY, makeIdentities, OpensslServer, placeIdentity } from "../sdk/openssl-server.js";
import { Emulator, HOST, missingEmulator, WIFI } from "./emulator.js";
import { buildImage, flashImage, missingCompiler, missingIdf } from "./idf.js";
import type { Figures } from "./serial.js";

const BOARD = process.argv[2] ?? "esp32c3";
/** Only the first case, and those with this in their name; "cost": what a message takes. */
const ONLY = process.argv[3] ?? "";
const DEVICE = "proof-1";
const PORT = 28_887;
/** Figures behind the connection, one a second. */
const SETTLED = 12;

const why = (await missingIdf()) || missingCompiler("esp32c3") || (await missingEmulator("radio"));
if (why !== "") {
	process.stderr.write(`${why}: nothing was measured\n`);
	process.exit(1);
}

interface Case {
	readonly name: string;
	/** Of the keys; 0: no TLS. */
	readonly bits: number;
	readonly authorities: number;
	readonly record: number;
	/** A server of Node's that answers, and sends in the session that stands one record with so many bytes. */
	readonly standing?: number;
	/**
	 * A server of Node's that gives so many operations, one after the other; all is kept in the flash
	 * meanwhile.
	 */
	readonly operations?: number;
}
const CASES: readonly Case[] = [
	{ name: "TCP, no TLS", bits: 0, authorities: 0, record: 0 },
	{ name: "2048 bits, 3 authorities, records of 16 KB", bits: 2048, authorities: 3, record: 16_384 },
	{ name: "4096 bits, 3 authorities, records of 16 KB", bits: 4096, authorities: 3, record: 16_384 },
	{ name: "4096 bits, 166 authorities, records of 16 KB", bits: 4096, authorities: 166, record: 16_384 },
	{ name: "4096 bits, 166 authorities, records of 512 bytes", bits: 4096, authorities: 166, record: 512 },
	{ name: "2048 bits, a session that stands", bits: 2048, authorities: 0, record: 0, standing: 100 },
	{ name: "the same, with a record of 16 KB", bits: 2048, authorities: 0, record: 0, standing: 16_300 },
	{
		name: "2048 bits, 300 operations, all kept in flash",
		bits: 2048,
		authorities: 0,
		record: 0,
		operations: 300,
	},
];
/** By turns; two are refused. */
const COMMANDS = ["led 40%;speed 12.5", "led 101%", "buzzer 880Hz 100ms 3x", "interval 1s", "λαμπτήρας"];

const scratch = mkdtempSync(join(tmpdir(), "mote-tls-"));
const folder = appFolder();
const time = await startTimeServer();
let emulator: Emulator | undefined;
const grown = ({ slotsAvailable, chunksAvailable }: Figures) => slotsAvailable + chunksAvailable;

/** Gives an operation, and the next one when that has ended; `ended` hears how many have. */
function operate(socket: Socket, ended: (count: number) => void): void {
	let done = 0;
	const give = () =>
		publish(socket, "s/ds", (done % 60_000) + 1, `511,${DEVICE},${COMMANDS[done % COMMANDS.length]}`);
	answer(socket, (packet) => {
		if (packet.cmd !== "publish") return;
		const text = packet.payload.toString();
		if (/^500$/m.test(text)) setTimeout(give, 1000);
		if (!/^50[23],c8y_Command/m.test(text) || text.includes("interrupted")) return;
		ended(++done);
		setTimeout(give, 10);
	});
}

async function measure({ bits, authorities, record, standing, operations }: Case): Promise<Figures> {
	if (bits > 0) placeIdentity(folder, bits);
	const sntp = `${HOST}:${time.address().port}`;
	const manifest = await writeApp(folder, {
		device: DEVICE,
		...(bits > 0 && { data: IDENTITY }),
		mote: {
			device: { id: DEVICE, cloud: "cumulocity" },
			...(operations !== undefined && { outbox: { keep: "all" } }),
			network: { ...WIFI, sntp, sntp2: sntp },
			broker: { host: HOST, serverName: "localhost", port: PORT, tls: bits > 0 },
		},
	});
	const flash = join(scratch, `${bits}.bin`);
	await flashImage(await buildImage(BOARD, "debug", manifest), flash);
	let connected = false;
	let done = 0;
	let other: Server | undefined;
	let tls: OpensslServer | undefined;
	if (operations !== undefined) {
		const serve = (socket: Socket) => {
			socket.on("error", () => {});
			operate(socket, (count) => {
				done = count;
				if (count % 50 === 0) process.stderr.write(`${count} operations\n`);
				connected = count >= operations;
			});
		};
		other = bits > 0 ? tlsServer(folder, serve) : createServer(serve);
	} else if (standing !== undefined)
		other = tlsServer(folder, (socket) =>
			answer(socket, ({ cmd }) => {
				if (cmd !== "puback" && !connected)
					setTimeout(() => publish(socket, "s/ds", 1, "x".repeat(standing)), SETTLED * 500);
				connected = true;
			}),
		);
	else if (bits === 0)
		other = createServer((socket) => {
			socket.on("error", () => {});
			socket.once("data", () => {
				connected = true;
			});
		});
	else tls = new OpensslServer(folder, PORT, bits, ["-max_send_frag", `${record}`], authorities);
	other?.listen(PORT, "127.0.0.1");
	try {
		for (let attempt = 0; ; attempt++) {
			emulator = Emulator.start(join(scratch, "flash.bin"), "radio", flash);
			try {
				const longest = operations === undefined ? 120_000 : 1_800_000;
				await emulator.when(() => connected || tls?.connected === true, longest, "CONNECT");
				if ((standing ?? 0) > 2048) await emulator.until(/too large and was skipped/);
				const { length } = emulator.figures;
				await emulator.when(
					() => (emulator as Emulator).figures.length >= length + SETTLED,
					60_000,
					"figures",
				);
				const last = emulator.figures.at(-1) as Figures;
				// The stack's figure is that of one second, the others never fall.
				return { ...last, stackUsed: Math.max(...emulator.figures.map(({ stackUsed }) => stackUsed)) };
			} catch (error) {
				if (attempt > 0) throw error;
				process.stderr.write(
					`once more: the emulator may have stood still${done > 0 ? ` after ${done}` : ""}\n`,
				);
			} finally {
				await emulator.cut();
			}
		}
	} finally {
		other?.close();
		await tls?.stop();
	}
}

/** What a message takes in a connection that stands: the usual one of several. */
async function cost(bits: number): Promise<string> {
	if (bits > 0) placeIdentity(folder, bits);
	const sntp = `${HOST}:${time.address().port}`;
	const manifest = await writeApp(folder, {
		include: "test/system/chip/cost/manifest.json",
		device: DEVICE,
		...(bits > 0 && { data: IDENTITY }),
		mote: {
			network: { ...WIFI, sntp, sntp2: sntp },
			broker: { host: HOST, serverName: "localhost", port: PORT, tls: bits > 0 },
		},
	});
	const flash = join(scratch, "cost.bin");
	await flashImage(await buildImage(BOARD, "debug", manifest), flash);
	const echo = (socket: Socket) => {
		socket.on("error", () => {});
		socket.on("data", () => socket.write(Buffer.alloc(60)));
	};
	const server = bits > 0 ? tlsServer(folder, echo) : createServer(echo);
	server.listen(PORT, "127.0.0.1");
	try {
		emulator = Emulator.start(join(scratch, "flash.bin"), "radio", flash);
		await emulator.until(/cost 12 of 12: .*\n/, 120_000);
		const all = [...emulator.trace.matchAll(/cost \d+ of 12: (.*)/g)].map(([, text]) => text as string);
		const times = (text: string) => all.filter((other) => other === text).length;
		return all.reduce((usual, text) => (times(text) > times(usual) ? text : usual));
	} finally {
		await emulator?.cut();
		server.close();
	}
}

try {
	makeIdentities(folder, DEVICE);
	const rows: Array<readonly [string, Figures]> = [];
	for (const [i, one] of CASES.entries()) {
		if (i > 0 && !one.name.includes(ONLY)) continue;
		const figures = await measure(one);
		rows.push([one.name, figures]);
		process.stderr.write(`${one.name}: ${JSON.stringify(figures)}\n`);
	}
	const [, none] = rows[0] as readonly [string, Figures];
	const lines = [
		`${BOARD}, Cumulocity; bytes that XS's heap has grown to, slots of 16 bytes`,
		"| server | slots | chunks | both | more than without TLS | stack at most |",
		"|---|---|---|---|---|---|",
		...rows.map(
			([name, figures]) =>
				`| ${name} | ${figures.slotsAvailable} | ${figures.chunksAvailable} | ${grown(figures)} | ${grown(figures) - grown(none)} | ${figures.stackUsed} of ${figures.stackAvailable} |`,
		),
	];
	process.stdout.write(`${lines.join("\n")}\n`);
	for (const bits of ONLY === "" || ONLY === "cost" ? [0, 2048] : [])
		process.stdout.write(`200 bytes out, 60 in, ${bits > 0 ? "TLS" : "TCP"}: ${await cost(bits)}\n`);
} finally {
	time.close();
	for (const made of [scratch, folder]) rmSync(made, { recursive: true, force: true });
}
process.exit(0);
