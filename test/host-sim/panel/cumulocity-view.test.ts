// What the panel's operator is told of a Cumulocity tenant, and the device that it takes in.

import assert from "node:assert/strict";
import { Tenant } from "../../../host-sim/cloud/cumulocity/tenant.js";
import type { EmbeddedCloud } from "../../../host-sim/cloud/embedded-cloud.js";
import { Line } from "../../../host-sim/engine/line.js";
import { Actions, type PanelRun, SettableTime } from "../../../host-sim/panel/actions.js";
import { cumulocityView, operationView } from "../../../host-sim/panel/cumulocity-view.js";
import { Feed } from "../../../host-sim/panel/feed.js";

describe("panel: the view of Cumulocity", () => {
	let tenant: Tenant;
	beforeEach(() => {
		tenant = new Tenant(() => {});
	});

	it("has the device's availability, its children, and alarms and events of all of them", () => {
		const { inventory } = tenant;
		assert.deepEqual(cumulocityView(tenant, "mote-1").children, []);
		inventory.create("mote-1", "Mote", "mote");
		assert.equal(cumulocityView(tenant, "mote-1").availability, null);
		Object.assign(inventory.ensure("mote-1"), { requiredAvailability: 5, lastMessage: 7 });
		const relay = { name: "Relay", type: "mote_Relay", supportedOperations: ["c8y_Relay"] };
		Object.assign(inventory.ensure("relay", "mote-1"), relay);
		const service = { name: "ssh", type: "c8y_Service", service: { serviceType: "systemd", status: "up" } };
		Object.assign(inventory.ensure("ssh", "relay"), service);
		inventory.create("other", "Other", "mote");
		for (const device of ["mote-1", "relay", "other"])
			inventory.addEvent({ device, type: "t", text: device, time: 1 });
		const view = cumulocityView(tenant, "mote-1");
		assert.deepEqual(view.availability, { state: "AVAILABLE", minutes: 5, lastMessage: 7 });
		assert.deepEqual(view.children, [
			{ id: "relay", name: "Relay", type: "mote_Relay", operations: ["c8y_Relay"], state: "" },
			{ id: "ssh", name: "ssh", type: "c8y_Service", operations: [], state: "up" },
		]);
		assert.deepEqual(
			(view.events as { text: string; child: string }[]).map(({ text, child }) => [text, child]),
			[
				["mote-1", ""],
				["relay", "relay"],
			],
		);
	});

	it("says whose an operation is, what it asks for, and what the device has answered", () => {
		const view = (deviceId: string, fragments: Record<string, unknown>, more: object = {}) => {
			const { text, reason } = operationView(
				Object.assign(tenant.operations.create(deviceId, fragments), more),
				"mote-1",
			);
			return [text, reason];
		};
		assert.deepEqual(view("mote-1", { c8y_Command: { text: "led on" } }, { result: ["on", "now"] }), [
			"led on",
			"on,now",
		]);
		assert.deepEqual(view("relay", { c8y_Relay: { relayState: "OPEN" } }, { failureReason: "stuck" }), [
			"relay: c8y_Relay OPEN",
			"stuck",
		]);
		assert.deepEqual(view("mote-1", { c8y_RelayArray: ["OPEN", "CLOSED"] }), [
			"c8y_RelayArray OPEN CLOSED",
			"",
		]);
	});

	it("accepts a device that asks for credentials, and no other", async () => {
		const actions = new Actions(new Line(), new SettableTime(), new Feed({}));
		const cloud = { cloud: "cumulocity", cumulocity: { tenant } } as unknown as EmbeddedCloud;
		const run = { machine: { circuit: {} }, cloud } as unknown as PanelRun;
		tenant.requests.add("mote-2");
		for (const id of ["mote-2", "mote-3", 5])
			await assert.rejects(actions.act(run, "accept", id), /does not ask for credentials/);
		tenant.requests.ask("mote-2");
		const waiting = () => cumulocityView(tenant, "mote-1").waiting as { id: string; status: string }[];
		assert.deepEqual(
			waiting().map(({ id, status }) => [id, status]),
			[["mote-2", "PENDING_ACCEPTANCE"]],
		);
		await actions.act(run, "accept", "mote-2");
		assert.equal(tenant.requests.get("mote-2")?.status, "ACCEPTED");
		await assert.rejects(actions.act({ ...run, cloud: undefined }, "accept", "mote-2"), /in Cumulocity only/);
	});
});
