// Moddable's `mc/config`: the manifest's `config` of the machine that asks.

import { Machine } from "../../machine.js";

const config: Readonly<Record<string, unknown>> = new Proxy(
	{},
	{ get: (_target, key) => Machine.current().options.config[String(key)] },
);

export default config;
