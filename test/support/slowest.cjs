// The usual report, and after it the ten slowest tests: whoever adds some sees what they cost. Mocha loads a
// reporter by `require`, so it is no TypeScript.

const Mocha = require("mocha");

const { EVENT_RUN_END, EVENT_TEST_END } = Mocha.Runner.constants;
const COUNT = 10;

module.exports = class Slowest extends Mocha.reporters.Spec {
	constructor(runner, options) {
		super(runner, options);
		const ended = [];
		runner.on(EVENT_TEST_END, (test) => ended.push(test));
		runner.once(EVENT_RUN_END, () => {
			const slow = ended.sort((a, b) => (b.duration ?? 0) - (a.duration ?? 0)).slice(0, COUNT);
			console.log("  the slowest tests:\n");
			for (const test of slow)
				console.log(`  ${((test.duration ?? 0) / 1000).toFixed(1).padStart(7)} s  ${test.fullTitle()}`);
			console.log("");
		});
	}
};
