// `npm run build:esp32` and the like: mcconfig for a board, and which identity goes into the image.
//   build.ts BOARD [MANIFEST] [OPTIONS OF MCCONFIG]

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { announceIdentity } from "./library/build-identity.js";

const [board = "", ...rest] = process.argv.slice(2);
const manifest = rest.find((argument) => argument.endsWith(".json")) ?? "manifest.json";
const release = rest.includes("--release");
if (board === "" || !existsSync(manifest)) {
	process.stderr.write(board === "" ? "which board?\n" : `${manifest} does not exist.\n`);
	process.exit(2);
}
process.stdout.write(`${announceIdentity(manifest)}\n`);
const given = rest.filter((argument) => argument !== "--release");
const args = [...(release ? [] : ["-d"]), "-m", "-p", `esp32:./drivers/boards/${board}`, ...given];
const mcconfig = spawn("mcconfig", args, { stdio: "inherit" });
mcconfig.on("error", () => {
	process.stderr.write("mcconfig is not on the PATH: install the Moddable SDK, as README.md says.\n");
	process.exitCode = 2;
});
mcconfig.on("exit", (code) => {
	process.exitCode ??= code ?? 1;
});
