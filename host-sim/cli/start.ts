// `npm start`: parses the options, runs a node (or only the embedded cloud), and turns every failure into one
// sentence on standard error and a non-zero exit code: 2 for a wrong option or setting, 1 for what went wrong
// later.

import { argv, exit, stderr, stdin, stdout } from "node:process";
import { createInterface } from "node:readline";
import { SettingsError } from "../../modules/app/settings.js";
import { serveCloud } from "./broker-only.js";
import { resolveOptions } from "./firmware-setup.js";
import { OptionError } from "./option-error.js";
import { brokerAddress, parseOptions, USAGE } from "./options.js";
import { Run, RunError } from "./run.js";
import { View } from "./view.js";

async function start(): Promise<number> {
	const parsed = parseOptions(argv.slice(2));
	if (parsed.help) {
		stdout.write(USAGE);
		return 0;
	}
	const options = resolveOptions(parsed);
	const view = new View(options.log, options.firmware.channels);
	if (options.brokerOnly) return serveCloud(options, view);
	const run = await Run.start(options, view);
	view.started({
		cloud: options.cloud,
		device: options.device,
		panel: run.panel?.url,
		broker:
			run.cloud?.webSocketUrl ?? run.cloud?.brokerUrl ?? (options.broker && brokerAddress(options.broker)),
		operator: run.cloud?.operatorUrl,
	});
	if (run.panel) view.say(`panel  ${run.panel.url}\n`);
	if (run.cloud) {
		view.say(
			`broker ${run.cloud.webSocketUrl ?? run.cloud.brokerUrl}   operator ${run.cloud.operatorUrl} (open to every user of this machine)   device ${options.device}\n`,
		);
		if (stdin.isTTY && stdout.isTTY && options.log === "pretty") prompt(run, view);
	}
	process.once("SIGINT", () => run.stop());
	process.once("SIGTERM", () => run.stop());
	view.summary(await run.run());
	return 0;
}

/** Takes commands from the terminal, below the lines of the view. */
function prompt(run: Run, view: View): void {
	const reader = createInterface({ input: stdin, output: stdout, prompt: "command> " });
	view.say("Type a command: led 40%, buzzer 880Hz 500ms, speed 50, interval 5s … Ctrl-C ends.\n");
	view.around = (print) => {
		// What is typed may take several rows.
		const { rows } = reader.getCursorPos();
		stdout.write(`\r${rows > 0 ? `\x1b[${rows}A` : ""}\x1b[J`);
		print();
		reader.prompt(true);
	};
	reader.on("line", (line) => {
		if (line.trim() !== "") void run.type(line.trim());
		reader.prompt();
	});
	reader.on("SIGINT", () => run.stop());
	reader.on("close", () => run.stop()); // Ctrl-D
	reader.prompt();
}

// Whoever reads may have had enough: `npm start | head`.
stdout.on("error", () => exit(0));

start().then(
	(code) => exit(code),
	(error: unknown) => {
		if (error instanceof OptionError || error instanceof SettingsError) {
			const end = error.message.endsWith(".") ? "" : ".";
			stderr.write(`${error.message}${end}\n`);
			exit(2);
		}
		if (error instanceof RunError) stderr.write(`${error.message}\n`);
		else
			stderr.write(
				`The program failed, which is a mistake of its own: ${(error as Error)?.stack ?? error}\n`,
			);
		exit(1);
	},
);
